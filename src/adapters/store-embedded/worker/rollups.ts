import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Observation } from '../../../core/observation.ts'
import { rollUp, rollUpSamples, type Bucket } from '../../../core/rollup/bucket.ts'
import { byTime } from '../order.ts'
import type { SampleQuery, StoredPoint } from '../protocol.ts'
import type { Horizons } from './horizons.ts'
import { levels, windowStart } from './levels.ts'
import type { SeriesReader } from './reader.ts'
import { readRollup, writeRollup, type Rollup } from './rollup-block.ts'
import { pointOf, rollUpObservations, union } from './samples.ts'

const storedWindows = 'SELECT start, body FROM rollup WHERE series = ? AND level = ? AND start >= ? AND start < ? ORDER BY start'
const putWindow = 'INSERT OR REPLACE INTO rollup (series, level, start, body) VALUES (?, ?, ?, ?)'

/** A span of a series at a level; `from` and `to` are bounds of buckets. `late`: what is not in blocks yet and counts too. */
interface Span { readonly level: number; readonly series: number; readonly from: number; readonly to: number; readonly late: readonly Observation[] }

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
    if (level < 0) return this.#points(series, metric, from, to)
    const span = { level, series, from: Math.ceil(from / bucket) * bucket, to: Math.ceil(to / bucket) * bucket, late: this.#reader.hot(series) }
    return this.#read(span).get(metric) ?? []
  }

  /**
   * Stores a window of a level from the next finer one, from what is in blocks alone: what is not there yet makes its
   * windows again when it comes, and so is never counted twice.
   */
  seal(level: number, series: number, start: number): void {
    this.#write(level, series, start, this.#fromFiner({ level, series, from: start, to: start + levels[level]!.window, late: [] }))
  }

  /** Makes the sealed windows again that `late` observations, in blocks by now, fall into. */
  amend(series: number, late: readonly Observation[]): void {
    for (const [level, { window, bucket }] of levels.entries()) {
      const inside = Map.groupBy(late.filter(({ at }) => windowStart(at, window) + window <= this.#horizons.reached(level)), ({ at }) => windowStart(at, window))
      for (const [start, observations] of inside) {
        if (start >= this.#horizons.expired(level - 1)) this.seal(level, series, start)
        else this.#write(level, series, start, union(this.#windows(level, series, start, start + 1).get(start) ?? new Map(), rollUpObservations(observations, bucket)))
      }
    }
  }

  #points(series: number, metric: string, from: number, to: number): StoredPoint[] {
    const points = this.#reader.between(series, from, to, this.#reader.hot(series)).flatMap((observation) => pointOf(observation, metric) ?? [])
    const [first] = points
    if (first?.text === undefined) return points.filter((point, i) => point.text === undefined || point.text !== points[i - 1]?.text)
    // A text is a point only where it changes, also at the very beginning.
    const last = this.#reader.lastBefore(series, from, (observation) => pointOf(observation, metric) !== undefined)
    const before = last === undefined ? undefined : pointOf(last, metric)
    return points.filter((point, i) => point.text === undefined || point.text !== (i === 0 ? before : points[i - 1])?.text)
  }

  #read(span: Span): Rollup {
    const { level, from, to } = span
    const sealed = this.#horizons.sealed(level)
    if (to <= sealed) return this.#sealed(span)
    if (from >= sealed) return this.#fromFiner(span)
    return union(this.#sealed({ ...span, to: sealed }), this.#fromFiner({ ...span, from: sealed }))
  }

  #fromFiner({ level, series, from, to, late }: Span): Rollup {
    if (from >= to) return new Map()
    const { bucket } = levels[level]!
    if (level > 0) return mapValues(this.#read({ level: level - 1, series, from, to, late }), (buckets) => rollUp(buckets, bucket))
    return mapValues(this.#reader.samples(series, from, to, late), ({ times, numbers }) => rollUpSamples(times, numbers, bucket))
  }

  #sealed({ level, series, from, to, late }: Span): Rollup {
    const { window, bucket } = levels[level]!
    const first = windowStart(from, window)
    const windows = this.#windows(level, series, first, to)
    for (const [start, observations] of Map.groupBy(late.filter(({ at }) => at >= first && at < to), ({ at }) => windowStart(at, window))) {
      const whole = start >= this.#horizons.expired(level - 1)
      windows.set(start, whole ? this.#fromFiner({ level, series, from: start, to: start + window, late }) : union(windows.get(start) ?? new Map(), rollUpObservations(observations.sort(byTime), bucket)))
    }
    const inOrder = [...windows].sort(([a], [b]) => a - b).map(([, rollup]) => rollup)
    const joined = new Map<string, Bucket[]>()
    for (const rollup of inOrder) for (const [metric, buckets] of rollup) joined.set(metric, [...(joined.get(metric) ?? []), ...buckets])
    return mapValues(joined, (buckets) => buckets.filter(({ at }) => at >= from && at < to))
  }

  #write(level: number, series: number, start: number, rollup: Rollup): void {
    if (rollup.size > 0) this.#put.run(series, level, start, writeRollup(rollup))
  }

  #windows(level: number, series: number, from: number, to: number): Map<number, Rollup> {
    const rows = this.#stored.all(series, level, from, to) as unknown as { start: number; body: Uint8Array }[]
    return new Map(rows.map(({ start, body }) => [start, readRollup(body)]))
  }
}

function mapValues<A, B>(map: ReadonlyMap<string, A>, change: (value: A) => B): Map<string, B> {
  return new Map([...map].map(([key, value]) => [key, change(value)]))
}
