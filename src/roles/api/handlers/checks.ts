import type { CheckType } from '../../../contracts/check-type.ts'
import type { Stored } from '../../../contracts/configuration.ts'
import type { Check, Entity } from '../../../core/entities/resources.ts'
import { checkProblem, usualTimeout } from '../../../core/wire/check-rules.ts'
import { fromDraft, withChange } from '../../../core/wire/drafts.ts'
import { invalid, notFound, parentNotFound, requiredNotFound } from '../../../core/wire/errors.ts'
import { isPrivate, showCheck, type ShownCheck } from '../../../core/wire/shown.ts'
import { checkTypeOf, type Api, type Handlers } from '../api.ts'
import { change, create, demand, settle, update } from '../changing.ts'
import { maskDetails, openDetails, readDetails } from '../details.ts'
import { newSecret } from '../hashes.ts'
import { listed } from '../paging.ts'
import { common } from '../sign-in.ts'
import { value, type Call, type Reply } from '../types.ts'
import { entityChanged } from './entities.ts'

export const checkHandlers = (api: Api): Handlers<'checks.list' | 'checks.post' | 'checks.get' | 'checks.put' | 'checks.delete'> => ({
  'checks.list': async (call) => {
    const { tenant, params: { entityId = '' } } = call
    await demandEntity(api, tenant, entityId)
    return listed(api, call, 'check', { tenant, entity: entityId }, (row) => shownCheck(api, call, row.value))
  },
  'checks.post': (call) => createCheck(api, call),
  'checks.get': async (call) => {
    const { tenant, params: { entityId = '', checkId = '' } } = call
    return value(shownCheck(api, call, (await demand(api.configuration, 'check', { tenant, entity: entityId }, checkId, 'Check')).value))
  },
  'checks.put': (call) => updateCheck(api, call),
  'checks.delete': (call) => deleteCheck(api, call),
})

/** The entity in an address of something underneath it, or 404. */
export async function demandEntity({ configuration }: Api, tenant: string, id: string): Promise<Stored<'entity'>> {
  const found = await configuration.get('entity', { tenant, entity: id }, id)
  if (found === undefined) throw parentNotFound('Entity', id)
  return found
}

/** A check as an answer shows it: secrets hidden, except the key that a job needs in order to report. */
export function shownCheck(api: Api, { origin, session }: Pick<Call, 'origin' | 'session'>, check: Check): ShownCheck {
  const type = api.checkTypes.find((one) => one.type === check.type)
  if (type?.category !== 'heartbeat') return showCheck(check, maskDetails(type, check.details, api.secretBox))
  const details = openDetails(type, check.details, api.secretBox)
  return showCheck(check, details, `${origin}/heartbeat/${encodeURIComponent(session.tenant)}/${check.entity_id}/${check.id}/${String(details.key)}`)
}

async function createCheck(api: Api, { tenant, params: { entityId = '' }, body, ignored }: Call): Promise<Reply> {
  const { value: entity } = await demandEntity(api, tenant, entityId)
  const draft = await draftCheck(api, tenant, entity, body, ignored)
  await api.counts.reserve(tenant, 'checks')
  const partition = { tenant, entity: entityId }
  try {
    const id = await create(api, 'check', 'check', () => partition, (id) => ({ ...draft, id }))
    await demandParentStill(api, tenant, entityId, id)
    await entityChanged(api, tenant, entityId)
    return { kind: 'created', path: `/entities/${entityId}/checks/${id}`, id }
  } catch (error) {
    await api.counts.changed(tenant, 'checks', -1)
    throw error
  }
}

/** The entity was there before the commit. If it is not any more, its deletion may have missed this check: it goes too. */
async function demandParentStill(api: Api, tenant: string, entityId: string, id: string): Promise<void> {
  const partition = { tenant, entity: entityId }
  if (await api.configuration.get('entity', partition, entityId) !== undefined) return
  const orphan = await api.configuration.get('check', partition, id)
  if (orphan !== undefined) await api.configuration.commit(partition, [change('check', id, orphan.version, null)])
  throw parentNotFound('Entity', entityId)
}

/** A check made of a body, valid and without an id: to be stored, or only tried. */
export async function draftCheck(api: Api, tenant: string, entity: Entity, body: Call['body'], ignored: string[]): Promise<Check> {
  const type = checkTypeOf(api, String(body.type))
  const now = api.clock.now()
  const raw = fromDraft<Check>('check', body, { id: '', entity_id: entity.id, created_at: now, updated_at: now })
  const given = type.category === 'heartbeat' ? withKey(api, raw.details) : raw.details
  const check = { ...raw, timeout: raw.timeout ?? usualTimeout(raw.period), details: readDetails(type, given, undefined, api.secretBox, ignored) }
  await demandValid(api, tenant, check, entity, type)
  return check
}

/** A heartbeat's key is ours to make, unless the client brings one. */
function withKey({ random }: Api, details: Readonly<Record<string, unknown>> | null): Record<string, unknown> {
  return { ...details, key: details?.key ?? newSecret(random) }
}

async function demandValid(api: Api, tenant: string, check: Check, entity: Entity, type: CheckType): Promise<void> {
  const problem = checkProblem(check, entity, { category: type.category, minPeriod: api.settings.minPeriod })
  if (problem !== undefined) throw problem
  for (const zone of check.monitoring_zones_poll ?? []) {
    const found = await api.configuration.get('monitoringZone', isPrivate(zone) ? { tenant } : common, zone)
    if (found === undefined) throw requiredNotFound('MonitoringZone', zone)
  }
}

async function updateCheck(api: Api, { tenant, params: { entityId = '', checkId = '' }, body, ignored }: Call): Promise<Reply> {
  const partition = { tenant, entity: entityId }
  await update(api, 'check', partition, checkId, 'Check', async (standing) => {
    const { value: entity } = await demandEntity(api, tenant, entityId)
    return changedCheck(api, tenant, entity, standing, body, ignored)
  })
  await entityChanged(api, tenant, entityId)
  return { kind: 'updated', path: `/entities/${entityId}/checks/${checkId}`, id: checkId }
}

async function changedCheck(api: Api, tenant: string, entity: Entity, standing: Check, body: Call['body'], ignored: string[]): Promise<Check> {
  const type = checkTypeOf(api, standing.type)
  const next = withChange('check', standing, { ...body, ...replacedTarget(body) }, { updated_at: api.clock.now() })
  const given = type.category === 'heartbeat' ? { ...next.details, key: next.details?.key ?? openDetails(type, standing.details, api.secretBox).key } : next.details
  const details = body.details === undefined ? standing.details : readDetails(type, given, standing.details, api.secretBox, ignored)
  const check = { ...next, details, timeout: next.timeout ?? usualTimeout(next.period) }
  await demandValid(api, tenant, check, entity, type)
  return check
}

/** Naming one kind of target takes the place of the other. */
function replacedTarget({ target_alias: alias, target_hostname: hostname }: Call['body']): Call['body'] {
  if (typeof alias === 'string' && typeof hostname === 'string') throw invalid('target_alias', 'target_alias and target_hostname exclude each other')
  if (typeof alias === 'string') return { target_hostname: null }
  return typeof hostname === 'string' ? { target_alias: null } : {}
}

/** A check takes its alarms with it, in one commit. */
async function deleteCheck(api: Api, { tenant, params: { entityId = '', checkId = '' } }: Call): Promise<Reply> {
  const partition = { tenant, entity: entityId }
  const alarms = await settle(api, async () => {
    const tree = await api.configuration.tree(tenant, entityId)
    const check = tree?.checks.find((row) => row.id === checkId)
    if (tree === undefined || check === undefined) throw notFound('Check', entityId, checkId)
    const alarms = tree.alarms.filter((row) => row.value.check_id === checkId)
    const gone = [check, ...alarms].map((row) => change(row.kind, row.id, row.version, null))
    return { outcome: await api.configuration.commit(partition, gone), result: alarms.length }
  })
  await removeOrphans(api, tenant, entityId, checkId)
  await api.counts.changed(tenant, 'checks', -1)
  await api.counts.changed(tenant, 'alarms', -alarms)
  await entityChanged(api, tenant, entityId)
  return { kind: 'deleted' }
}

async function removeOrphans({ configuration }: Api, tenant: string, entity: string, check: string): Promise<void> {
  const tree = await configuration.tree(tenant, entity)
  for (const alarm of tree?.alarms ?? []) {
    if (alarm.value.check_id === check) await configuration.commit({ tenant, entity }, [change('alarm', alarm.id, alarm.version, null)])
  }
}
