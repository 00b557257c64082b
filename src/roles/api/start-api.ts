import type { Duplex } from 'node:stream'
import Fastify, { type FastifyInstance } from 'fastify'
import { errorBody, Refusal } from '../../core/wire/errors.ts'
import { openApi } from '../../core/wire/openapi.ts'
import { jsonType, sendFailure } from './answers.ts'
import type { Api } from './api.ts'
import { Counts } from './counts.ts'
import { allHandlers } from './handlers/index.ts'
import { serveHeartbeats } from './heartbeat.ts'
import { serveIdentity } from './identity.ts'
import { Rates } from './rates.ts'
import { auditOf, serveRoutes } from './serve-routes.ts'
import { SignIn } from './sign-in.ts'
import { transactions } from './transactions.ts'
import type { ApiDeps } from './types.ts'

export type { ApiDeps } from './types.ts'

/** A running API: its server and its address. */
export interface RunningApi extends AsyncDisposable { readonly app: FastifyInstance; readonly url: string }

/** Starts the HTTP API, with what other roles put on the same server. Disposing it lets running requests end. */
export async function startApi(deps: ApiDeps): Promise<RunningApi> {
  const { settings, clock, configuration, log } = deps
  const signIn = new SignIn(deps)
  const api: Api = {
    ...deps, rates: new Rates(settings.rates, clock),
    counts: new Counts(configuration, clock, { checks: settings.maxChecks, alarms: settings.maxAlarms }),
  }
  const app = serverOf(deps)
  await app.register(async (scope) => {
    speakToBrowsers(scope)
    scope.addHook('onResponse', async (request, reply) => {
      if (!['GET', 'HEAD', 'OPTIONS'].includes(request.method)) log.info({ ...auditOf(request, reply.statusCode), took: Math.round(reply.elapsedTime) }, 'request')
    })
    serveRoutes(scope, api, signIn, allHandlers(api))
    serveIdentity(scope, signIn, settings)
  })
  await app.register(async (scope) => serveHeartbeats(scope, api))
  serveDocument(app, deps)
  await deps.extend?.(app, { authenticate: (token) => signIn.authenticate(token) })
  const url = await app.listen({ host: settings.host, port: settings.port })
  log.info({ url }, 'the API listens')
  return { app, url, [Symbol.asyncDispose]: () => app.close() }
}

/** The document of the whole API, made once. */
function serveDocument(app: FastifyInstance, { checkTypes, channels, settings }: ApiDeps): void {
  const details = [...checkTypes.map((one) => [`CheckDetails.${one.type}`, one.details] as const), ...channels.map((one) => [`NotificationDetails.${one.type}`, one.details] as const)]
  const text = JSON.stringify(openApi(settings.build, Object.fromEntries(details)))
  app.get('/openapi.json', (_request, reply) => reply.header('content-type', jsonType).header('access-control-allow-origin', '*').send(text))
}

function serverOf({ settings, clock, random, log }: ApiDeps): FastifyInstance {
  const nextId = transactions(settings, clock, random)
  const app = Fastify({
    logger: false, genReqId: nextId, requestTimeout: settings.requestTimeout, forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
    frameworkErrors: (error, request, reply) => { sendFailure(reply, error, request.id, log) },
    clientErrorHandler: (error, socket) => refuseRaw(error, socket, nextId()),
    schemaController: { compilersFactory: { buildValidator: neverAsked, buildSerializer: neverAsked } },
  })
  app.decorateRequest('asked', null)
  app.addHook('onRequest', async (request, reply) => { reply.header('x-response-id', request.id) })
  app.setErrorHandler((error, request, reply) => sendFailure(reply, error, request.id, log))
  app.setNotFoundHandler((request, reply) => sendFailure(reply, new Refusal('notFoundError', 'Object does not exist', 'There is no such address'), request.id, log))
  return app
}

/** Routes carry no schemas of Fastify's own, since bodies are fitted by our rules: so its compilers, 8 MB, are not loaded. */
function neverAsked(): never {
  throw new Error('no route has a schema')
}

/** The headers by which pages from elsewhere may use the API: there are no cookies, the token says it all. */
function speakToBrowsers(scope: FastifyInstance): void {
  scope.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'access-control-allow-origin': '*', 'access-control-allow-methods': 'POST, GET, PUT, DELETE, OPTIONS',
      'access-control-allow-headers': 'X-Auth-Token, Content-Type, Accept', 'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'X-Response-Id, WWW-Authenticate, Location, X-Object-ID, X-Vedette-Ignored', 'access-control-max-age': '86400',
    })
  })
}

/** What is no HTTP at all is answered as far as it can be. */
function refuseRaw(error: Error & { code?: string }, socket: Duplex, txnId: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const body = JSON.stringify(errorBody(new Refusal('badRequest', 'The request is malformed', 'It is no HTTP request that this server understands'), txnId))
  socket.end(`HTTP/1.1 400 Bad Request\r\ncontent-type: ${jsonType}\r\nx-response-id: ${txnId}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
}
