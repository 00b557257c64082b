import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Metric, MetricType } from '../../core/alarm-language/types.ts'
import type { Check } from '../../core/entities/resources.ts'
import type { Observation } from '../../core/observation.ts'
import { Refusal } from '../../core/wire/errors.ts'
import type { CheckType } from '../../contracts/check-type.ts'
import type { Api } from './api.ts'
import { readBody } from './body.ts'
import { openDetails } from './details.ts'
import { newSecret, sameText } from './hashes.ts'

const maxMetrics = 50
const maxText = 255
interface Beat { readonly tenantId: string; readonly entityId: string; readonly checkId: string; readonly key: string }

/**
 * Where jobs report: `/heartbeat/{tenant}/{entity}/{check}/{key}`, and the same with `/fail` when they failed. The key in
 * the address is all that is asked. A JSON object in the body becomes metrics, its `message` the status, as does any other text.
 */
export function serveHeartbeats(app: FastifyInstance, api: Api): void {
  const report = reporter(api)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request: FastifyRequest, payload: FastifyRequest['raw']) => readBody(payload, { ...api.settings, maxBody: api.settings.maxHeartbeatBody }))
  for (const failed of [false, true]) {
    app.route<{ Params: Beat }>({
      method: ['GET', 'POST'], url: `/heartbeat/:tenantId/:entityId/:checkId/:key${failed ? '/fail' : ''}`,
      handler: async (request, reply) => {
        await report(request.params, Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '', failed, request.id)
        return reply.type('text/plain; charset=UTF-8').send('ok\n')
      },
    })
  }
}

function reporter(api: Api) {
  const boot = newSecret(api.random)
  const lastAt = new Map<string, number>()
  let sequence = 0
  return async (beat: Beat, body: string, failed: boolean, trace: string): Promise<void> => {
    const { check, type } = await demandKey(api, beat)
    demandPause(api, lastAt, check.id)
    const now = api.clock.now()
    const said = readReport(body, type)
    sequence += 1
    const observation: Observation = {
      tenant: beat.tenantId, entity: beat.entityId, check: check.id, zone: 'heartbeat', slot: now, kind: 'scheduled', boot, sequence, at: now, receivedAt: now,
      available: !failed, status: said.status ?? (failed ? 'the job says that it failed' : 'the job has reported'), metrics: said.metrics,
      target: null, startDelay: 0, lag: 0, stressed: null, trace,
    }
    await api.ingest(observation)
  }
}

/** The check, if the key is its own; otherwise the same 404 whatever was wrong. */
async function demandKey(api: Api, { tenantId, entityId, checkId, key }: Beat): Promise<{ readonly check: Check; readonly type: CheckType }> {
  const check = (await api.configuration.get('check', { tenant: tenantId, entity: entityId }, checkId))?.value
  const type = api.checkTypes.find((one) => one.type === check?.type)
  const expected = check === undefined || type?.category !== 'heartbeat' ? undefined : openDetails(type, check.details, api.secretBox).key
  const right = sameText(key, typeof expected === 'string' ? expected : '')
  if (!right || check === undefined || type === undefined || expected === undefined) throw new Refusal('notFoundError', 'Object does not exist', 'There is no such heartbeat')
  return { check, type }
}

/** A job in a loop must not fill the store. */
function demandPause({ clock, settings }: Api, lastAt: Map<string, number>, check: string): void {
  const now = clock.monotonic()
  if (now - (lastAt.get(check) ?? -Infinity) < settings.heartbeatPause) throw new Refusal('rateLimitReached', 'Rate limit reached', `A job may report every ${settings.heartbeatPause} ms`, 1)
  lastAt.set(check, now)
}

/** What a job says beside that it ran; what makes no sense is passed over, because the report counts all the same. */
function readReport(body: string, type: CheckType): { readonly status?: string; readonly metrics: Readonly<Record<string, Metric>> } {
  const said = parsed(body)
  if (typeof said !== 'object' || said === null || Array.isArray(said)) {
    const status = body.trim().slice(0, maxText)
    return status === '' ? { metrics: {} } : { status, metrics: {} }
  }
  const metrics = Object.entries(said).slice(0, maxMetrics).flatMap(([name, value]) => metricOf(name, value, type))
  const message = 'message' in said && typeof said.message === 'string' ? said.message.trim().slice(0, maxText) : ''
  return { ...(message === '' ? {} : { status: message }), metrics: Object.fromEntries(metrics) }
}

function metricOf(name: string, value: unknown, type: CheckType): readonly (readonly [string, Metric])[] {
  if (!/^[A-Za-z0-9_\-. /]{1,128}$/.test(name)) return []
  const known = type.metrics[name]
  const unit = known?.unit ?? 'unknown'
  if (typeof value === 'number' && Number.isFinite(value) && known?.type !== 's') return [[name, { type: typeOf(value, known?.type), value, unit }]]
  if (typeof value === 'string' && (known === undefined || known.type === 's')) return [[name, { type: 's', value: value.slice(0, maxText), unit }]]
  return []
}

/** The type that is known, unless the value is finer than that. */
function typeOf(value: number, known: MetricType | undefined): MetricType {
  return known !== undefined && (known === 'n' || Number.isSafeInteger(value)) ? known : 'n'
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
