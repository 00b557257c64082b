import { timeOfUuid } from '../../../core/entities/ids.ts'
import type { LedgerEntry } from '../../../core/alarm-row.ts'
import { isZone } from '../../../core/routing/message.ts'
import { historyItem } from '../../../core/routing/history.ts'
import { invalid, notFound, wrongPrefix } from '../../../core/wire/errors.ts'
import { envelope } from '../../../core/wire/page.ts'
import type { HistoryOptions } from '../../../contracts/alarm-ledger.ts'
import type { Api, Handlers } from '../api.ts'
import { demand } from '../changing.ts'
import { value, type Call, type Reply } from '../types.ts'
import { demandEntity } from './checks.ts'

export const historyHandlers = (api: Api): Handlers<'changes.list' | 'history.checks' | 'history.list' | 'history.get'> => ({
  'changes.list': (call) => listChanges(api, call),
  'history.checks': async ({ tenant, params: { entityId = '', alarmId = '' } }) => {
    const { value: alarm } = await demand(api.configuration, 'alarm', { tenant, entity: entityId }, alarmId, 'Alarm')
    return value({ check_ids: [alarm.check_id] })
  },
  'history.list': (call) => listHistory(api, call),
  'history.get': (call) => oneItem(api, call),
})

const week = 7 * 86_400_000

/** The range and page that a request asks for. */
function rangeOf({ clock }: Api, { query }: Call): HistoryOptions {
  // The route's schema has read the query.
  const asked = query as { limit: number; marker?: string; from?: number; to?: number; reverse?: boolean }
  // What happened in this very millisecond belongs to "until now".
  const to = asked.to ?? clock.now() + 1
  const { marker } = asked
  if (marker !== undefined && Number.isNaN(timeOfUuid(marker))) throw invalid('marker', `must be the id of an item; found ${JSON.stringify(marker.slice(0, 60))}`)
  return { from: asked.from ?? Math.max(0, to - week), to, limit: asked.limit, reverse: asked.reverse === true, ...(marker === undefined ? {} : { marker }) }
}

async function listChanges(api: Api, call: Call): Promise<Reply> {
  const { entityId: entity } = call.query
  const options = rangeOf(api, call)
  if (typeof entity === 'string') {
    if (!entity.startsWith('en')) throw wrongPrefix(entity, ['en'])
    await demandEntity(api, call.tenant, entity)
  }
  const page = await api.ledger.changes(call.tenant, typeof entity === 'string' ? { ...options, entity } : options)
  return value(envelope(page.values.map(showChange), page.next, options, call.place))
}

function showChange({ id, at, key, check, state, previousState, status, zone }: LedgerEntry) {
  return {
    id, timestamp: at, entity_id: key.entity, alarm_id: key.alarm, check_id: check, state, previous_state: previousState, status,
    analyzed_by_monitoring_zone_id: zone !== null && isZone(zone) ? zone : null,
  }
}

async function listHistory(api: Api, call: Call): Promise<Reply> {
  await demandAlarmOfCheck(api, call)
  const options = rangeOf(api, call)
  const found: LedgerEntry[] = []
  for await (const entry of changesOf(api, call, options)) {
    found.push(entry)
    if (found.length > options.limit) break
  }
  const next = found[options.limit]?.id ?? null
  const items = await Promise.all(found.slice(0, options.limit).map((entry) => itemOf(api, entry)))
  return value(envelope(items, next, options, call.place))
}

async function oneItem(api: Api, call: Call): Promise<Reply> {
  await demandAlarmOfCheck(api, call)
  const { itemId = '', alarmId = '' } = call.params
  const at = timeOfUuid(itemId)
  if (!Number.isNaN(at)) {
    // An entry's id is made when it is written, which is a little after the time that it speaks of.
    for await (const entry of changesOf(api, call, { from: Math.max(0, at - idLag), to: at + idLag, limit: 1000 })) if (entry.id === itemId) return value(await itemOf(api, entry))
  }
  throw notFound('NotificationHistory', alarmId, itemId)
}

const idLag = 60_000

async function demandAlarmOfCheck({ configuration }: Api, { tenant, params: { entityId = '', alarmId = '', checkId = '' } }: Call): Promise<void> {
  const { value: alarm } = await demand(configuration, 'alarm', { tenant, entity: entityId }, alarmId, 'Alarm')
  if (alarm.check_id !== checkId) throw notFound('Check', entityId, checkId)
}

/** The state changes of one alarm that its plan was asked about, out of those of its entity. */
async function* changesOf({ ledger }: Api, { tenant, params: { entityId = '', alarmId = '' } }: Call, options: HistoryOptions): AsyncGenerator<LedgerEntry> {
  let next = options.marker ?? null
  do {
    const page: Awaited<ReturnType<typeof ledger.changes>> = await ledger.changes(tenant, { ...options, entity: entityId, limit: 1000, ...(next === null ? {} : { marker: next }) })
    yield* page.values.filter((entry) => entry.key.alarm === alarmId && entry.plan !== null)
    next = page.next
  } while (next !== null)
}

async function itemOf({ outbox, channels }: Api, entry: LedgerEntry) {
  const deliveries = await outbox.deliveries(entry.key, entry.version)
  return historyItem(entry, deliveries, (type) => channels.find((one) => one.type === type)?.secrets ?? [])
}
