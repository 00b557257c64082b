import { errors, types } from 'cassandra-driver'
import { StoreUnavailable } from '../../contracts/errors.ts'
import { isConditional, isRead, type Statement } from './statement.ts'

const { responseErrorCodes: codes, consistencies } = types

/** Server errors that mean "not now"; everything else is a mistake of ours and stays what it is. */
const unavailableCodes: readonly number[] = [
  codes.serverError, codes.unavailableException, codes.overloaded, codes.isBootstrapping, codes.truncateError, codes.writeTimeout, codes.readTimeout, codes.readFailure, codes.writeFailure,
]

/** What the driver marks errors with, beside what its types tell. */
interface Marks { readonly isSocketError?: boolean; readonly requestNotWritten?: boolean; readonly code?: number; readonly consistencies?: number; readonly innerErrors?: Readonly<Record<string, unknown>> }

/** The driver's error in our words: StoreUnavailable with what is known of the outcome, or the error itself when the statement was wrong. */
export function failureOf(statement: Statement, error: unknown): Error {
  if (!(error instanceof Error)) return new Error(`While ${statement.about}: ${String(error)}`)
  if (!isOutage(error)) return error
  const outcome = isRead(statement) || neverApplied(statement, error) ? 'not done' : 'unknown'
  return new StoreUnavailable(`The store did not answer while ${statement.about}: ${error.message}`, outcome, { cause: error })
}

/** True when nobody answered in time, for /metrics. */
export function isTimeout(error: unknown): boolean {
  const { code, innerErrors } = (error ?? {}) as Marks
  if (error instanceof errors.NoHostAvailableError) return Object.values(innerErrors ?? {}).some(isTimeout)
  return error instanceof errors.OperationTimedOutError || code === codes.writeTimeout || code === codes.readTimeout
}

function isOutage(error: Error): boolean {
  const { isSocketError, code } = error as Marks
  if (error instanceof errors.ResponseError) return code !== undefined && unavailableCodes.includes(code)
  return isSocketError === true || error instanceof errors.NoHostAvailableError || error instanceof errors.OperationTimedOutError || error instanceof errors.BusyConnectionError
}

/** No replica can have got this write, nor ever will. */
function neverApplied(statement: Statement, error: Error): boolean {
  const marks = error as Marks
  if (error instanceof errors.BusyConnectionError || marks.requestNotWritten === true) return true
  if (error instanceof errors.NoHostAvailableError) return Object.values(marks.innerErrors ?? {}).every((inner) => !(inner instanceof Error) || neverAppliedAt(statement, inner))
  return neverAppliedAt(statement, error)
}

function neverAppliedAt(statement: Statement, error: Error): boolean {
  const { isSocketError, requestNotWritten, code, consistencies: level } = error as Marks
  if (code === codes.unavailableException) return !isConditional(statement) || level === consistencies.serial
  if (code === codes.isBootstrapping || error instanceof errors.BusyConnectionError) return true
  // A connection that could not be opened carried nothing; one that broke may have.
  return requestNotWritten === true || (isSocketError !== true && !(error instanceof errors.ResponseError) && !(error instanceof errors.OperationTimedOutError))
}
