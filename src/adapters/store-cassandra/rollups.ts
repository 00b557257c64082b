import type { ObservationStore } from '../../contracts/observation-store.ts'
import { bucketStart } from '../../core/rollup/bucket.ts'
import { rangesOf, uncovered, validRows, type Range } from './rollups-cover.ts'
import { levels, rollUpObservations, rollUpRows, type RollupRow } from './rollups-row.ts'
import type { RollupTables, SeriesKey } from './rollups-table.ts'

/** How far what is written can be believed. */
export interface Doubts {
  /** buckets of the finest level into which late observations came */
  readonly marks: readonly number[]
  /** the wall time (ms): what is older than its retention against it is gone, and not looked for */
  readonly now: number
}

/** ms after the end of a bucket until which its observations are waited for: the longest timeout of a check, and a bit. */
export const closeAfter = 120_000
/** ms after the end of a bucket from which on an observation of it is marked as late; well before anybody closes it. */
export const lateAfter = 60_000
/** How far back (ms) a writer looks for what a dead one left: observations, then rollups. */
const lookBack = [2 * 86_400_000, 10 * 86_400_000] as const
/** ms by which a row may outlive its retention, or a wall clock be wrong. */
const slack = 86_400_000
/** Late buckets no further apart than so many are rolled up together. */
const reachBuckets = 12

/** Reads rollups, making what is not written from what is finer; and writes them. */
export class Rollups {
  readonly #tables: RollupTables
  readonly #observations: ObservationStore
  readonly #retention: number

  constructor(tables: RollupTables, observations: ObservationStore, observationRetention: number) {
    this.#tables = tables
    this.#observations = observations
    this.#retention = observationRetention
  }

  /** The rows of a level whose buckets begin in a range, which is aligned to it: written ones, and others made here. */
  async rows(index: number, key: SeriesKey, range: Range, doubts: Doubts): Promise<readonly RollupRow[]> {
    const level = levels[index]!
    const kept = this.#kept(range, level.retention, doubts)
    const valid = kept === undefined ? [] : validRows(await this.#tables.read(level, key, kept), level.length, doubts.marks)
    const rows = new Map(valid.map((row) => [row.at, row]))
    for (const gap of uncovered(valid, range, level.length, doubts.marks)) {
      for (const row of await this.#made(index, key, gap, doubts)) if (!rows.has(row.at)) rows.set(row.at, row)
    }
    return [...rows.values()].sort((a, b) => a.at - b.at)
  }

  /** Makes the rows of a range from what is finer; writes nothing. */
  async #made(index: number, key: SeriesKey, range: Range, doubts: Doubts): Promise<readonly RollupRow[]> {
    if (index > 0) return rollUpRows(await this.rows(index - 1, key, range, doubts), levels[index]!)
    const kept = this.#kept(range, this.#retention, doubts)
    return kept === undefined ? [] : rollUpObservations(await Array.fromAsync(this.#observations.range(key.check, key.zone, kept.from, kept.to)))
  }

  /**
   * Rolls up one bucket that has ended, and what lies between it and the last one that is written: a process that died may
   * have left it. Each row says that there is nothing between it and the one before. Returns where the next one goes on.
   */
  async close(index: number, key: SeriesKey, bucket: number, done: number | undefined, wall: number): Promise<number | undefined> {
    const level = levels[index]!
    const farthest = bucketStart(bucket - lookBack[Math.min(index, 1)]!, level.length)
    const last = done === undefined || bucket - done > level.length * reachBuckets ? await this.#tables.lastEnd(level, key, bucket) : done
    const from = Math.min(bucket, Math.max(last ?? farthest, farthest))
    const rows = await this.#made(index, key, { from, to: bucket + level.length }, { marks: [], now: wall })
    const chained = rows.map((row, i) => ({ ...row, since: i === 0 ? from : rows[i - 1]!.at + level.length }))
    await this.#tables.write(level, key, chained)
    const end = chained.at(-1)
    return end === undefined ? last : end.at + level.length
  }

  /**
   * Rolls up anew what late observations came into, on all levels. `now` is the store's time. Returns the buckets, by
   * level, that have not ended yet.
   */
  async mend(key: SeriesKey, marks: readonly number[], now: number, wall: number): Promise<readonly (readonly number[])[]> {
    const later: number[][] = []
    const doubts: Doubts = { marks: [], now: Math.min(wall, ...marks) }
    for (const [index, level] of levels.entries()) {
      const buckets = [...new Set(marks.map((at) => bucketStart(at, level.length)))]
      const ended = (at: number) => now >= at + level.length + closeAfter
      later.push(buckets.filter((at) => !ended(at)))
      const due = new Set(buckets.filter(ended))
      for (const range of rangesOf([...due], level.length, reachBuckets * level.length)) await this.#mendRange(index, key, range, due, doubts)
    }
    return later
  }

  async #mendRange(index: number, key: SeriesKey, range: Range, due: ReadonlySet<number>, doubts: Doubts): Promise<void> {
    const level = levels[index]!
    const standing = new Map(validRows(await this.#tables.read(level, key, range), level.length, []).map((row) => [row.at, row]))
    const rows = (await this.#made(index, key, range, doubts)).filter((row) => due.has(row.at) && row.seen > (standing.get(row.at)?.seen ?? 0))
    await this.#tables.write(level, key, rows.map((row) => ({ ...row, since: standing.get(row.at)?.since ?? row.at })))
  }

  /** What of a range can still be there; what is marked was written lately, however old it is. */
  #kept({ from, to }: Range, retention: number, { marks, now }: Doubts): Range | undefined {
    const [first, last] = [Math.min(now - retention - slack, ...marks), now + this.#retention]
    return to <= first || from >= last ? undefined : { from: Math.max(from, first), to: Math.min(to, last) }
  }
}
