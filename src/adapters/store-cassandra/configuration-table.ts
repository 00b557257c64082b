import type { Kind, Partition } from '../../contracts/configuration.ts'
import { PartitionRows, rowOf, type StoredRow, type Write } from './configuration-rows.ts'
import type { Session } from './session.ts'
import type { Parameter, Statement } from './statement.ts'

/** s for which a deleted row remembers where its versions stopped. A token's id is never used again. */
const tombstoneLife = 400 * 86_400
const tokenTombstoneLife = 86_400
/** Entities are looked up so many at a time. */
const chunk = 50

// QUORUM, as all reads here: a commit stands on a quorum when it is told, and the next reader in any region must see it.
const readRow: Statement = { cql: 'SELECT kind, id, version, value FROM configuration WHERE tenant = ? AND entity = ? AND kind = ? AND id = ?', consistency: 'QUORUM', idempotent: true, about: 'reading configuration' }
// QUORUM: as above. One partition is read as of one moment: a commit reaches each replica whole.
const readPartition: Statement = { cql: 'SELECT kind, id, version, value FROM configuration WHERE tenant = ? AND entity = ?', consistency: 'QUORUM', idempotent: true, about: 'reading an entity' }
// QUORUM: as above.
const readKind: Statement = { cql: 'SELECT kind, id, version, value FROM configuration WHERE tenant = ? AND entity = ? AND kind = ? AND id >= ?', consistency: 'QUORUM', idempotent: true, about: 'listing configuration' }
// QUORUM: as above.
const readIds: Statement = { cql: 'SELECT kind, id, version, value FROM configuration WHERE tenant = ? AND entity = ? AND kind = ? AND id IN ?', consistency: 'QUORUM', idempotent: true, about: 'reading configuration' }
// QUORUM: as above.
const readEntities: Statement = { cql: "SELECT kind, id, version, value FROM configuration WHERE tenant = ? AND entity IN ? AND kind = 'entity'", consistency: 'QUORUM', idempotent: true, about: 'reading entities' }

const update = 'UPDATE configuration USING TTL ? SET version = ?, value = ? WHERE tenant = ? AND entity = ? AND kind = ? AND id = ? IF version = ?'

/** Tokens are made and revoked all the time: they lie apart from all else, by the first character of their ids. */
const tokenShards = Array.from({ length: 0x7f - 0x21 }, (_, i) => String.fromCharCode(0x21 + i))

/** Which partition of its tenant a row lies in. */
export function placeOf(kind: Kind, { entity }: Partition, id: string): string {
  return kind === 'token' ? tokenPlace(id) : entity ?? ''
}

function tokenPlace(id: string): string {
  return `token ${id.slice(0, 1)}`
}

/** The table of all configuration. Rows are read and written as they are; what they mean is not known here. */
export class ConfigurationTable {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  async row(kind: Kind, partition: Partition, id: string): Promise<StoredRow | undefined> {
    const [row] = await this.#session.execute(readRow, [partition.tenant, placeOf(kind, partition, id), kind, id])
    return row === undefined ? undefined : rowOf(row)
  }

  async partition(partition: Partition): Promise<PartitionRows> {
    const rows = await this.#session.execute(readPartition, [partition.tenant, partition.entity ?? ''])
    return new PartitionRows(partition, rows.map(rowOf))
  }

  /** The rows that these writes are about, deleted ones too. */
  async rowsFor(partition: Partition, writes: readonly Write[]): Promise<PartitionRows> {
    const rows = await Promise.all(writes.map(({ kind, id }) => this.row(kind, partition, id)))
    return new PartitionRows(partition, rows.flatMap((row) => row ?? []))
  }

  /** Rows of one kind in byte order of ids from `marker` on, deleted ones too. */
  async *kind(kind: Kind, { tenant, entity = '' }: Partition, marker: string, pageSize: number): AsyncGenerator<StoredRow> {
    const places = kind === 'token' ? tokenShards.filter((shard) => shard >= marker.slice(0, 1)).map(tokenPlace) : [entity]
    for (const place of places) for await (const row of this.#session.page(readKind, [tenant, place, kind, marker], pageSize)) yield rowOf(row)
  }

  /** Those of these rows that are there, in byte order of ids; `ids` has that order. */
  async *ids(kind: Kind, partition: Partition, ids: readonly string[]): AsyncGenerator<StoredRow> {
    for (const [place, inside] of Map.groupBy(ids, (id) => placeOf(kind, partition, id))) {
      for (let at = 0; at < inside.length; at += chunk) {
        for (const row of await this.#session.execute(readIds, [partition.tenant, place, kind, inside.slice(at, at + chunk)])) yield rowOf(row)
      }
    }
  }

  /** The entity rows of these entities that ever were, by id. */
  async entities(tenant: string, ids: readonly string[]): Promise<ReadonlyMap<string, StoredRow>> {
    const rows = await this.#session.execute(readEntities, [tenant, ids])
    return new Map(rows.map(rowOf).map((row) => [row.id, row]))
  }

  /** All of these writes or none: false when a row is not in the version that `before` has any more. */
  async compareAndSet(partition: Partition, before: PartitionRows, writes: readonly Write[]): Promise<boolean> {
    const parameters = writes.flatMap(({ kind, id, value }): Parameter[] => {
      const version = before.version({ kind, id })
      const life = value !== null ? 0 : kind === 'token' ? tokenTombstoneLife : tombstoneLife
      return [life, (version ?? 0) + 1, value, partition.tenant, placeOf(kind, partition, id), kind, id, version]
    })
    return (await this.#session.compareAndSet(updateAll(writes.length), parameters)).applied
  }
}

// QUORUM and SERIAL over all regions: a change is told only when no loss of one region can undo it.
function updateAll(count: number): Statement {
  const cql = count === 1 ? update : `BEGIN BATCH ${`${update}; `.repeat(count)}APPLY BATCH`
  return { cql, consistency: 'QUORUM', serialConsistency: 'SERIAL', idempotent: false, about: 'changing configuration' }
}
