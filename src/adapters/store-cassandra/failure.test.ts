import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errors, types } from 'cassandra-driver'
import { StoreUnavailable } from '../../contracts/errors.ts'
import { failureOf } from './failure.ts'
import type { Statement } from './statement.ts'

const read: Statement = { cql: 'SELECT a FROM t', consistency: 'QUORUM', idempotent: true, about: 'reading' }
const write: Statement = { ...read, cql: 'INSERT INTO t (a) VALUES (1)', about: 'writing' }
const compareAndSet: Statement = { ...write, serialConsistency: 'SERIAL', idempotent: false, about: 'deciding' }
const { responseErrorCodes: codes, consistencies } = types
const answered = (code: number, fields: object = {}) => Object.assign(new errors.ResponseError(code, 'the server says'), fields)
const broken = (fields: object = {}) => Object.assign(new Error('Socket was closed'), { isSocketError: true, ...fields })
const noHost = (...inner: unknown[]) => new errors.NoHostAvailableError(Object.fromEntries(inner.map((one, i) => [`127.0.0.${i + 1}`, one])), 'all tried')

type Outcome = StoreUnavailable['outcome']
const cases: readonly (readonly [name: string, error: Error, read: Outcome, write: Outcome, compareAndSet: Outcome])[] = [
  ['too few replicas', answered(codes.unavailableException, { consistencies: consistencies.quorum }), 'not done', 'not done', 'unknown'],
  ['too few replicas in the first round', answered(codes.unavailableException, { consistencies: consistencies.serial }), 'not done', 'not done', 'not done'],
  ['a write timeout', answered(codes.writeTimeout), 'not done', 'unknown', 'unknown'],
  ['a read timeout', answered(codes.readTimeout), 'not done', 'unknown', 'unknown'],
  ['replicas that failed', answered(codes.writeFailure), 'not done', 'unknown', 'unknown'],
  ['a server that has too much to do', answered(codes.overloaded), 'not done', 'unknown', 'unknown'],
  ['a server that starts', answered(codes.isBootstrapping), 'not done', 'not done', 'not done'],
  ['no answer', new errors.OperationTimedOutError('no answer'), 'not done', 'unknown', 'unknown'],
  ['a connection that broke', broken(), 'not done', 'unknown', 'unknown'],
  ['a connection that broke before', broken({ requestNotWritten: true }), 'not done', 'not done', 'not done'],
  ['nobody there', noHost('Host considered as DOWN', new Error('connect ECONNREFUSED')), 'not done', 'not done', 'not done'],
  ['nobody there after one that broke', noHost('Host considered as DOWN', broken()), 'not done', 'unknown', 'unknown'],
  ['nobody there after one without an answer', noHost(new errors.OperationTimedOutError('no answer'), 'Host considered as DOWN'), 'not done', 'unknown', 'unknown'],
  ['nobody there after too few replicas', noHost(answered(codes.unavailableException, { consistencies: consistencies.quorum })), 'not done', 'not done', 'unknown'],
  ['too many requests of ours', new errors.BusyConnectionError('127.0.0.1', 2048, 1), 'not done', 'not done', 'not done'],
]

test('what is known of an outcome follows from the failure and the kind of statement', () => {
  for (const [name, error, ...outcomes] of cases) {
    const failures = [read, write, compareAndSet].map((statement) => failureOf(statement, error))
    assert.ok(failures.every((failure) => failure instanceof StoreUnavailable && failure.cause === error), name)
    assert.deepEqual(failures.map((failure) => failure instanceof StoreUnavailable && failure.outcome), outcomes, name)
  }
})

test('a statement that is wrong stays an error of ours', () => {
  for (const error of [answered(codes.syntaxError), answered(codes.invalid), new TypeError('Expected 4 bytes')]) assert.equal(failureOf(write, error), error)
})
