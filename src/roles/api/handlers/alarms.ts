import { compileText, type Problem } from '../../../core/alarm-language/index.ts'
import type { Alarm } from '../../../core/entities/resources.ts'
import { fromDraft, withChange } from '../../../core/wire/drafts.ts'
import { Refusal, requiredNotFound, wrongPrefix } from '../../../core/wire/errors.ts'
import { showAlarm } from '../../../core/wire/shown.ts'
import type { Api, Handlers } from '../api.ts'
import { change, create, demand, remove, update } from '../changing.ts'
import { listed } from '../paging.ts'
import { value, type Call, type Reply } from '../types.ts'
import { demandEntity } from './checks.ts'
import { entityChanged } from './entities.ts'

export const alarmHandlers = (api: Api): Handlers<'alarms.list' | 'alarms.post' | 'alarms.get' | 'alarms.put' | 'alarms.delete'> => ({
  'alarms.list': async (call) => {
    const { tenant, params: { entityId = '' } } = call
    await demandEntity(api, tenant, entityId)
    return listed(api, call, 'alarm', { tenant, entity: entityId }, (row) => showAlarm(row.value))
  },
  'alarms.post': (call) => createAlarm(api, call),
  'alarms.get': async ({ tenant, params: { entityId = '', alarmId = '' } }) => value(showAlarm((await demand(api.configuration, 'alarm', { tenant, entity: entityId }, alarmId, 'Alarm')).value)),
  'alarms.put': (call) => updateAlarm(api, call),
  'alarms.delete': (call) => deleteAlarm(api, call),
})

async function createAlarm(api: Api, { tenant, params: { entityId = '' }, body }: Call): Promise<Reply> {
  await demandEntity(api, tenant, entityId)
  const now = api.clock.now()
  const draft = fromDraft<Alarm>('alarm', body, { id: '', entity_id: entityId, created_at: now, updated_at: now })
  demandCriteria(draft.criteria)
  await demandCheck(api, tenant, entityId, draft.check_id)
  await demandPlan(api, tenant, draft.notification_plan_id)
  await api.counts.reserve(tenant, 'alarms')
  try {
    const id = await create(api, 'alarm', 'alarm', () => ({ tenant, entity: entityId }), (id) => ({ ...draft, id }))
    await demandCheckStill(api, tenant, entityId, draft.check_id, id)
    await entityChanged(api, tenant, entityId)
    return { kind: 'created', path: `/entities/${entityId}/alarms/${id}`, id }
  } catch (error) {
    await api.counts.changed(tenant, 'alarms', -1)
    throw error
  }
}

/** As with checks: a deletion at the same time either finds this alarm, or is found here. */
async function demandCheckStill(api: Api, tenant: string, entity: string, check: string, id: string): Promise<void> {
  const partition = { tenant, entity }
  if (await api.configuration.get('check', partition, check) !== undefined) return
  const orphan = await api.configuration.get('alarm', partition, id)
  if (orphan !== undefined) await api.configuration.commit(partition, [change('alarm', id, orphan.version, null)])
  throw requiredNotFound('Check', entity, check)
}

async function updateAlarm(api: Api, { tenant, params: { entityId = '', alarmId = '' }, body }: Call): Promise<Reply> {
  await update(api, 'alarm', { tenant, entity: entityId }, alarmId, 'Alarm', async (standing) => {
    const next = withChange('alarm', standing, body, { updated_at: api.clock.now() })
    if (body.criteria !== undefined) demandCriteria(next.criteria)
    if (body.notification_plan_id !== undefined) await demandPlan(api, tenant, next.notification_plan_id)
    return next
  })
  await entityChanged(api, tenant, entityId)
  return { kind: 'updated', path: `/entities/${entityId}/alarms/${alarmId}`, id: alarmId }
}

async function deleteAlarm(api: Api, { tenant, params: { entityId = '', alarmId = '' } }: Call): Promise<Reply> {
  await remove(api, 'alarm', { tenant, entity: entityId }, alarmId, 'Alarm')
  await api.counts.changed(tenant, 'alarms', -1)
  await entityChanged(api, tenant, entityId)
  return { kind: 'deleted' }
}

async function demandCheck({ configuration }: Api, tenant: string, entity: string, id: string): Promise<void> {
  if (!id.startsWith('ch')) throw wrongPrefix(id, ['ch'])
  if (await configuration.get('check', { tenant, entity }, id) === undefined) throw requiredNotFound('Check', entity, id)
}

async function demandPlan({ configuration }: Api, tenant: string, id: string): Promise<void> {
  if (!id.startsWith('np')) throw wrongPrefix(id, ['np'])
  if (await configuration.get('notificationPlan', { tenant }, id) === undefined) throw requiredNotFound('NotificationPlan', id)
}

function demandCriteria(criteria: string | null): void {
  const result = compileText(criteria)
  if (!result.ok) throw parseRefusal(criteria ?? '', result.problems)
}

/** The first problem in the reference's words, and all of them beside it. */
export function parseRefusal(input: string, problems: readonly Problem[]): Refusal {
  const [first] = problems
  return new Refusal('alarmParseError', 'Failed to parse alarm', {
    input, error_position: first?.position ?? 0, error_line: first?.line ?? 1, error_column: first?.column ?? 1, error_token: first?.token ?? '',
    message: first?.message ?? 'not valid', problems,
  })
}
