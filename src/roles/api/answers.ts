import type { FastifyReply } from 'fastify'
import { StoreUnavailable } from '../../contracts/errors.ts'
import type { Log } from '../../contracts/log.ts'
import { errorBody, errorTypes, Refusal } from '../../core/wire/errors.ts'

export const jsonType = 'application/json; charset=UTF-8'

/** Sends a JSON answer. */
export function sendJson(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply.code(status).header('content-type', jsonType).send(JSON.stringify(body))
}

/** Sends any failure in the reference's shape: with what a client needs, and nothing of our insides. */
export function sendFailure(reply: FastifyReply, error: unknown, txnId: string, log: Log): FastifyReply {
  const refusal = refusalOf(error)
  const { status, retry } = errorTypes[refusal.type]
  if (refusal.type === 'internalError') log.error({ txnId, err: error }, 'a request failed')
  if (refusal.type === 'systemFailureError') log.warn({ txnId, reason: refusal.message }, 'a request was turned away')
  const wait = String(refusal.retryAfter ?? 1)
  if (retry) reply.header('retry-after', wait)
  // The reference's own word for it, which its clients look for.
  if (refusal.type === 'rateLimitReached') reply.header('reply-after', wait)
  if (status === 401) reply.header('www-authenticate', 'Keystone uri="/v2.0"')
  return sendJson(reply, status, errorBody(refusal, txnId))
}

/** What a failure is to the client. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof StoreUnavailable) {
    const details = error.outcome === 'unknown' ? 'The change may have been made, or not' : 'Nothing was changed'
    return new Refusal('systemFailureError', 'The store cannot answer now', details, 1)
  }
  const status = statusOf(error)
  if (status === 413) return new Refusal('requestTooLargeError', 'The request is too large', '')
  if (status === 404 || status === 414) return new Refusal('notFoundError', 'Object does not exist', 'There is no such address')
  if (status === 503) return new Refusal('systemFailureError', 'The server is stopping', 'Nothing was changed', 1)
  if (status >= 400 && status < 500) return new Refusal('badRequest', 'The request is malformed', '')
  return new Refusal('internalError', 'Internal error', 'The server\'s log tells more under this txnId')
}

function statusOf(error: unknown): number {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
}
