import type {
  ConfigurationChange, ConfigurationRepository, EntityTree, Kind, ListOptions, Page, Partition, ScheduleDelta, Stored,
} from '../../../contracts/configuration.ts'
import type { Check } from '../../../core/entities/resources.ts'
import type { Clock } from '../../../contracts/clock.ts'
import { Ticks } from '../ticks.ts'
import type { Record } from './history.ts'
import { keep } from './keep.ts'
import type { Line } from './line.ts'

type Row = Stored | { readonly kind: Kind; readonly partition: Partition; readonly id: string; readonly value: null; readonly version: number }
const inEntity: readonly Kind[] = ['entity', 'check', 'alarm']

/** All rows, deleted ones too: they remember the version. Every commit has a revision, which the schedule goes by. */
export class ConfigurationTable {
  readonly #rows = new Map<string, Row>()
  /** check → when it, or its entity, was last changed, and the zones that may run it because they once should */
  readonly #schedule = new Map<string, { row: Row; revision: number; readonly zones: Set<string> }>()
  readonly #record: Record
  #revision = 0

  constructor(record: Record) {
    this.#record = record
  }

  get<K extends Kind>(kind: K, partition: Partition, id: string): Stored<K> | undefined {
    const row = this.#rows.get(name(kind, partition, id))
    // The name of a row holds its kind.
    return row === undefined || row.value === null ? undefined : row as unknown as Stored<K>
  }

  list<K extends Kind>(kind: K, partition: Partition, options: ListOptions): Page<Stored<K>> {
    const wanted = this.#live(kind).filter((row) => row.partition.tenant === partition.tenant
      && (kind === 'entity' || row.partition.entity === partition.entity)
      && (options.marker === undefined || row.id >= options.marker)
      && (options.ids === undefined || options.ids.includes(row.id)))
    return { values: wanted.slice(0, options.limit), next: wanted[options.limit]?.id ?? null }
  }

  tree(tenant: string, id: string): EntityTree | undefined {
    const entity = this.get('entity', { tenant, entity: id }, id)
    if (entity === undefined) return undefined
    const within = { tenant, entity: id }
    const all = { limit: Number.MAX_SAFE_INTEGER }
    return { entity, checks: this.list('check', within, all).values, alarms: this.list('alarm', within, all).values }
  }

  commit(partition: Partition, changes: readonly ConfigurationChange[]): 'applied' | 'conflict' {
    for (const change of changes) demandPlace(partition, change)
    if (!changes.every((change) => (this.get(change.kind, partition, change.id)?.version ?? 0) === change.expected)) return 'conflict'
    this.#revision += 1
    this.#record({ kind: 'configuration', partition, changes })
    for (const change of changes) this.#write(partition, change)
    return 'applied'
  }

  schedule(zone: string, cursor: string): ScheduleDelta {
    const since = /^\d+$/.test(cursor) && Number(cursor) <= this.#revision ? Number(cursor) : undefined
    const delta = { cursor: String(this.#revision), full: since === undefined, upserts: [] as ScheduleDelta['upserts'][number][], removes: [] as string[] }
    for (const { row, revision, zones } of this.#schedule.values()) {
      if (revision <= (since ?? 0) || !zones.has(zone)) continue
      const scheduled = this.#scheduled(row, zone)
      if (scheduled !== undefined) delta.upserts.push(scheduled)
      else if (since !== undefined) delta.removes.push(row.id)
    }
    return delta
  }

  #live<K extends Kind>(kind: K): Stored<K>[] {
    // Filtered by kind and by being there, which is what the type says.
    const rows = [...this.#rows.values()].filter((row) => row.kind === kind && row.value !== null) as unknown as Stored<K>[]
    return rows.sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  #write(partition: Partition, change: ConfigurationChange): void {
    const key = name(change.kind, partition, change.id)
    const version = (this.#rows.get(key)?.version ?? 0) + 1
    // Kind and value come from one change, so they fit each other.
    const row = { kind: change.kind, partition, id: change.id, value: change.value, version } as Row
    this.#rows.set(key, keep(row))
    if (change.kind === 'check') this.#touch(key, keep(row))
    if (change.kind === 'entity') {
      for (const [at, seen] of this.#schedule) if (seen.row.partition.tenant === partition.tenant && seen.row.partition.entity === change.id) this.#touch(at, seen.row)
    }
  }

  #touch(key: string, row: Row): void {
    const zones = this.#schedule.get(key)?.zones ?? new Set<string>()
    const check = this.get('check', row.partition, row.id)
    for (const zone of check === undefined ? [] : zonesOf(check.value)) zones.add(zone)
    this.#schedule.set(key, { row, revision: this.#revision, zones })
  }

  #scheduled({ partition, id }: Row, zone: string): ScheduleDelta['upserts'][number] | undefined {
    const check = this.get('check', partition, id)
    const entity = this.get('entity', partition, partition.entity ?? '')
    if (check === undefined || entity === undefined || check.value.disabled || !zonesOf(check.value).includes(zone)) return undefined
    return { tenant: partition.tenant, entity: entity.value, check: check.value, version: check.version + entity.version }
  }
}

/** Zone '' stands for the checks that name none. */
export const zonesOf = (check: Check): readonly string[] => check.monitoring_zones_poll ?? ['']

const name = (kind: Kind, partition: Partition, id: string) => JSON.stringify([kind, partition.tenant, kind === 'entity' ? id : partition.entity ?? null, id])

export function demandPlace(partition: Partition, change: ConfigurationChange): void {
  const fits = partition.entity === undefined ? !inEntity.includes(change.kind) : change.kind === 'entity' ? change.id === partition.entity : inEntity.includes(change.kind)
  if (!fits) throw new RangeError(`${change.kind} ${change.id} does not belong to this partition`)
}

export function simulatedConfiguration(table: ConfigurationTable, line: Line, clock: Clock): ConfigurationRepository {
  const ticks = new Ticks(clock)
  return {
    get: (kind, partition, id) => line.read('configuration.get', () => table.get(kind, partition, id)),
    list: (kind, partition, options) => line.read('configuration.list', () => table.list(kind, partition, options)),
    entities: async function* (tenant) {
      const page = await line.read('configuration.entities', () => table.list('entity', { tenant }, { limit: Number.MAX_SAFE_INTEGER }))
      for (const { id } of page.values) yield id
    },
    tree: (tenant, entity) => line.read('configuration.tree', () => table.tree(tenant, entity)),
    commit: (partition, changes) => {
      const kept = keep({ partition, changes })
      return line.write('configuration.commit', () => {
        const outcome = table.commit(kept.partition, kept.changes)
        if (outcome === 'applied') ticks.tell(kept.partition)
        return outcome
      })
    },
    schedule: (zone, cursor) => line.read('configuration.schedule', () => table.schedule(zone, cursor)),
    changes: (signal) => ticks.follow(signal),
    [Symbol.asyncDispose]: async () => {},
  }
}
