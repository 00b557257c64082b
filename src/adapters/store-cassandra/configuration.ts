import { randomUUID } from 'node:crypto'
import type { Clock } from '../../contracts/clock.ts'
import type { ConfigurationRepository, Kind, ListOptions, Page, Partition, Stored } from '../../contracts/configuration.ts'
import type { Log } from '../../contracts/log.ts'
import { Topics } from '../system/topics.ts'
import { Commits } from './configuration-commit.ts'
import { demandPlaces, homeOf, storedOf, writeOf, type StoredRow } from './configuration-rows.ts'
import { ConfigurationTable } from './configuration-table.ts'
import { Directory, type Listed } from './directory.ts'
import { ZoneTables } from './schedule-log.ts'
import type { StoreTime } from './schedule-time.ts'
import { Schedules } from './schedule.ts'
import type { Session } from './session.ts'

export interface ConfigurationOptions { readonly time: StoreTime; readonly clock: Clock; readonly log: Log }

/** Entities of a list are looked up so many at a time. */
const chunk = 50
/** Rows are read in pages of no more than this. */
const largestPage = 500

/** The configuration of all tenants: one table by compare-and-set, and tables of pointers into it by plain writes. */
export function configurationRepository(session: Session, { time, clock, log }: ConfigurationOptions): ConfigurationRepository {
  const [table, directory, zones] = [new ConfigurationTable(session), new Directory(session), new ZoneTables(session)]
  const commits = new Commits({ table, directory, zones, log })
  const schedules = new Schedules({ table, zones, time, clock, life: randomUUID() })
  const topics = new Topics<Partition>(clock)

  return {
    async get(kind, partition, id) {
      const home = homeOf(kind, partition, id)
      const row = await table.row(kind, home, id)
      return row === undefined ? undefined : storedOf(kind, home, row)
    },
    list: (kind, partition, options) => (kind === 'entity' ? listEntities(kind, table, directory, partition, options) : listRows(table, kind, partition, options)),
    async *entities(tenant) {
      for await (const listed of directory.from(tenant)) if (listed.seen || (await happened(table, directory, tenant, listed))) yield listed.id
    },
    async tree(tenant, entity) {
      return (await table.partition({ tenant, entity })).tree()
    },
    async commit(partition, changes) {
      demandPlaces(partition, changes)
      const [first, ...others] = changes.map(writeOf)
      const result = first === undefined ? 'applied' : await commits.commit(partition, [first, ...others])
      if (result === 'applied') topics.publish('', partition)
      return result
    },
    schedule: (zone, cursor) => schedules.since(zone, cursor),
    changes: (signal) => topics.subscribe('', signal),
    async [Symbol.asyncDispose]() {},
  }
}

async function listRows<K extends Kind>(table: ConfigurationTable, kind: K, partition: Partition, { limit, marker = '', ids }: ListOptions): Promise<Page<Stored<K>>> {
  const rows = ids === undefined ? table.kind(kind, partition, marker, Math.min(largestPage, limit + 1)) : table.ids(kind, partition, wanted(ids, marker))
  return pageOf(kind, partition, rows, limit)
}

async function listEntities<K extends Kind>(kind: K, table: ConfigurationTable, directory: Directory, { tenant }: Partition, { limit, marker = '', ids }: ListOptions): Promise<Page<Stored<K>>> {
  const listed = ids === undefined ? directory.from(tenant, marker) : wanted(ids, marker).map((id): Listed => ({ id, born: 0, seen: false }))
  return pageOf(kind, { tenant }, entityRows(table, directory, tenant, listed), limit)
}

/** The rows of listed entities, deleted ones too. */
async function* entityRows(table: ConfigurationTable, directory: Directory, tenant: string, listed: AsyncIterable<Listed> | readonly Listed[]): AsyncGenerator<StoredRow> {
  for await (const some of inChunks(listed)) {
    const rows = await table.entities(tenant, some.map(({ id }) => id))
    for (const one of some) {
      const row = rows.get(one.id)
      if (row !== undefined && isOver(row, one)) await directory.end(tenant, one.id, row.version)
      if (row !== undefined) yield row
    }
  }
}

/** Whether an entity that was announced only is there by now. */
async function happened(table: ConfigurationTable, directory: Directory, tenant: string, listed: Listed): Promise<boolean> {
  const row = await table.row('entity', { tenant, entity: listed.id }, listed.id)
  if (row === undefined) return false
  if (isOver(row, listed)) await directory.end(tenant, listed.id, row.version)
  else if (row.value !== null) await directory.confirm(tenant, listed.id, listed.born)
  return row.value !== null
}

/** A death left this birth in the directory. */
function isOver(row: StoredRow, { born }: Listed): boolean {
  return row.value === null && born > 0 && born <= row.version
}

async function pageOf<K extends Kind>(kind: K, partition: Partition, rows: AsyncIterable<StoredRow>, limit: number): Promise<Page<Stored<K>>> {
  const values: Stored<K>[] = []
  for await (const row of rows) {
    const stored = storedOf(kind, homeOf(kind, partition, row.id), row)
    if (stored === undefined) continue
    if (values.length === limit) return { values, next: row.id }
    values.push(stored)
  }
  return { values, next: null }
}

function wanted(ids: readonly string[], marker: string): readonly string[] {
  return [...new Set(ids)].filter((id) => id >= marker).sort()
}

async function* inChunks<T>(items: AsyncIterable<T> | readonly T[]): AsyncGenerator<readonly T[]> {
  let some: T[] = []
  for await (const item of items) {
    some.push(item)
    if (some.length < chunk) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}
