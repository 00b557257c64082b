import type { HistoryOptions } from '../../contracts/alarm-ledger.ts'
import type { LedgerEntry } from '../../core/alarm-row.ts'
import { timeOfUuid } from '../../core/entities/ids.ts'
import type { Session } from './session.ts'
import type { Row, Statement } from './statement.ts'

const dayLength = 86_400_000
/** An entry's id carries its time; a clock that was set back in between makes a difference of this much (ms) at most. */
const idTolerance = 5000

// QUORUM: it stands before the change that it tells of, so that no region's history has a hole.
const write: Statement = {
  cql: 'INSERT INTO alarm_change (tenant, day, at, id, entity, alarm, version, decision) VALUES (?, ?, ?, ?, ?, ?, ?, ?)', consistency: 'QUORUM', idempotent: true, about: 'noting a change',
}
// QUORUM: as above.
const writeDay: Statement = { cql: 'INSERT INTO alarm_change_day (tenant, day) VALUES (?, ?)', consistency: 'QUORUM', idempotent: true, about: 'noting a day with changes' }
// QUORUM: as above.
const readDays: Statement = { cql: 'SELECT day FROM alarm_change_day WHERE tenant = ? AND day >= ? AND day <= ?', consistency: 'QUORUM', idempotent: true, about: 'reading the days with changes' }
const columns = 'SELECT at, id, entity, alarm, version, decision FROM alarm_change WHERE tenant = ? AND day = ? AND at >= ? AND at < ?'
// QUORUM: as above.
const readForwards: Statement = { cql: `${columns} ORDER BY at ASC`, consistency: 'QUORUM', idempotent: true, about: 'reading changes' }
// QUORUM: as above.
const readBackwards: Statement = { cql: `${columns} ORDER BY at DESC`, consistency: 'QUORUM', idempotent: true, about: 'reading changes' }

/** Where a change of state is said to be: whether the ledger has it, only the ledger knows. */
export interface NotedChange { readonly at: number; readonly id: string; readonly entity: string; readonly alarm: string; readonly version: number; readonly decision: string }

/** The changes of state of each tenant by time. A row is written before its change, so a death in between leaves one too many, never one too few. */
export class AlarmChanges {
  readonly #session: Session
  /** days that this process has noted, by tenant */
  readonly #noted = new Map<string, number>()

  constructor(session: Session) {
    this.#session = session
  }

  async note({ key: { tenant, entity, alarm }, at, id, version, decisionId }: LedgerEntry): Promise<void> {
    const day = dayOf(at)
    const change = this.#session.execute(write, [tenant, day, at, id, entity, alarm, version, decisionId])
    await Promise.all([change, this.#noted.get(tenant) === day ? undefined : this.#session.execute(writeDay, [tenant, day])])
    this.#noted.set(tenant, day)
  }

  /** What is noted from the marker on, in the order that was asked for. */
  async *read(tenant: string, { from, to, marker, reverse = false, entity }: HistoryOptions): AsyncGenerator<NotedChange> {
    const place = marker === undefined ? undefined : await this.#placeOf(tenant, marker)
    if (place !== undefined && Number.isNaN(place.at)) return
    const days = (await this.#session.execute(readDays, [tenant, dayOf(from), dayOf(to)])).map((row) => row.get('day') as number)
    for (const day of reverse ? days.toReversed() : days) {
      if (place !== undefined && (reverse ? day > dayOf(place.at) : day < dayOf(place.at))) continue
      for await (const row of this.#session.page(reverse ? readBackwards : readForwards, [tenant, day, from, to])) {
        const change = changeOf(row)
        if (entity !== undefined && change.entity !== entity) continue
        if (place === undefined || (reverse ? compare(change, place) <= 0 : compare(change, place) >= 0)) yield change
      }
    }
  }

  /** A marker that is gone still tells its time, because ids of changes are ordered by time. */
  async #placeOf(tenant: string, id: string): Promise<Pick<NotedChange, 'at' | 'id'>> {
    const at = timeOfUuid(id)
    if (Number.isNaN(at)) return { at, id }
    for (const day of new Set([dayOf(at - idTolerance), dayOf(at + idTolerance)])) {
      const rows = await Array.fromAsync(this.#session.page(readForwards, [tenant, day, at - idTolerance, at + idTolerance]))
      const found = rows.map(changeOf).find((change) => change.id === id)
      if (found !== undefined) return found
    }
    return { at, id }
  }
}

const dayOf = (at: number): number => Math.floor(at / dayLength)

function compare(a: Pick<NotedChange, 'at' | 'id'>, b: Pick<NotedChange, 'at' | 'id'>): number {
  if (a.at !== b.at) return a.at - b.at
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1
}

function changeOf(row: Row): NotedChange {
  // The columns' types are those of our own table.
  const text = (column: string) => row.get(column) as string
  return { at: row.get('at') as number, id: text('id'), entity: text('entity'), alarm: text('alarm'), version: row.get('version') as number, decision: text('decision') }
}
