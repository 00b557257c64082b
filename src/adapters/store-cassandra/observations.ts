import type { Clock } from '../../contracts/clock.ts'
import type { ObservationStore } from '../../contracts/observation-store.ts'
import type { Observation } from '../../core/observation.ts'
import { identityBytes, readBody, writeBody } from './observation-body.ts'
import type { Session } from './session.ts'
import type { Settings } from './settings.ts'
import type { Row, Statement } from './statement.ts'
import { together } from './together.ts'

const dayLength = 86_400_000
/** a partition is asked for tomorrow's rows only this close (ms) to midnight: clocks of nodes differ by less */
const aheadOfClock = 600_000
const rowsInBatch = 50
const daysAtOnce = 8
const writesAtOnce = 64

const insert = 'INSERT INTO observation (check_id, zone, day, at, id, body) VALUES (?, ?, ?, ?, ?, ?) USING TTL ?'
// QUORUM over all regions: what is acknowledged must outlive the loss of any one of them.
const writeOne: Statement = { cql: insert, consistency: 'QUORUM', idempotent: true, about: 'storing an observation' }
// QUORUM, as above. One partition each, so that no batch log is needed and all rows come to the same replicas.
const batchOf = (count: number): Statement => ({
  cql: `BEGIN UNLOGGED BATCH ${`${insert}; `.repeat(count)}APPLY BATCH`, consistency: 'QUORUM', idempotent: true, about: 'storing observations',
})
const batches = Array.from({ length: rowsInBatch + 1 }, (_, count) => (count === 1 ? writeOne : batchOf(count)))
// QUORUM: as soon as an observation is acknowledged in one region, deciding in another must see it.
const readDay: Statement = {
  cql: 'SELECT day, at, body FROM observation WHERE check_id = ? AND zone = ? AND day = ? LIMIT ?', consistency: 'QUORUM', idempotent: true, about: "reading a zone's newest observations",
}
// QUORUM: as above.
const readDays: Statement = {
  cql: 'SELECT day, at, body FROM observation WHERE check_id = ? AND zone = ? AND day IN ? PER PARTITION LIMIT ?', consistency: 'QUORUM', idempotent: true, about: "reading a zone's newest observations",
}
// QUORUM: as above; a checker that reads history must find what was acknowledged.
const readRange: Statement = {
  cql: 'SELECT at, body FROM observation WHERE check_id = ? AND zone = ? AND day = ? AND at >= ? AND at < ? ORDER BY at ASC, id ASC', consistency: 'QUORUM', idempotent: true, about: 'reading observations',
}
// QUORUM: it stands before the acknowledgement, so that no row is in a partition that nobody looks into.
const writePart: Statement = { cql: 'INSERT INTO observation_day (check_id, zone, day) VALUES (?, ?, ?) USING TTL ?', consistency: 'QUORUM', idempotent: true, about: 'noting a day with observations' }
// QUORUM: as above.
const readParts: Statement = { cql: 'SELECT zone, day FROM observation_day WHERE check_id = ?', consistency: 'QUORUM', idempotent: true, about: 'reading the zones of a check' }
// QUORUM: as above.
const readPartsOfZone: Statement = { cql: 'SELECT day FROM observation_day WHERE check_id = ? AND zone = ?', consistency: 'QUORUM', idempotent: true, about: 'reading the days with observations' }

/** Observations, a partition a check, zone and day, newest first. */
export function observationStore(session: Session, clock: Clock, { observationRetention }: Pick<Settings, 'observationRetention'>): ObservationStore {
  const ttl = Math.ceil(observationRetention / 1000)
  const noted = new NotedParts()

  /** The days in which a zone has rows that may still be kept, oldest first. */
  async function daysOf(check: string, zone: string): Promise<readonly number[]> {
    return (await session.execute(readPartsOfZone, [check, zone])).map((row) => row.get('day') as number)
  }

  async function write(rows: readonly Observation[]): Promise<void> {
    await session.execute(batches[rows.length]!, rows.flatMap((row) => [row.check, row.zone, dayOf(row.at), row.at, identityBytes(row), writeBody(row), ttl]))
  }

  return {
    async append(observations) {
      const now = clock.now()
      const parts = Map.groupBy(observations, nameOf)
      const batched = [...parts.values()].flatMap((rows) => chunks(rows, rowsInBatch))
      const fresh = [...parts].filter(([name]) => !noted.has(name, now)).flatMap(([, rows]) => rows.slice(0, 1))
      await Promise.all([
        // A day's note outlives the last of its rows, and is written again as long as rows come.
        together(fresh, writesAtOnce, ({ check, zone, at }) => session.execute(writePart, [check, zone, dayOf(at), ttl + 2 * 86_400])),
        together(batched, writesAtOnce, write),
      ])
      for (const one of fresh) noted.add(nameOf(one), now)
    },
    async newest(check, zone, count) {
      if (count <= 0) return []
      const [today, last] = [dayOf(clock.now()), dayOf(clock.now() + aheadOfClock)]
      const recent = last === today ? [today] : [last, today]
      const found = (await Promise.all(recent.map((day) => session.execute(readDay, [check, zone, day, count])))).flat()
      // A check that is new, runs seldom, or has just passed midnight.
      const others = found.length < count ? (await daysOf(check, zone)).filter((day) => day < today).toReversed() : []
      for (const days of chunks(others, daysAtOnce)) {
        if (found.length >= count) break
        found.push(...(await session.execute(readDays, [check, zone, days, count])))
      }
      // Rows of one day come in their order; sorting by days keeps it.
      return found.sort((a, b) => numberOf(b, 'day') - numberOf(a, 'day')).slice(0, count).map((row) => observationOf(check, zone, row))
    },
    async *range(check, zone, from, to) {
      const [first, last] = [dayOf(from), Math.ceil(to / dayLength) - 1]
      // Two partitions are asked as quickly as the list of those that there are.
      const days = last - first <= 1 ? [...new Set([first, last])] : await daysOf(check, zone)
      for (const day of days) {
        if (day < first || day > last) continue
        for await (const row of session.page(readRange, [check, zone, day, from, to])) yield observationOf(check, zone, row)
      }
    },
    async zones(check) {
      const rows = await session.execute(readParts, [check])
      return [...new Set(rows.map((row) => row.get('zone') as string))].sort()
    },
    async [Symbol.asyncDispose]() {},
  }
}

const dayOf = (at: number): number => Math.floor(at / dayLength)

const numberOf = (row: Row, column: string): number => row.get(column) as number

function observationOf(check: string, zone: string, row: Row): Observation {
  // The columns' types are those of our own table.
  return readBody(check, zone, row.get('at') as number, row.get('body') as Buffer)
}

function chunks<T>(items: readonly T[], length: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, i) => items.slice(i * length, (i + 1) * length))
}

const nameOf = ({ check, zone, at }: Pick<Observation, 'check' | 'zone' | 'at'>): string => JSON.stringify([check, zone, dayOf(at)])

/** Which partitions this process has noted in the present day. */
class NotedParts {
  #day = 0
  readonly #names = new Set<string>()

  has(name: string, now: number): boolean {
    if (dayOf(now) !== this.#day) this.#names.clear()
    this.#day = dayOf(now)
    return this.#names.has(name)
  }

  add(name: string, now: number): void {
    if (dayOf(now) === this.#day) this.#names.add(name)
  }
}
