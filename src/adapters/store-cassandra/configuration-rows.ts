import type { ConfigurationChange, EntityTree, Kind, Kinds, Partition, Stored } from '../../contracts/configuration.ts'
import type { Row } from './statement.ts'

/** A row of the table; without a value it is deleted, and only remembers where its versions stopped. */
export interface StoredRow { readonly kind: string; readonly id: string; readonly version: number; readonly value: string | null }

/** A change as it is written: its value is a text already, so that nobody can change it any more. */
export interface Write { readonly kind: Kind; readonly id: string; readonly expected: number; readonly value: string | null }

export function rowOf(row: Row): StoredRow {
  return { kind: String(row.get('kind')), id: String(row.get('id')), version: Number(row.get('version')), value: row.get('value') as string | null }
}

export function writeOf({ kind, id, expected, value }: ConfigurationChange): Write {
  return { kind, id, expected, value: value === null ? null : JSON.stringify(value) }
}

export function storedOf<K extends Kind>(kind: K, partition: Partition, { id, version, value }: StoredRow): Stored<K> | undefined {
  // Our own commit wrote this value as one of this kind.
  return value === null ? undefined : { kind, partition, id, version, value: JSON.parse(value) as Kinds[K] }
}

/** Entities, checks and alarms lie with their entity, everything else with its tenant; a commit names a row once, and a token alone. */
export function demandPlaces({ entity }: Partition, changes: readonly ConfigurationChange[]): void {
  const named = new Set<string>()
  for (const { kind, id } of changes) {
    const inEntity = kind === 'entity' || kind === 'check' || kind === 'alarm'
    if (inEntity !== (entity !== undefined) || (kind === 'entity' && id !== entity)) throw new RangeError(`${kind} ${id} does not belong to this partition`)
    if (kind === 'token' && changes.length > 1) throw new RangeError('A token is changed alone')
    if (named.size === named.add(`${kind}/${id}`).size) throw new RangeError(`${kind} ${id} is changed twice at once`)
  }
}

/** An entity lies in its own partition, whoever asks. */
export function homeOf(kind: Kind, { tenant, entity }: Partition, id: string): Partition {
  return kind === 'entity' ? { tenant, entity: id } : entity === undefined ? { tenant } : { tenant, entity }
}

/** The rows of one entity's partition, deleted ones too, as they stood at one moment. */
export class PartitionRows {
  readonly #rows: ReadonlyMap<string, StoredRow>
  readonly #partition: Partition

  constructor(partition: Partition, rows: readonly StoredRow[]) {
    this.#partition = partition
    this.#rows = new Map(rows.map((row) => [`${row.kind}/${row.id}`, row]))
  }

  row(kind: Kind, id: string): StoredRow | undefined {
    return this.#rows.get(`${kind}/${id}`)
  }

  /** Whether what a write expects still stands. */
  stands({ kind, id, expected }: Write): boolean {
    const row = this.row(kind, id)
    return expected === (row === undefined || row.value === null ? 0 : row.version)
  }

  /** The version of a row, also of a deleted one; null of what never was. */
  version({ kind, id }: Pick<Write, 'kind' | 'id'>): number | null {
    return this.row(kind, id)?.version ?? null
  }

  all<K extends Kind>(kind: K): readonly Stored<K>[] {
    return [...this.#rows.values()].flatMap((row) => (row.kind === kind ? storedOf(kind, this.#partition, row) ?? [] : []))
  }

  tree(): EntityTree | undefined {
    const [entity] = this.all('entity')
    return entity === undefined ? undefined : { entity, checks: this.all('check'), alarms: this.all('alarm') }
  }

  /** As it will stand when these writes are applied. */
  with(writes: readonly Write[]): PartitionRows {
    const changed = writes.map(({ kind, id, value }): StoredRow => ({ kind, id, value, version: (this.version({ kind, id }) ?? 0) + 1 }))
    return new PartitionRows(this.#partition, [...this.#rows.values(), ...changed])
  }
}
