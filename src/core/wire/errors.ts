/** Every kind of error that an answer can name (reference, section 5): its status, and whether trying again may help. */
export const errorTypes = {
  badRequest: { status: 400, retry: false, about: 'a value or the body is not valid' },
  requiredNotFoundError: { status: 400, retry: false, about: 'an object that the body refers to does not exist' },
  invalidLimit: { status: 400, retry: false, about: 'limit is not a whole number from 1 to 1000' },
  alarmParseError: { status: 400, retry: false, about: 'the criteria are not valid; details say where and why' },
  invalidKeyPrefix: { status: 400, retry: false, about: 'an id is of another kind of object' },
  limitReached: { status: 400, retry: false, about: 'the account has as many checks or alarms as it may' },
  unauthorizedError: { status: 401, retry: false, about: 'no token, or one that is unknown or expired; or wrong credentials' },
  forbiddenError: { status: 403, retry: false, about: 'the object is in use, built in, or of another account' },
  missingCapabilitiesError: { status: 403, retry: false, about: 'the roles of the token do not include this' },
  notFoundError: { status: 404, retry: false, about: 'there is no such object or address' },
  parentNotFoundError: { status: 404, retry: false, about: 'an object further up in the address does not exist' },
  methodNotAllowedError: { status: 405, retry: false, about: 'the address exists, the method does not; see Allow' },
  requestTooLargeError: { status: 413, retry: false, about: 'the body is larger than the server takes' },
  rateLimitReached: { status: 429, retry: true, about: 'too many requests; see Retry-After' },
  internalError: { status: 500, retry: false, about: 'a fault of the server; it is in its log under txnId' },
  systemFailureError: { status: 503, retry: true, about: 'the server cannot do it now; see Retry-After' },
} as const satisfies Record<string, { readonly status: number; readonly retry: boolean; readonly about: string }>
export type ErrorType = keyof typeof errorTypes

/** Why a request is not done: becomes an error answer. `retryAfter` is in seconds. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly type: ErrorType
  readonly details: unknown
  readonly retryAfter: number | undefined

  constructor(type: ErrorType, message: string, details: unknown, retryAfter?: number) {
    super(message)
    this.type = type
    this.details = details
    this.retryAfter = retryAfter
  }
}

/** The body of an error answer; all five keys are always there. */
export function errorBody(refusal: Pick<Refusal, 'type' | 'message' | 'details'>, txnId: string) {
  return { type: refusal.type, code: errorTypes[refusal.type].status, message: refusal.message, details: refusal.details, txnId }
}

/** A value that breaks a rule; `key` is '' for the body as a whole. */
export function invalid(key: string, details: string): Refusal {
  return new Refusal('badRequest', key === '' ? 'Validation error' : `Validation error for key '${key}'`, details)
}

export function notFound(kind: string, ...ids: readonly string[]): Refusal {
  return new Refusal('notFoundError', 'Object does not exist', `Object "${kind}" with key "${ids.join(':')}" does not exist`)
}

export function parentNotFound(kind: string, ...ids: readonly string[]): Refusal {
  return new Refusal('parentNotFoundError', 'Parent does not exist', `Object "${kind}" with key "${ids.join(':')}" does not exist`)
}

export function requiredNotFound(kind: string, ...ids: readonly string[]): Refusal {
  return new Refusal('requiredNotFoundError', 'Required object does not exist', `Object "${kind}" with key "${ids.join(',')}" does not exist`)
}

export function wrongPrefix(id: string, expected: readonly string[]): Refusal {
  return new Refusal('invalidKeyPrefix', 'Invalid key prefix', `Key "${id.slice(0, 64)}" does not start with ${expected.map((one) => `"${one}"`).join(' or ')}`)
}

export function forbidden(message: string, details = ''): Refusal {
  return new Refusal('forbiddenError', message, details)
}
