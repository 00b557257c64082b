import type { NotificationPlan } from '../../../core/entities/resources.ts'
import { fromDraft, withChange } from '../../../core/wire/drafts.ts'
import { forbidden, requiredNotFound, wrongPrefix } from '../../../core/wire/errors.ts'
import { showPlan } from '../../../core/wire/shown.ts'
import type { Api, Handlers } from '../api.ts'
import { create, demand, remove, update } from '../changing.ts'
import { listed } from '../paging.ts'
import { everyTree } from '../scan.ts'
import { value, type Call, type Reply } from '../types.ts'

export const planHandlers = (api: Api): Handlers<'plans.list' | 'plans.post' | 'plans.get' | 'plans.put' | 'plans.delete'> => ({
  'plans.list': (call) => listed(api, call, 'notificationPlan', { tenant: call.tenant }, (row) => showPlan(row.value)),
  'plans.post': (call) => createPlan(api, call),
  'plans.get': async ({ tenant, params: { planId = '' } }) => value(showPlan((await demand(api.configuration, 'notificationPlan', { tenant }, planId, 'NotificationPlan')).value)),
  'plans.put': (call) => updatePlan(api, call),
  'plans.delete': (call) => deletePlan(api, call),
})

/** Every notification that a plan names, in any of its lists. */
export function namedIn({ critical_state, warning_state, ok_state, unknown_state }: NotificationPlan): readonly string[] {
  return [...new Set([critical_state, warning_state, ok_state, unknown_state].flatMap((list) => list ?? []))]
}

async function createPlan(api: Api, { tenant, body }: Call): Promise<Reply> {
  const now = api.clock.now()
  const draft = fromDraft<NotificationPlan>('notificationPlan', body, { id: '', created_at: now, updated_at: now })
  await demandNotifications(api, tenant, namedIn(draft))
  const id = await create(api, 'notificationPlan', 'notificationPlan', () => ({ tenant }), (id) => ({ ...draft, id }))
  return changed(api, tenant, { kind: 'created', path: `/notification_plans/${id}`, id })
}

async function updatePlan(api: Api, { tenant, params: { planId: id = '' }, body }: Call): Promise<Reply> {
  await update(api, 'notificationPlan', { tenant }, id, 'NotificationPlan', async (standing) => {
    demandOwn(standing)
    const next = withChange('notificationPlan', standing, body, { updated_at: api.clock.now() })
    // What the plan named before may stay; only what is new has to exist.
    await demandNotifications(api, tenant, namedIn(next).filter((one) => !namedIn(standing).includes(one)))
    return next
  })
  return changed(api, tenant, { kind: 'updated', path: `/notification_plans/${id}`, id })
}

async function deletePlan(api: Api, { tenant, params: { planId: id = '' } }: Call): Promise<Reply> {
  await remove(api, 'notificationPlan', { tenant }, id, 'NotificationPlan', async (standing) => {
    demandOwn(standing)
    await demandUnused(api, tenant, id)
  })
  return changed(api, tenant, { kind: 'deleted' })
}

/** Built-in plans have no timestamps, and are not the account's to change. */
function demandOwn(plan: NotificationPlan): void {
  if (plan.created_at === 0) throw forbidden('Built-in notification plans cannot be changed', plan.id)
}

async function demandUnused({ configuration }: Api, tenant: string, id: string): Promise<void> {
  const using: string[] = []
  for await (const { alarms } of everyTree(configuration, tenant)) using.push(...alarms.filter((row) => row.value.notification_plan_id === id).map((row) => row.id))
  if (using.length === 0) return
  const shown = using.length > 20 ? [...using.slice(0, 20), `and ${using.length - 20} more`] : using
  throw forbidden(`Notification plans cannot be removed while alarms are using it: ${shown.join(' ')}`)
}

async function demandNotifications({ configuration }: Api, tenant: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    if (!id.startsWith('nt')) throw wrongPrefix(id, ['nt'])
    if (await configuration.get('notification', { tenant }, id) === undefined) throw requiredNotFound('Notification', id)
  }
}

function changed({ feed }: Api, tenant: string, reply: Reply): Reply {
  feed.publish({ kind: 'configuration', tenant, entity: null })
  return reply
}
