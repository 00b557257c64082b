import { timeOfUuid } from '../../core/entities/ids.ts'
import { shardOf, zoneKey, type Hint } from './schedule-zones.ts'
import type { Session } from './session.ts'
import type { Statement } from './statement.ts'

/** One line of a zone's log: that a commit will be, or was (`done`), on these checks of an entity. */
export interface LogEntry {
  /** unique, by the coordinator's clock */
  readonly uuid: string
  /** ms since the epoch */
  readonly at: number
  /** names the commit; both its entries have it */
  readonly change: string
  readonly done: boolean
  readonly tenant: string
  readonly entity: string
  readonly checks: readonly string[]
}
export type Announcement = Omit<LogEntry, 'uuid' | 'at'>

// QUORUM: the first reader after the commit, in any region, must find it. Sent twice it stands twice, which says nothing new.
const writeEntry: Statement = { cql: 'INSERT INTO zone_log (zone, at, change, done, tenant, entity, checks) VALUES (?, now(), ?, ?, ?, ?, ?)', consistency: 'QUORUM', idempotent: true, about: 'announcing a change to a zone' }
// QUORUM: as above.
const readEntries: Statement = { cql: 'SELECT at, change, done, tenant, entity, checks FROM zone_log WHERE zone = ? AND at > minTimeuuid(?)', consistency: 'QUORUM', idempotent: true, about: 'reading the changes of a zone' }
// QUORUM: a check whose hint is not found is not run.
const writeHint: Statement = { cql: 'INSERT INTO zone_check (zone, shard, tenant, entity, check_id, born) VALUES (?, ?, ?, ?, ?, ?)', consistency: 'QUORUM', idempotent: true, about: 'entering a check in its zone' }
// LOCAL_QUORUM: a hint that stays costs a look. Places up to a version that is elsewhere are over, so this takes no later one.
const endHints: Statement = { cql: 'DELETE FROM zone_check WHERE zone = ? AND shard = ? AND tenant = ? AND entity = ? AND check_id = ? AND born <= ?', consistency: 'LOCAL_QUORUM', idempotent: true, about: 'taking a check out of its zone' }
// QUORUM: as with writing.
const readHints: Statement = { cql: 'SELECT tenant, entity, check_id, born FROM zone_check WHERE zone = ? AND shard = ?', consistency: 'QUORUM', idempotent: true, about: 'reading the checks of a zone' }

/** The tables that lead from a zone to its checks: hints where they are, and a log of what changes. */
export class ZoneTables {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  async announce(zone: string, { change, done, tenant, entity, checks }: Announcement): Promise<void> {
    await this.#session.execute(writeEntry, [zoneKey(zone), change, done, tenant, entity, JSON.stringify(checks)])
  }

  /** Entries from `since` (ms) on, oldest first. */
  async entries(zone: string, since: number): Promise<readonly LogEntry[]> {
    const rows = await this.#session.execute(readEntries, [zoneKey(zone), Math.max(0, Math.floor(since))])
    return rows.map((row) => {
      const uuid = String(row.get('at'))
      // Written by announce, as a list of ids.
      const checks = JSON.parse(String(row.get('checks'))) as readonly string[]
      return { uuid, at: timeOfUuid(uuid), change: String(row.get('change')), done: row.get('done') === true, tenant: String(row.get('tenant')), entity: String(row.get('entity')), checks }
    })
  }

  async join({ zone, tenant, entity, check, born }: Hint): Promise<void> {
    await this.#session.execute(writeHint, [zoneKey(zone), shardOf(tenant, entity), tenant, entity, check, born])
  }

  async leave({ zone, tenant, entity, check, born }: Hint): Promise<void> {
    await this.#session.execute(endHints, [zoneKey(zone), shardOf(tenant, entity), tenant, entity, check, born])
  }

  async *hints(zone: string, shard: number): AsyncGenerator<Hint> {
    for await (const row of this.#session.page(readHints, [zoneKey(zone), shard])) {
      yield { zone, tenant: String(row.get('tenant')), entity: String(row.get('entity')), check: String(row.get('check_id')), born: Number(row.get('born')) }
    }
  }
}
