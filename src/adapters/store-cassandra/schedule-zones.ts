import type { EntityTree, ScheduledCheck, Stored } from '../../contracts/configuration.ts'
import { hash } from '../../core/schedule/hash.ts'
import type { PartitionRows, Write } from './configuration-rows.ts'

/** A zone's hints lie in so many partitions. */
export const shards = 64
/** Stands in tables for zone '': the checks that name no zone. A partition's key may not be empty. */
const noZone = '-'

/** One check's place in a zone, as the table of hints has it; `born`: the version of the check that brought it there. */
export interface Hint { readonly zone: string; readonly tenant: string; readonly entity: string; readonly check: string; readonly born: number }

/** What a commit means for zones. */
export interface ZoneNews {
  /** the checks that change, by zone: those in it before, and those in it after */
  readonly touched: ReadonlyMap<string, readonly string[]>
  readonly joins: readonly Hint[]
  /** places that end with the commit; `born` is the version from which on they have ended */
  readonly leaves: readonly Hint[]
}

export function zoneKey(zone: string): string {
  return zone === '' ? noZone : zone
}

export function shardOf(tenant: string, entity: string): number {
  return hash(`${tenant}/${entity}`) % shards
}

/** The zones that a check names, disabled or not; '' stands for none. */
export function zonesOf({ value }: Pick<Stored<'check'>, 'value'>): readonly string[] {
  const zones = value.monitoring_zones_poll ?? []
  return zones.length === 0 ? [''] : [...new Set(zones)]
}

/** What a zone's pollers run of one entity. */
export function scheduledIn(zone: string, tenant: string, tree: EntityTree | undefined): readonly ScheduledCheck[] {
  if (tree === undefined) return []
  const { entity, checks } = tree
  return checks.filter((check) => !check.value.disabled && zonesOf(check).includes(zone))
    .map((check) => ({ tenant, entity: entity.value, check: check.value, version: check.version + entity.version }))
}

/** What these writes change for zones: of a changed entity all checks, else those that are written. */
export function newsOf(tenant: string, entity: string, before: PartitionRows, writes: readonly Write[]): ZoneNews {
  const after = before.with(writes)
  const all = writes.some(({ kind }) => kind === 'entity')
  const ids = new Set(writes.flatMap(({ kind, id }) => (kind === 'check' ? [id] : [])))
  if (all) for (const rows of [before, after]) for (const { id } of rows.all('check')) ids.add(id)
  const touched = new Map<string, string[]>()
  const [joins, leaves]: [Hint[], Hint[]] = [[], []]
  const [old, young] = [zonesByCheck(before), zonesByCheck(after)]
  for (const check of ids) {
    const [was, is] = [old.get(check) ?? [], young.get(check) ?? []]
    const born = after.version({ kind: 'check', id: check }) ?? 0
    for (const zone of new Set([...was, ...is])) touched.set(zone, [...(touched.get(zone) ?? []), check])
    for (const zone of is) if (!was.includes(zone)) joins.push({ zone, tenant, entity, check, born })
    for (const zone of was) if (!is.includes(zone)) leaves.push({ zone, tenant, entity, check, born })
  }
  return { touched, joins, leaves }
}

function zonesByCheck(rows: PartitionRows): ReadonlyMap<string, readonly string[]> {
  return new Map(rows.all('check').map((check) => [check.id, zonesOf(check)]))
}
