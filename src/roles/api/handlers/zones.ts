import type { MonitoringZone } from '../../../core/entities/resources.ts'
import type { Stored } from '../../../contracts/configuration.ts'
import { fromDraft, withChange } from '../../../core/wire/drafts.ts'
import { forbidden } from '../../../core/wire/errors.ts'
import { envelope, pageOf } from '../../../core/wire/page.ts'
import { isPrivate, showZone } from '../../../core/wire/shown.ts'
import type { Api, Handlers } from '../api.ts'
import { create, demand, remove, update } from '../changing.ts'
import { pageQuery } from '../paging.ts'
import { everyRow, everyTree } from '../scan.ts'
import { common } from '../sign-in.ts'
import { value, type Call, type Reply } from '../types.ts'

export const zoneHandlers = (api: Api): Handlers<'zones.list' | 'zones.post' | 'zones.get' | 'zones.put' | 'zones.delete'> => ({
  'zones.list': (call) => listZones(api, call),
  'zones.post': async ({ tenant, body }) => {
    const now = api.clock.now()
    const id = await create(api, 'monitoringZone', 'privateZone', () => ({ tenant }), (id) => fromDraft<MonitoringZone>('monitoringZone', body, { id, country_code: null, source_ips: [], created_at: now, updated_at: now }))
    return { kind: 'created', path: zonePath(id), id }
  },
  'zones.get': async ({ tenant, params: { zoneId = '' } }) => value(showZone((await demand(api.configuration, 'monitoringZone', isPrivate(zoneId) ? { tenant } : common, zoneId, 'MonitoringZone')).value)),
  'zones.put': async ({ tenant, params: { zoneId = '' }, body }) => {
    await demandPrivate(api, zoneId)
    await update(api, 'monitoringZone', { tenant }, zoneId, 'MonitoringZone', (standing) => withChange('monitoringZone', standing, body, { updated_at: api.clock.now() }))
    return { kind: 'updated', path: zonePath(zoneId), id: zoneId }
  },
  'zones.delete': async ({ tenant, params: { zoneId = '' } }) => {
    await demandPrivate(api, zoneId)
    await remove(api, 'monitoringZone', { tenant }, zoneId, 'MonitoringZone', () => demandUnused(api, tenant, zoneId))
    return { kind: 'deleted' }
  },
})

// The one resource whose Location is not where it was asked for: clients of the original know no other word for it.
const zonePath = (id: string): string => `/private_monitoring_zones/${id}`

async function listZones({ configuration }: Api, call: Call): Promise<Reply> {
  const zones: Stored<'monitoringZone'>[] = []
  for (const partition of [common, { tenant: call.tenant }]) for await (const row of everyRow(configuration, 'monitoringZone', partition)) zones.push(row)
  const asked = pageQuery(call)
  const page = pageOf(zones.toSorted((a, b) => (a.id < b.id ? -1 : 1)), (row) => row.id, asked)
  return value(envelope(page.values.map((row) => showZone(row.value)), page.next, asked, call.place))
}

async function demandPrivate({ configuration }: Api, id: string): Promise<void> {
  if (isPrivate(id)) return
  await demand(configuration, 'monitoringZone', common, id, 'MonitoringZone')
  throw forbidden('Public monitoring zones cannot be changed', id)
}

async function demandUnused({ configuration }: Api, tenant: string, id: string): Promise<void> {
  const using: string[] = []
  for await (const { checks } of everyTree(configuration, tenant)) using.push(...checks.filter((row) => row.value.monitoring_zones_poll?.includes(id) === true).map((row) => row.id))
  if (using.length > 0) throw forbidden(`Monitoring zones cannot be removed while checks are using it: ${using.slice(0, 20).join(' ')}`)
}
