import type { Notification } from '../../../core/entities/resources.ts'
import { fromDraft, withChange } from '../../../core/wire/drafts.ts'
import { forbidden } from '../../../core/wire/errors.ts'
import { showNotification } from '../../../core/wire/shown.ts'
import { channelOf, type Api, type Handlers } from '../api.ts'
import { create, demand, remove, update } from '../changing.ts'
import { maskDetails, readDetails } from '../details.ts'
import { listed } from '../paging.ts'
import { everyRow } from '../scan.ts'
import { value, type Call, type Reply } from '../types.ts'
import { namedIn } from './plans.ts'

export const notificationHandlers = (api: Api): Handlers<'notifications.list' | 'notifications.post' | 'notifications.get' | 'notifications.put' | 'notifications.delete'> => ({
  'notifications.list': (call) => listed(api, call, 'notification', { tenant: call.tenant }, (row) => shown(api, row.value)),
  'notifications.post': (call) => createNotification(api, call),
  'notifications.get': async ({ tenant, params: { notificationId = '' } }) => value(shown(api, (await demand(api.configuration, 'notification', { tenant }, notificationId, 'Notification')).value)),
  'notifications.put': (call) => updateNotification(api, call),
  'notifications.delete': async ({ tenant, params: { notificationId = '' } }) => {
    await remove(api, 'notification', { tenant }, notificationId, 'Notification', () => demandUnused(api, tenant, notificationId))
    return changed(api, tenant, { kind: 'deleted' })
  },
})

function shown({ channels, secretBox }: Api, notification: Notification): Notification {
  return showNotification(notification, maskDetails(channels.find((one) => one.type === notification.type), notification.details, secretBox))
}

async function createNotification(api: Api, { tenant, body, ignored }: Call): Promise<Reply> {
  const now = api.clock.now()
  const draft = fromDraft<Notification>('notification', body, { id: '', created_at: now, updated_at: now })
  const details = readDetails(channelOf(api, draft.type), draft.details, undefined, api.secretBox, ignored)
  const id = await create(api, 'notification', 'notification', () => ({ tenant }), (id) => ({ ...draft, id, details }))
  return changed(api, tenant, { kind: 'created', path: `/notifications/${id}`, id })
}

async function updateNotification(api: Api, { tenant, params: { notificationId: id = '' }, body, ignored }: Call): Promise<Reply> {
  await update(api, 'notification', { tenant }, id, 'Notification', (standing) => {
    const next = withChange('notification', standing, body, { updated_at: api.clock.now() })
    const details = body.details === undefined ? standing.details : readDetails(channelOf(api, standing.type), next.details, standing.details, api.secretBox, ignored)
    return { ...next, details }
  })
  return changed(api, tenant, { kind: 'updated', path: `/notifications/${id}`, id })
}

/** A plan that named a notification which is gone would page nobody, and nobody would know. */
async function demandUnused({ configuration }: Api, tenant: string, id: string): Promise<void> {
  const plans: string[] = []
  for await (const plan of everyRow(configuration, 'notificationPlan', { tenant })) if (namedIn(plan.value).includes(id)) plans.push(plan.id)
  if (plans.length > 0) throw forbidden(`Notifications cannot be removed while notification plans are using it: ${plans.join(' ')}`)
}

function changed({ feed }: Api, tenant: string, reply: Reply): Reply {
  feed.publish({ kind: 'configuration', tenant, entity: null })
  return reply
}
