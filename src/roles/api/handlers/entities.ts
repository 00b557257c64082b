import type { EntityTree } from '../../../contracts/configuration.ts'
import type { Entity } from '../../../core/entities/resources.ts'
import { fromDraft, withChange } from '../../../core/wire/drafts.ts'
import { notFound } from '../../../core/wire/errors.ts'
import { showEntity } from '../../../core/wire/shown.ts'
import type { Api, Handlers } from '../api.ts'
import { change, create, demand, settle, update } from '../changing.ts'
import { listed } from '../paging.ts'
import { everyRow } from '../scan.ts'
import { value, type Call, type Reply } from '../types.ts'

export const entityHandlers = (api: Api): Handlers<'entities.list' | 'entities.post' | 'entities.get' | 'entities.put' | 'entities.delete'> => ({
  'entities.list': (call) => listed(api, call, 'entity', { tenant: call.tenant }, (row) => showEntity(row.value)),
  'entities.post': (call) => createEntity(api, call),
  'entities.get': async ({ tenant, params: { entityId = '' } }) => value(showEntity((await demand(api.configuration, 'entity', { tenant, entity: entityId }, entityId, 'Entity')).value)),
  'entities.put': (call) => updateEntity(api, call),
  'entities.delete': (call) => deleteEntity(api, call),
})

async function createEntity(api: Api, { tenant, body }: Call): Promise<Reply> {
  const now = api.clock.now()
  const id = await create(api, 'entity', 'entity', (entity) => ({ tenant, entity }), (id) => fromDraft<Entity>('entity', body, { id, created_at: now, updated_at: now }))
  await entityChanged(api, tenant, id)
  return { kind: 'created', path: `/entities/${id}`, id }
}

async function updateEntity(api: Api, { tenant, params: { entityId: id = '' }, body }: Call): Promise<Reply> {
  await update(api, 'entity', { tenant, entity: id }, id, 'Entity', (standing) => withChange('entity', standing, body, { updated_at: api.clock.now() }))
  await entityChanged(api, tenant, id)
  return { kind: 'updated', path: `/entities/${id}`, id }
}

/** All of it goes in one commit. What was created underneath meanwhile is found by looking again afterwards. */
async function deleteEntity(api: Api, { tenant, params: { entityId: id = '' } }: Call): Promise<Reply> {
  const partition = { tenant, entity: id }
  const tree = await settle(api, async () => {
    const tree = await api.configuration.tree(tenant, id)
    if (tree === undefined) throw notFound('Entity', id)
    const gone = [tree.entity, ...tree.checks, ...tree.alarms].map((row) => change(row.kind, row.id, row.version, null))
    return { outcome: await api.configuration.commit(partition, gone), result: tree }
  })
  await removeOrphans(api, tenant, id)
  await countGone(api, tenant, tree)
  await entityChanged(api, tenant, id)
  return { kind: 'deleted' }
}

async function removeOrphans({ configuration }: Api, tenant: string, entity: string): Promise<void> {
  const partition = { tenant, entity }
  for (const kind of ['alarm', 'check'] as const) {
    for await (const row of everyRow(configuration, kind, partition)) await configuration.commit(partition, [change(kind, row.id, row.version, null)])
  }
}

async function countGone({ counts }: Api, tenant: string, { checks, alarms }: Pick<EntityTree, 'checks' | 'alarms'>): Promise<void> {
  await counts.changed(tenant, 'checks', -checks.length)
  await counts.changed(tenant, 'alarms', -alarms.length)
}

/**
 * What has to follow every commit to an entity's partition, before the answer. When it fails the change stands all the
 * same, and the sweeper does it again: an error would only make the client create its object twice.
 */
export async function entityChanged(api: Api, tenant: string, entity: string): Promise<void> {
  try {
    await api.configured(tenant, entity)
  } catch (error) {
    api.log.error({ err: error, tenant, entity }, 'alarm rows were not brought in line; the sweeper tries again')
  }
  api.feed.publish({ kind: 'configuration', tenant, entity })
}
