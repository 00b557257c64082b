import type { FastifyReply, FastifyRequest } from 'fastify'

/** Who asks. */
export interface Caller { readonly tenant: string; readonly user: string; readonly roles: readonly string[] }
/** Who a token belongs to; undefined when it is unknown or expired. */
export type Authenticate = (token: string) => Promise<Caller | undefined>

const refusals = {
  unauthorizedError: { code: 401, message: 'No or expired token' },
  forbiddenError: { code: 403, message: 'The token belongs to another tenant' },
  notFoundError: { code: 404, message: 'Object does not exist' },
} as const

/** Answers with an error in the API's shape. */
export function refuse(reply: FastifyReply, type: keyof typeof refusals, details: string): FastifyReply {
  const { code, message } = refusals[type]
  return reply.code(code).header('cache-control', 'no-store').send({ type, code, message, details, txnId: String(reply.request.id) })
}

/** Whoever sent the token in X-Auth-Token. */
export async function senderOf(request: FastifyRequest, authenticate: Authenticate): Promise<Caller | undefined> {
  const token = request.headers['x-auth-token']
  return typeof token === 'string' && token !== '' ? authenticate(token) : undefined
}

/** The caller, if it may see this tenant; otherwise the refusal is sent and the answer is undefined. */
export async function callerOf(request: FastifyRequest, reply: FastifyReply, authenticate: Authenticate, tenant?: string): Promise<Caller | undefined> {
  const caller = await senderOf(request, authenticate)
  if (caller === undefined) refuse(reply, 'unauthorizedError', 'Send a valid token in X-Auth-Token')
  else if (tenant !== undefined && caller.tenant !== tenant) refuse(reply, 'forbiddenError', `The token is not of tenant ${tenant}`)
  else return caller
  return undefined
}
