import type { ConfigurationChange, ConfigurationRepository, EntityTree, Kind, ListOptions, Page, Partition, ScheduleDelta, ScheduledCheck, Stored } from '../../../contracts/configuration.ts'
import type { NodeClock } from '../clock.ts'
import { demandPlace, zonesOf } from '../store/configuration.ts'
import { keep } from '../store/keep.ts'
import { Ticks } from '../ticks.ts'
import type { Cells, Rows, Values } from './cells.ts'
import type { Client } from './client.ts'
import { nameOf, partsOf } from './names.ts'

/**
 * One partition an entity with its checks and alarms, and one a tenant for the rest; a row a thing, its cells `version`
 * and `value` (null when deleted), written by compare-and-set. Lists of a tenant's entities and of a zone's checks are
 * written before what they name; nothing leaves them.
 */
export const partitionName = ({ tenant, entity }: Partition) => nameOf('configuration', tenant, entity ?? '')
export const partitionOf = (name: string): Partition => {
  const [, tenant = '', entity = ''] = partsOf(name)
  return entity === '' ? { tenant } : { tenant, entity }
}
const entitiesOf = (tenant: string) => nameOf('entities', tenant)
const scheduleOf = (zone: string) => nameOf('schedule', zone)
const rowName = (kind: Kind, id: string) => nameOf(kind, id)
const everything = { limit: Number.MAX_SAFE_INTEGER }
/** a commit that somebody else's deletion or re-creation came before is tried so often */
const attempts = 4

export function replicatedConfiguration(client: Client, clock: NodeClock): ConfigurationRepository {
  const ticks = new Ticks(clock)
  const rowsOf = async (partition: Partition) => client.read(partitionName(partition))
  const entities = async (tenant: string) => [...(await client.read(entitiesOf(tenant))).keys()]
  const tree = async (tenant: string, entity: string) => treeIn({ tenant, entity }, await rowsOf({ tenant, entity }))
  const listEntities = async (tenant: string, options: ListOptions) => {
    const found = await Promise.all((await entities(tenant)).map((id) => tree(tenant, id)))
    return pageOf(found.flatMap((one) => one?.entity ?? []), options)
  }
  const list = async <K extends Kind>(kind: K, partition: Partition, options: ListOptions): Promise<Page<Stored<K>>> => {
    // Entities are listed when the kind says so, which the type does not follow.
    if (kind === 'entity') return await listEntities(partition.tenant, options) as unknown as Page<Stored<K>>
    return pageOf(listIn(kind, partition, await rowsOf(partition)), options)
  }
  const prepare = async (partition: Partition, changes: readonly ConfigurationChange[]) => {
    if (partition.entity !== undefined) await client.write(entitiesOf(partition.tenant), { [partition.entity]: { is: true } })
    const named = changes.flatMap((change) => (change.kind === 'check' && change.value !== null ? zonesOf(change.value).map((zone) => [zone, change.id] as const) : []))
    await Promise.all(named.map(([zone, id]) => client.write(scheduleOf(zone), { [nameOf(partition.tenant, partition.entity ?? '', id)]: { is: true } })))
  }
  return {
    get: async (kind, partition, id) => storedIn(kind, partition, id, await rowsOf(kind === 'entity' ? { tenant: partition.tenant, entity: id } : partition)),
    list,
    entities: async function* (tenant) { for (const { id } of (await listEntities(tenant, everything)).values) yield id },
    tree,
    commit: async (partition, changes) => {
      for (const change of changes) demandPlace(partition, change)
      const kept = keep(changes)
      await prepare(partition, kept)
      const outcome = await commit(client, partition, kept, await rowsOf(partition))
      if (outcome === 'applied') ticks.tell(partition)
      return outcome
    },
    schedule: async (zone, cursor) => {
      const names = [...(await client.read(scheduleOf(zone))).keys()].map(partsOf)
      const within = [...new Map(names.map(([tenant = '', entity = '']) => [nameOf(tenant, entity), { tenant, entity }])).values()]
      const trees = await Promise.all(within.map(async ({ tenant, entity }) => scheduledIn(tenant, await tree(tenant, entity), zone)))
      return deltaOf(trees.flat(), cursor)
    },
    changes: (signal) => ticks.follow(signal),
    [Symbol.asyncDispose]: async () => {},
  }
}

/** The versions that really stand, also those of deleted rows, are the condition: who was faster makes us look again. */
async function commit(client: Client, partition: Partition, changes: readonly ConfigurationChange[], read: Rows): Promise<'applied' | 'conflict'> {
  let rows = read
  for (let attempt = 0; attempt < attempts; attempt++) {
    const standing = rows
    const expected = ({ kind, id, expected: version }: ConfigurationChange) => (isThere(standing.get(rowName(kind, id))) ? versionOf(standing, kind, id) : 0) === version
    if (!changes.every(expected)) return 'conflict'
    const values: Values = Object.fromEntries(changes.map(({ kind, id, value }) => [rowName(kind, id), { version: versionOf(standing, kind, id) + 1, value }]))
    const answer = await client.compareAndSet(partitionName(partition), (now) => changes.every(({ kind, id }) => versionOf(now, kind, id) === versionOf(standing, kind, id)), values)
    if (answer.applied) return 'applied'
    rows = answer.rows
  }
  return 'conflict'
}

const isThere = (cells: Cells | undefined) => (cells?.value?.value ?? null) !== null
/** What was written as a version is a number. */
const versionOf = (rows: Rows, kind: Kind, id: string) => (rows.get(rowName(kind, id))?.version?.value ?? 0) as number

function storedIn<K extends Kind>(kind: K, partition: Partition, id: string, rows: Rows): Stored<K> | undefined {
  const value = rows.get(rowName(kind, id))?.value?.value ?? null
  // The row's name holds its kind.
  return value === null ? undefined : { kind, partition, id, value: value as Stored<K>['value'], version: versionOf(rows, kind, id) }
}

function listIn<K extends Kind>(kind: K, partition: Partition, rows: Rows): Stored<K>[] {
  return [...rows.keys()].map(partsOf).flatMap(([of, id = '']) => (of === kind ? storedIn(kind, partition, id, rows) ?? [] : []))
}

function treeIn(partition: Required<Partition>, rows: Rows): EntityTree | undefined {
  const entity = storedIn('entity', partition, partition.entity, rows)
  return entity && { entity, checks: listIn('check', partition, rows), alarms: listIn('alarm', partition, rows) }
}

function pageOf<T extends { readonly id: string }>(all: readonly T[], { limit, marker, ids }: ListOptions): Page<T> {
  const wanted = all.filter(({ id }) => (marker === undefined || id >= marker) && (ids === undefined || ids.includes(id)))
  return { values: wanted.slice(0, limit), next: wanted[limit]?.id ?? null }
}

function scheduledIn(tenant: string, tree: EntityTree | undefined, zone: string): readonly ScheduledCheck[] {
  if (tree === undefined) return []
  const { entity } = tree
  return tree.checks.filter(({ value }) => !value.disabled && zonesOf(value).includes(zone)).map((check) => ({ tenant, entity: entity.value, check: check.value, version: check.version + entity.version }))
}

/** The cursor is what its owner knows: versions by check. */
function deltaOf(all: readonly ScheduledCheck[], cursor: string): ScheduleDelta {
  const known = parsed(cursor)
  const next = JSON.stringify(Object.fromEntries(all.map(({ check, version }) => [check.id, version])))
  if (known === undefined) return { cursor: next, full: true, upserts: all, removes: [] }
  const ids = new Set(all.map(({ check }) => check.id))
  return { cursor: next, full: false, upserts: all.filter(({ check, version }) => known[check.id] !== version), removes: Object.keys(known).filter((id) => !ids.has(id)) }
}

function parsed(cursor: string): Readonly<Record<string, number>> | undefined {
  try {
    // Cursors are made above; what nobody made does not parse.
    return JSON.parse(cursor) as Record<string, number>
  } catch {
    return undefined
  }
}
