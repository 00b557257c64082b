import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { forbidden, Refusal } from '../../core/wire/errors.ts'
import { mayDo } from '../../core/wire/rights.ts'
import { routes, type Route, type RouteId } from '../../core/wire/routes.ts'
import { sendJson } from './answers.ts'
import type { Api } from './api.ts'
import { readBody } from './body.ts'
import { checkParams, ignoredHeader, originOf, placeOf, readQuery, readRouteBody } from './requests.ts'
import type { SignIn } from './sign-in.ts'
import type { Call, Handler, Reply, Session } from './types.ts'

export type AllHandlers = Readonly<Record<RouteId, Handler>>
interface Asked { session: Session | undefined }
type Request = FastifyRequest & { asked: Asked }

const allMethods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'] as const

/** Puts every route of the table on the server, behind token, account, rights and rate; what is not in the table is 405 or 404. */
export function serveRoutes(app: FastifyInstance, api: Api, signIn: SignIn, handlers: AllHandlers): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request: FastifyRequest, payload: IncomingMessage) => readBody(payload, api.settings))
  const under = new Set<AbortController>()
  app.addHook('preClose', async () => { for (const controller of under) controller.abort(new DOMException('The server stops', 'AbortError')) })
  const byPath = new Map<string, string[]>()
  for (const [id, route] of Object.entries(routes) as [RouteId, Route][]) {
    for (const url of addressesOf(route.path)) {
      byPath.set(url, [...byPath.get(url) ?? [], route.method])
      app.route({
        method: route.method, url,
        onRequest: async (request, reply) => { await admit(api, signIn, route, request as Request, reply) },
        handler: (request, reply) => answer(api, route, handlers[id], request as Request, reply, watch(reply, under)),
      })
    }
  }
  for (const [url, methods] of byPath) serveOtherMethods(app, url, methods)
  for (const url of ['/v1.0/*', '/v2.0/*']) app.options(url, (_request, reply) => reply.code(204).send())
  app.route({ method: [...allMethods], url: '/v1.0/:tenantId/*', onRequest: async (request) => { await demandSession(signIn, request) }, handler: nowhere })
}

function nowhere(request: FastifyRequest): never {
  throw new Refusal('notFoundError', 'Object does not exist', `There is no ${request.method} ${(request.raw.url ?? '').split('?', 1)[0]?.slice(0, 256)}`)
}

/** A path of the table as the server writes it. A new private zone is told to be where clients of the original look for it. */
function addressesOf(path: string): readonly string[] {
  const url = `/v1.0/:tenantId${path.replaceAll(/\{(\w+)\}/g, ':$1')}`
  return path === '/monitoring_zones/{zoneId}' ? [url, url.replace('/monitoring_zones', '/private_monitoring_zones')] : [url]
}

function serveOtherMethods(app: FastifyInstance, url: string, methods: readonly string[]): void {
  const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
  app.route({
    method: allMethods.filter((method) => !methods.includes(method)), url,
    handler: (_request, reply) => {
      reply.header('allow', allowed)
      throw new Refusal('methodNotAllowedError', 'Method not allowed', allowed)
    },
  })
}

async function demandSession(signIn: SignIn, request: FastifyRequest): Promise<Session> {
  const token = request.headers['x-auth-token']
  const session = typeof token === 'string' ? await signIn.authenticate(token) : undefined
  if (session === undefined) throw new Refusal('unauthorizedError', 'No or invalid authentication token provided', 'X-Auth-Token is missing, unknown or expired')
  return session
}

/** All that is asked before a body is read. */
async function admit(api: Api, signIn: SignIn, route: Route, request: Request, reply: FastifyReply): Promise<void> {
  const session = await demandSession(signIn, request)
  // The same answer whether or not there is such an account: it tells nothing about others.
  if (paramsOf(request).tenantId !== session.tenant) throw forbidden('The token belongs to another account', 'The address has to name the token\'s own account')
  if (!mayDo(session.roles, route.right)) throw new Refusal('missingCapabilitiesError', 'Missing capabilities', `The token's roles do not grant ${route.right}`)
  api.rates.take(session.tenant, 'global')
  if (route.bucket !== undefined) api.rates.take(session.tenant, route.bucket)
  reply.headers(api.rates.headers(session.tenant, route.bucket ?? 'global'))
  request.asked = { session }
}

/** A signal for as long as somebody waits for the answer. */
function watch(reply: FastifyReply, under: Set<AbortController>): AbortSignal {
  const controller = new AbortController()
  under.add(controller)
  reply.raw.once('close', () => {
    under.delete(controller)
    controller.abort(new DOMException('The client has gone', 'AbortError'))
  })
  return controller.signal
}

async function answer(api: Api, route: Route, handler: Handler, request: Request, reply: FastifyReply, signal: AbortSignal): Promise<FastifyReply> {
  const { session } = request.asked
  if (session === undefined) throw new RangeError('A route was reached without its token having been looked at')
  const { tenantId: tenant = '', ...params } = paramsOf(request)
  checkParams(params)
  const ignored: string[] = []
  const origin = originOf(request, api.settings.publicUrl)
  const call: Call = {
    tenant, session, params, ignored, origin, txnId: request.id, place: placeOf(request, origin), signal,
    query: readQuery(route.query, request.query), body: readRouteBody(route, request.body, request.headers['content-type'], api.settings, ignored),
  }
  const result = await handler(call)
  if (ignored.length > 0) reply.header('x-vedette-ignored', ignoredHeader(ignored))
  return send(reply, call, result)
}

function send(reply: FastifyReply, { origin, tenant }: Call, result: Reply): FastifyReply {
  if (result.kind === 'value') return sendJson(reply, 200, result.value)
  if (result.kind === 'deleted') return reply.code(204).send()
  reply.header('location', `${origin}/v1.0/${encodeURIComponent(tenant).replaceAll('%3A', ':')}${result.path}`).header('x-object-id', result.id)
  return result.kind === 'updated' ? reply.code(204).send() : reply.code(201).header('content-type', 'text/plain').send('')
}

// The server's router gives each parameter of the address as a text.
const paramsOf = (request: FastifyRequest) => request.params as Readonly<Record<string, string>>

/** What the log keeps of a request that changes something: who, what and why, as the reference's audits would. */
export function auditOf(request: FastifyRequest, status: number) {
  const query = Object(request.query) as Readonly<Record<string, unknown>>
  const url = (request.raw.url ?? '').split('?', 1)[0]
  const said = (text: unknown) => (typeof text === 'string' ? text.slice(0, 255) : undefined)
  return { txnId: request.id, method: request.method, url, status, user: (request as Partial<Request>).asked?.session?.user, who: said(query._who), why: said(query._why) }
}

