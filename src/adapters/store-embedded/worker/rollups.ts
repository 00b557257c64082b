import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Observation } from '../../../core/observation.ts'
import { rollUp, type Bucket } from '../../../core/rollup/bucket.ts'
import type { SampleQuery, StoredPoint } from '../protocol.ts'
import type { Horizons } from './horizons.ts'
import { levels, windowStart } from './levels.ts'
import type { SeriesReader } from './reader.ts'
import { readRollup, writeRollup, type Rollup } from './rollup-block.ts'
import { metricsOf, numbersOf, sampleOf, union } from './samples.ts'

const storedWindows = 'SELECT start, body FROM rollup WHERE series = ? AND level = ? AND start >= ? AND start < ? ORDER BY start'
const putWindow = 'INSERT OR REPLACE INTO rollup (series, level, start, body) VALUES (?, ?, ?, ?)'

/**
 * Rollups of a series. Windows that are sealed are stored; what is newer is rolled up from the next finer level when
 * somebody asks, down to the observations themselves. So nothing is ever written twice, except for late points: those
 * make their windows again, from the finer level as long as that is there, and are merged in when it is gone.
 */
export class Rollups {
  readonly #reader: SeriesReader
  readonly #horizons: Horizons
  readonly #stored: StatementSync
  readonly #put: StatementSync

  constructor(database: DatabaseSync, reader: SeriesReader, horizons: Horizons) {
    this.#reader = reader
    this.#horizons = horizons
    this.#stored = database.prepare(storedWindows)
    this.#put = database.prepare(putWindow)
  }

  /** The points of one metric: samples when `bucket` is 0, buckets of that many ms otherwise. */
  points({ series, metric, from, to, bucket }: SampleQuery): readonly StoredPoint[] {
    const level = levels.findIndex((one) => one.bucket === bucket)
    if (level < 0) return this.#samples(series, metric, from, to)
    const late = this.#reader.hot(series)
    return this.#buckets(level, series, metric, Math.ceil(from / bucket) * bucket, Math.ceil(to / bucket) * bucket, late)
  }

  /**
   * Stores a window of a level from the next finer one, from what is in blocks alone: what is not there yet makes its
   * windows again when it comes, and so is never counted twice.
   */
  seal(level: number, series: number, start: number): void {
    const end = start + levels[level]!.window
    const names = level === 0 ? metricsOf(this.#reader.between(series, start, end, [])) : this.#metrics(level - 1, series, start, end)
    this.#write(level, series, start, new Map([...names].map((metric) => [metric, this.#fromFiner(level, series, metric, start, end, [])])))
  }

  /** Makes the sealed windows again that `late` observations, in blocks by now, fall into. */
  amend(series: number, late: readonly Observation[]): void {
    for (const [level, { window, bucket }] of levels.entries()) {
      const inside = Map.groupBy(late.filter(({ at }) => windowStart(at, window) + window <= this.#horizons.reached(level)), ({ at }) => windowStart(at, window))
      for (const [start, observations] of inside) {
        if (start >= this.#horizons.expired(level - 1)) this.seal(level, series, start)
        else this.#mergeIn(level, series, start, bucket, observations)
      }
    }
  }

  #samples(series: number, metric: string, from: number, to: number): StoredPoint[] {
    const points: StoredPoint[] = []
    const isText = (observation: Observation) => sampleOf(observation, metric) !== undefined
    let previous: unknown
    for (const observation of this.#reader.between(series, from, to, this.#reader.hot(series))) {
      const sample = sampleOf(observation, metric)
      if (typeof sample === 'object') points.push(sample)
      if (typeof sample === 'string') {
        // A text is a point only where it changes, also at the very beginning.
        previous ??= before(this.#reader.lastBefore(series, from, isText), metric)
        if (sample !== previous) points.push({ at: observation.at, count: 1, average: 0, minimum: 0, maximum: 0, variance: 0, text: sample })
      }
      previous = sample ?? previous
    }
    return points
  }

  /** Buckets from `from` to `to`, both of them bounds of buckets. `late`: what is not in blocks yet. */
  #buckets(level: number, series: number, metric: string, from: number, to: number, late: readonly Observation[]): Bucket[] {
    if (from >= to) return []
    if (level < 0) return numbersOf(this.#reader.between(series, from, to, late), metric)
    const sealed = this.#horizons.sealed(level)
    const stored = from < sealed ? this.#sealed(level, series, metric, from, Math.min(to, sealed), late) : []
    return [...stored, ...this.#fromFiner(level, series, metric, Math.max(from, sealed), to, late)]
  }

  #fromFiner(level: number, series: number, metric: string, from: number, to: number, late: readonly Observation[]): Bucket[] {
    return rollUp(this.#buckets(level - 1, series, metric, from, to, late), levels[level]!.bucket)
  }

  #sealed(level: number, series: number, metric: string, from: number, to: number, late: readonly Observation[]): Bucket[] {
    const { window, bucket } = levels[level]!
    const first = windowStart(from, window)
    const stored = this.#windows(level, series, first, to)
    const amended = Map.groupBy(late.filter(({ at }) => at >= first && at < to), ({ at }) => windowStart(at, window))
    const starts = [...new Set([...stored.keys(), ...amended.keys()])].sort((a, b) => a - b)
    const buckets = starts.flatMap((start) => {
      const present = stored.get(start)?.get(metric) ?? []
      const added = amended.get(start)
      if (added === undefined) return present
      if (start >= this.#horizons.expired(level - 1)) return this.#fromFiner(level, series, metric, start, start + window, late)
      return union(present, rollUp(numbersOf(added, metric).sort((a, b) => a.at - b.at), bucket))
    })
    return buckets.filter(({ at }) => at >= from && at < to)
  }

  #mergeIn(level: number, series: number, start: number, bucket: number, observations: readonly Observation[]): void {
    const stored = this.#windows(level, series, start, start + 1).get(start) ?? new Map<string, Bucket[]>()
    const names = new Set([...stored.keys(), ...metricsOf(observations)])
    this.#write(level, series, start, new Map([...names].map((metric) => [metric, union(stored.get(metric) ?? [], rollUp(numbersOf(observations, metric), bucket))])))
  }

  #write(level: number, series: number, start: number, rollup: Rollup): void {
    if (rollup.size > 0) this.#put.run(series, level, start, writeRollup(rollup))
  }

  #metrics(level: number, series: number, from: number, to: number): Set<string> {
    return new Set([...this.#windows(level, series, from, to).values()].flatMap((rollup) => [...rollup.keys()]))
  }

  #windows(level: number, series: number, from: number, to: number): Map<number, Rollup> {
    const rows = this.#stored.all(series, level, from, to) as unknown as { start: number; body: Uint8Array }[]
    return new Map(rows.map(({ start, body }) => [start, readRollup(body)]))
  }
}

function before(observation: Observation | undefined, metric: string): unknown {
  return observation === undefined ? undefined : sampleOf(observation, metric)
}
