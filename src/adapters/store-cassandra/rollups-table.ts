import type { Session } from './session.ts'
import { levels, readMetrics, spanOf, writeMetrics, type Level, type RollupRow } from './rollups-row.ts'
import type { Range } from './rollups-cover.ts'
import type { Statement } from './statement.ts'

export interface SeriesKey { readonly check: string; readonly zone: string }
/** An observation came after its bucket was, or may have been, rolled up; `made` is the mark's own id. */
export interface Mark { readonly at: number; readonly made: string; readonly writer: string }

const rowsInBatch = 50

/** The statements of one level. */
interface Statements { readonly read: Statement; readonly newest: Statement; readonly write: readonly Statement[] }

function statementsOf({ table }: Level): Statements {
  const insert = `INSERT INTO ${table} (check_id, zone, span, at, seen, since, body) VALUES (?, ?, ?, ?, ?, ?, ?)`
  return {
    // LOCAL_QUORUM, as all rollups: they are made of observations, and can be made again; a row that is not found is.
    read: { cql: `SELECT at, seen, since, body FROM ${table} WHERE check_id = ? AND zone = ? AND span = ? AND at >= ? AND at < ?`, consistency: 'LOCAL_QUORUM', idempotent: true, about: 'reading rollups' },
    // LOCAL_QUORUM: as above.
    newest: { cql: `SELECT at FROM ${table} WHERE check_id = ? AND zone = ? AND span = ? AND at < ? ORDER BY at DESC, seen ASC LIMIT 1`, consistency: 'LOCAL_QUORUM', idempotent: true, about: 'looking for the last rollup' },
    // LOCAL_QUORUM: as above. One partition a batch.
    write: Array.from({ length: rowsInBatch + 1 }, (_, count): Statement => ({
      cql: count === 1 ? insert : `BEGIN UNLOGGED BATCH ${`${insert}; `.repeat(count)}APPLY BATCH`, consistency: 'LOCAL_QUORUM', idempotent: true, about: 'writing rollups',
    })),
  }
}
const statements = new Map(levels.map((level) => [level, statementsOf(level)]))

// QUORUM: an observation that came late is acknowledged only when nobody in any region takes the old rollup for the right one.
const writeMark: Statement = { cql: 'INSERT INTO rollup_mark (check_id, zone, at, made, writer) VALUES (?, ?, ?, now(), ?) USING TTL ?', consistency: 'QUORUM', idempotent: true, about: 'marking a late observation' }
// QUORUM: as above.
const readMarks: Statement = { cql: 'SELECT at, made, writer FROM rollup_mark WHERE check_id = ? AND zone = ? AND at >= ? AND at < ?', consistency: 'QUORUM', idempotent: true, about: 'reading the marks of late observations' }
// QUORUM, so that few ask it again: a mark that stays costs time, no more.
const endMark: Statement = { cql: 'DELETE FROM rollup_mark WHERE check_id = ? AND zone = ? AND at = ? AND made = ?', consistency: 'QUORUM', idempotent: true, about: 'clearing a mark' }

/** The tables of rollups, and the marks that make some of them doubtful. */
export class RollupTables {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  async read(level: Level, { check, zone }: SeriesKey, { from, to }: Range): Promise<readonly RollupRow[]> {
    const rows: RollupRow[] = []
    for (let span = spanOf(level, from); span <= spanOf(level, to - 1); span += 1) {
      for await (const row of this.#session.page(statementsFor(level).read, [check, zone, span, from, to])) {
        // The columns' types are those of our own table.
        const [at, seen, since] = [row.get('at') as number, row.get('seen') as number, row.get('since') as number]
        rows.push({ at, seen, since, metrics: readMetrics(at, row.get('body') as Buffer) })
      }
    }
    return rows
  }

  /** The end of the last bucket before `before` that is written, in its span or the one before; undefined without one. */
  async lastEnd(level: Level, { check, zone }: SeriesKey, before: number): Promise<number | undefined> {
    for (const span of [spanOf(level, before), spanOf(level, before) - 1]) {
      const [row] = await this.#session.execute(statementsFor(level).newest, [check, zone, span, before])
      if (row !== undefined) return (row.get('at') as number) + level.length
    }
    return undefined
  }

  async write(level: Level, { check, zone }: SeriesKey, rows: readonly RollupRow[]): Promise<void> {
    for (const [span, inside] of Map.groupBy(rows, ({ at }) => spanOf(level, at))) {
      for (let at = 0; at < inside.length; at += rowsInBatch) {
        const some = inside.slice(at, at + rowsInBatch)
        await this.#session.execute(statementsFor(level).write[some.length]!, some.flatMap((row) => [check, zone, span, row.at, row.seen, row.since, writeMetrics(row.metrics)]))
      }
    }
  }

  async mark({ check, zone }: SeriesKey, at: number, writer: string, life: number): Promise<void> {
    await this.#session.execute(writeMark, [check, zone, at, writer, Math.ceil(life / 1000)])
  }

  async marks({ check, zone }: SeriesKey, { from, to }: Range): Promise<readonly Mark[]> {
    const rows = await this.#session.execute(readMarks, [check, zone, from, to])
    return rows.map((row) => ({ at: row.get('at') as number, made: String(row.get('made')), writer: String(row.get('writer')) }))
  }

  async clear({ check, zone }: SeriesKey, { at, made }: Mark): Promise<void> {
    await this.#session.execute(endMark, [check, zone, at, made])
  }
}

function statementsFor(level: Level): Statements {
  const found = statements.get(level)
  if (found === undefined) throw new Error(`No table for ${level.resolution}`)
  return found
}
