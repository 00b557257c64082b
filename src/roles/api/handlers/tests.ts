import { compileText, type Metric, type Sample } from '../../../core/alarm-language/index.ts'
import { newId } from '../../../core/entities/ids.ts'
import type { Check, Entity, Notification } from '../../../core/entities/resources.ts'
import type { CheckResult, TestAlarm, TestNotification } from '../../../core/wire/bodies.ts'
import { invalid, Refusal } from '../../../core/wire/errors.ts'
import type { ZoneLook } from '../../../contracts/lookout.ts'
import { channelOf, checkTypeOf, type Api, type Handlers } from '../api.ts'
import { demand } from '../changing.ts'
import { readDetails } from '../details.ts'
import { value, type Call, type Reply } from '../types.ts'
import { parseRefusal } from './alarms.ts'
import { demandEntity, draftCheck } from './checks.ts'

export const testHandlers = (api: Api): Handlers<'checks.try' | 'checks.test' | 'alarms.try' | 'notifications.try' | 'notifications.test'> => ({
  'checks.try': async (call) => {
    const { value: entity } = await demandEntity(api, call.tenant, call.params.entityId ?? '')
    return look(api, call, entity, await draftCheck(api, call.tenant, entity, call.body, call.ignored))
  },
  'checks.test': async (call) => {
    const { tenant, params: { entityId = '', checkId = '' } } = call
    const { value: check } = await demand(api.configuration, 'check', { tenant, entity: entityId }, checkId, 'Check')
    return look(api, call, (await demandEntity(api, tenant, entityId)).value, check)
  },
  'alarms.try': async ({ tenant, params: { entityId = '' }, body }) => {
    await demandEntity(api, tenant, entityId)
    // The route's schema is TestAlarm.
    return value(replay(body as unknown as TestAlarm, api.clock.now()))
  },
  'notifications.try': async ({ tenant, body, ignored }) => {
    // The route's schema is TestNotification.
    const { label, type, details } = body as unknown as TestNotification
    const now = api.clock.now()
    const sealed = readDetails(channelOf(api, type), details, undefined, api.secretBox, ignored)
    return notify(api, tenant, { id: newId('notification', api.random.bytes(8)), label: label ?? 'test', type, details: sealed, metadata: null, created_at: now, updated_at: now })
  },
  'notifications.test': async ({ tenant, params: { notificationId = '' } }) => notify(api, tenant, (await demand(api.configuration, 'notification', { tenant }, notificationId, 'Notification')).value),
})

async function look(api: Api, { query, signal }: Call, entity: Entity, check: Check): Promise<Reply> {
  if (checkTypeOf(api, check.type).run === undefined) throw invalid('type', `${check.type} reports by itself and cannot be tried from here`)
  // Somebody waits for the answer, which may be that it takes longer than this.
  const timeout = Math.min(check.timeout, api.settings.maxTestTimeout)
  using deadline = api.clock.deadline(timeout * 1000 + api.settings.testGrace, signal)
  try {
    const looks = await api.lookout.look(check.monitoring_zones_poll ?? [], entity, { ...check, timeout }, { signal: deadline.signal, debug: query.debug === true })
    return value(looks.map(resultOf))
  } catch (error) {
    if (deadline.signal.aborted) throw new Refusal('systemFailureError', 'The zones did not answer in time', 'Try again', 1)
    throw error
  }
}

function resultOf({ zone, at, result }: ZoneLook): CheckResult {
  const metrics = Object.fromEntries(Object.entries(result.metrics).map(([name, { type, value: data, unit }]) => [name, { type, data: String(data), unit: unit === '' ? 'unknown' : unit }]))
  const shown = { timestamp: Math.round(at), monitoring_zone_id: zone, available: result.available, status: result.status, metrics }
  return result.body === undefined ? shown : { ...shown, debug_info: { body: result.body } }
}

/** The changes of state that pasted results would have made, one after the other; consecutiveCount is 1. */
function replay({ criteria, check_data: results }: TestAlarm, now: number) {
  const compiled = compileText(criteria)
  if (!compiled.ok) throw parseRefusal(criteria ?? '', compiled.problems)
  const before = new Map<string, Sample>()
  const transitions: { timestamp: number; state: string; status: string }[] = []
  for (const result of results) {
    const zone = result.monitoring_zone_id ?? ''
    const sample = sampleOf(result, now)
    const { state, status } = compiled.compiled.evaluate(sample, before.get(zone))
    if (sample.available) before.set(zone, sample)
    if (transitions.at(-1)?.state !== state) transitions.push({ timestamp: sample.at, state, status })
  }
  return transitions
}

function sampleOf({ timestamp, available, status, metrics }: TestAlarm['check_data'][number], now: number): Sample {
  const known = Object.entries(metrics ?? {}).flatMap(([name, { type, data, unit }]): (readonly [string, Metric])[] => {
    if (data === null) return []
    const number = type === 's' || data === '' ? Number.NaN : Number(data)
    return [[name, { type, value: Number.isNaN(number) ? String(data) : number, unit: unit ?? 'unknown' }]]
  })
  return { at: timestamp ?? now, available, status: status ?? '', metrics: Object.fromEntries(known) }
}

async function notify({ testNotification }: Api, tenant: string, notification: Notification): Promise<Reply> {
  const outcome = await testNotification(tenant, notification)
  return value({ status: outcome.kind === 'delivered' ? 'success' : 'error', message: outcome.message })
}
