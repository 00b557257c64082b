import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { zonesOf } from '../../core/consensus/rule.ts'
import type { Feed } from '../../contracts/feed.ts'
import type { Log } from '../../contracts/log.ts'
import type { Outbox } from '../../contracts/outbox.ts'
import { loadAssets, type Asset } from './assets.ts'
import { callerOf, refuse, senderOf, type Authenticate, type Caller } from './caller.ts'
import { news } from './feed.ts'
import { ledgerView, newestByZone } from './ledger.ts'
import { overview, type OverviewDeps } from './overview.ts'
import { pageOf } from './page.ts'
import type { CheckView, WhoAmI } from './wire.ts'

export interface ConsoleDeps extends OverviewDeps {
  readonly outbox: Outbox
  readonly feed: Feed
  readonly log: Log
  readonly authenticate: Authenticate
  /** what the server knows to be wrong with itself or around it, in words */
  readonly troubles?: () => readonly string[]
}

/** A listener's token is looked at again this often (ms): a revoked one hears nothing more. */
const askAgain = 30_000

/**
 * Puts the console on the API's server: the page at `/`, its files under `/console/files`, and what the page needs and the
 * API does not have under `/v1.0/{tenant}/console`. Reads the files once, now.
 */
export async function registerConsole(app: FastifyInstance, deps: ConsoleDeps): Promise<void> {
  const over = new AbortController()
  // Before the server waits for its connections to end: those of listeners would never.
  app.addHook('preClose', (done) => {
    over.abort()
    done()
  })
  await servePage(app)
  serveData(app, deps)
  serveFeed(app, deps, over.signal)
}

const guarded = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin' } as const

async function servePage(app: FastifyInstance): Promise<void> {
  const assets = await loadAssets()
  const page = pageOf(assets)
  app.get('/', async (request, reply) => {
    reply.headers({ ...guarded, 'content-security-policy': page.policy, 'cache-control': 'no-cache', etag: page.etag })
    if (request.headers['if-none-match'] === page.etag) return reply.code(304).send()
    return reply.type('text/html; charset=utf-8').send(page.html)
  })
  app.get('/console', (_request, reply) => reply.redirect('/'))
  app.get<{ Params: { 'version': string; '*': string } }>('/console/files/:version/*', async (request, reply) => {
    const asset = assets.files.get(request.params['*'])
    if (asset === undefined) return refuse(reply, 'notFoundError', 'The console has no such file')
    // A page that was loaded before an update may still ask for a part by its old address: it gets today's, unkept.
    const forEver = request.params.version === assets.version
    return sendAsset(request, reply, asset, forEver ? 'public, max-age=31536000, immutable' : 'no-store')
  })
}

function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: Asset, keep: string): FastifyReply {
  reply.headers({ ...guarded, 'cache-control': keep, 'etag': asset.etag, 'vary': 'accept-encoding' })
  if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send()
  if (!takesGzip(request)) return reply.type(asset.type).send(asset.body)
  return reply.type(asset.type).header('content-encoding', 'gzip').send(asset.gzip)
}

const takesGzip = (request: FastifyRequest): boolean => /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')

interface TenantParams { readonly tenant: string }
interface CheckParams extends TenantParams { readonly entity: string; readonly check: string }
interface AlarmParams extends TenantParams { readonly entity: string; readonly alarm: string }

function serveData(app: FastifyInstance, deps: ConsoleDeps): void {
  app.get('/console/whoami', async (request, reply) => {
    const caller = await callerOf(request, reply, deps.authenticate)
    if (caller === undefined) return reply
    const { tenant, user, roles } = caller
    return { tenant, user, roles } satisfies WhoAmI
  })
  app.get<{ Params: TenantParams; Querystring: { entity?: string | string[] } }>('/v1.0/:tenant/console/overview', async (request, reply) => {
    if (await callerOf(request, reply, deps.authenticate, request.params.tenant) === undefined) return reply
    const only = request.query.entity === undefined ? undefined : [request.query.entity].flat()
    const lines = Readable.from(asLines(overview(deps, request.params.tenant, only)))
    reply.headers({ 'content-type': 'application/x-ndjson; charset=utf-8', 'cache-control': 'no-store' })
    return takesGzip(request) ? reply.header('content-encoding', 'gzip').send(packed(lines)) : reply.send(lines)
  })
  app.get<{ Params: CheckParams }>('/v1.0/:tenant/console/checks/:entity/:check', async (request, reply) => {
    const { tenant, entity, check } = request.params
    if (await callerOf(request, reply, deps.authenticate, tenant) === undefined) return reply
    const plan = (await deps.plans.of(tenant, entity)).get(check)
    if (plan === undefined) return refuse(reply, 'notFoundError', `Object "Check" with key "${entity}:${check}" does not exist`)
    const zones = zonesOf(plan.check, deps.types.get(plan.check.type)?.category ?? 'remote')
    return { now: deps.clock.now(), zones: await newestByZone(deps.observations, check, zones, 20) } satisfies CheckView
  })
  app.get<{ Params: AlarmParams; Querystring: { limit?: string; before?: string } }>('/v1.0/:tenant/console/alarms/:entity/:alarm/ledger', async (request, reply) => {
    const { tenant, entity, alarm } = request.params
    if (await callerOf(request, reply, deps.authenticate, tenant) === undefined) return reply
    const view = await ledgerView(deps, { tenant, entity, alarm }, whole(request.query.limit) ?? 50, whole(request.query.before))
    return view ?? refuse(reply, 'notFoundError', `Object "Alarm" with key "${entity}:${alarm}" does not exist`)
  })
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function packed(lines: Readable): Readable {
  const gzip = createGzip()
  // A failure on the way ends the answer before its last line, which is how the page knows.
  pipeline(lines, gzip, () => {})
  return gzip
}

async function* asLines(values: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`
}

function serveFeed(app: FastifyInstance, deps: ConsoleDeps, over: AbortSignal): void {
  app.get<{ Params: TenantParams }>('/v1.0/:tenant/console/feed', async (request, reply) => {
    const caller = await callerOf(request, reply, deps.authenticate, request.params.tenant)
    if (caller === undefined) return reply
    const gone = new AbortController()
    request.raw.on('close', () => gone.abort())
    const items = news(deps.feed, caller.tenant, deps.clock, AbortSignal.any([over, gone.signal]), stillAllowed(request, caller, deps), deps.troubles)
    reply.headers({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    return reply.send(Readable.from(asEvents(items)))
  })
}

function stillAllowed(request: FastifyRequest, caller: Caller, { authenticate, clock }: ConsoleDeps): () => Promise<boolean> {
  let asked = clock.monotonic()
  return async () => {
    if (clock.monotonic() - asked < askAgain) return true
    asked = clock.monotonic()
    return (await senderOf(request, authenticate))?.tenant === caller.tenant
  }
}

async function* asEvents(messages: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const message of messages) yield `data: ${JSON.stringify(message)}\n\n`
}
