import { compileText } from '../../../core/alarm-language/index.ts'
import type { AlarmRow, State } from '../../../core/alarm-row.ts'
import { decide } from '../../../core/consensus/decide.ts'
import { ruleOf } from '../../../core/consensus/rule.ts'
import type { Alarm, Check, Entity } from '../../../core/entities/resources.ts'
import { isZone } from '../../../core/routing/message.ts'
import { invalid, notFound, wrongPrefix } from '../../../core/wire/errors.ts'
import { envelope, pageOf } from '../../../core/wire/page.ts'
import { showAlarm, showEntity } from '../../../core/wire/shown.ts'
import type { EntityTree } from '../../../contracts/configuration.ts'
import { withoutZonesDown } from '../../../flows/zones-down.ts'
import type { Api, Handlers } from '../api.ts'
import { pageQuery } from '../paging.ts'
import { everyRow } from '../scan.ts'
import { value, type Call, type Reply } from '../types.ts'
import { shownCheck } from './checks.ts'

export const viewHandlers = (api: Api): Handlers<'views.overview' | 'views.states'> => ({
  'views.overview': (call) => view(api, call, async (tree) => ({
    entity: showEntity(tree.entity.value),
    checks: tree.checks.map((row) => shownCheck(api, call, row.value)),
    alarms: tree.alarms.map((row) => showAlarm(row.value)),
    latest_alarm_states: await latestStates(api, call.tenant, tree),
  })),
  'views.states': (call) => view(api, call, async (tree) => ({
    entity_id: tree.entity.id, entity_uri: tree.entity.value.uri, entity_label: tree.entity.value.label,
    latest_alarm_states: (await latestStates(api, call.tenant, tree)).map((state) => ({ ...state, alarm_label: tree.alarms.find((row) => row.id === state.alarm_id)?.value.label ?? null })),
  })),
})

/** A page of entities, each shown with what is underneath it. */
async function view(api: Api, call: Call, show: (tree: EntityTree) => Promise<unknown>): Promise<Reply> {
  const asked = pageQuery(call)
  const wanted = await wantedEntities(api, call)
  const page = wanted === undefined
    ? await entityPage(api, call.tenant, asked)
    : pageOf(wanted, (id) => id, asked)
  const trees = await Promise.all(page.values.map((id) => api.configuration.tree(call.tenant, id)))
  const values = await Promise.all(trees.flatMap((tree) => (tree === undefined ? [] : [show(tree)])))
  return value(envelope(values, page.next, asked, call.place))
}

async function entityPage({ configuration }: Api, tenant: string, asked: { readonly limit: number; readonly marker?: string }) {
  const page = await configuration.list('entity', { tenant }, asked)
  return { values: page.values.map((row) => row.id), next: page.next }
}

/** The entities that filters name, sorted; undefined without filters. Unknown uris are passed over unless none is known. */
async function wantedEntities(api: Api, { tenant, query }: Call): Promise<readonly string[] | undefined> {
  // The route's schema has read the query.
  const { entityId, uri, agentId } = query as { entityId?: readonly string[]; uri?: readonly string[]; agentId?: readonly string[] }
  if ([entityId, uri, agentId].filter((one) => one !== undefined).length > 1) throw invalid(entityId === undefined ? 'uri' : 'entityId', 'entityId, uri and agentId exclude each other')
  if (entityId !== undefined) return knownEntities(api, tenant, entityId)
  if (uri === undefined && agentId === undefined) return undefined
  const wanted = (entity: Entity) => (uri === undefined ? entity.agent_id !== null && agentId?.includes(entity.agent_id) === true : entity.uri !== null && uri.includes(entity.uri))
  const found: string[] = []
  for await (const row of everyRow(api.configuration, 'entity', { tenant })) if (wanted(row.value)) found.push(row.id)
  if (found.length === 0) throw notFound('Entity', ...(uri ?? agentId ?? []).slice(0, 3))
  return found
}

async function knownEntities({ configuration }: Api, tenant: string, ids: readonly string[]): Promise<readonly string[]> {
  for (const id of new Set(ids)) {
    if (!id.startsWith('en')) throw wrongPrefix(id, ['en'])
    if (await configuration.get('entity', { tenant, entity: id }, id) === undefined) throw notFound('Entity', id)
  }
  return [...new Set(ids)].toSorted()
}

/** The latest state of each alarm that has one. */
async function latestStates(api: Api, tenant: string, { entity, checks, alarms }: EntityTree) {
  const rows = await api.ledger.rows(tenant, entity.id)
  const known = rows.flatMap((row) => {
    const alarm = alarms.find((one) => one.id === row.key.alarm)?.value
    const check = checks.find((one) => one.id === row.check)?.value
    return alarm === undefined || check === undefined || row.changelogId === null ? [] : [{ row, alarm, check }]
  })
  return Promise.all(known.map(({ row, alarm, check }) => latestState(api, row, alarm, check)))
}

async function latestState(api: Api, row: AlarmRow, alarm: Alarm, check: Check) {
  const { key: { tenant, entity, alarm: alarm_id }, status, zone, changedAt, changelogId } = row
  const state = await shownState(api, row, alarm, check)
  const blind = state !== row.state
  return {
    timestamp: changedAt, entity_id: entity, alarm_id, check_id: row.check, status: blind ? 'No fresh observations' : status, state,
    previous_state: blind ? row.state : await previousState(api, tenant, row),
    analyzed_by_monitoring_zone_id: zone !== null && isZone(zone) ? zone : null, alarm_changelog_id: changelogId,
  }
}

/** The recorded state, unless too few zones are heard for it to mean anything now: then UNKNOWN, even when nothing can be written. */
async function shownState({ checkTypes, observations, zonesDown, clock }: Api, row: AlarmRow, alarm: Alarm, check: Check): Promise<State> {
  const type = checkTypes.find((one) => one.type === check.type)
  const criteria = compileText(alarm.criteria)
  if (type === undefined || !criteria.ok) return row.state
  const rule = ruleOf(check, alarm, criteria.compiled, type)
  const seenAt = new Map(await Promise.all(rule.zones.map(async (zone) => [zone, (await observations.newest(check.id, zone, 1))[0]?.at ?? 0] as const)))
  const votes = row.votes.map((vote) => ({ ...vote, seenAt: Math.max(vote.seenAt, seenAt.get(vote.zone) ?? 0) }))
  // Heard, but not of one mind yet: such a zone is not silent.
  const undecided = [...seenAt].filter(([zone]) => votes.every((vote) => vote.zone !== zone)).map(([zone, at]) => ({ zone, seenAt: at, stressedRun: 0 }))
  const decision = decide(await withoutZonesDown({ previous: row, votes, undecided, rule, now: clock.now() }, zonesDown))
  return decision.kind === 'blind' ? 'UNKNOWN' : row.state
}

async function previousState({ ledger }: Api, tenant: string, { key, changedAt, changelogId }: AlarmRow): Promise<State> {
  const page = await ledger.changes(tenant, { from: changedAt, to: changedAt + 1, limit: 1, entity: key.entity, ...(changelogId === null ? {} : { marker: changelogId }) })
  return page.values.find((entry) => entry.id === changelogId)?.previousState ?? 'UNKNOWN'
}
