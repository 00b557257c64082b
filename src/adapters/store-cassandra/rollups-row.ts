import { resolutions, type Resolution } from '../../contracts/metric-store.ts'
import { bucketStart, rollUp, rollUpSamples, type Bucket } from '../../core/rollup/bucket.ts'
import type { Observation } from '../../core/observation.ts'
import { ByteReader, ByteWriter } from '../store-embedded/bytes.ts'

/** How one resolution is kept; ms. `window`: what compaction drops at once. */
export interface Level { readonly resolution: Resolution; readonly table: string; readonly length: number; readonly retention: number; readonly window: number }

const hour = 3_600_000
const day = 24 * hour
const level = (resolution: Resolution, minutes: number, days: number, window: number): Level => ({ resolution, table: `rollup_${minutes}`, length: resolutions[resolution], retention: days * day, window })

/** Finest first; each is rolled up from the one before it. */
export const levels: readonly Level[] = [
  level('MIN5', 5, 10, 12 * hour), level('MIN20', 20, 20, day), level('MIN60', 60, 155, 7 * day), level('MIN240', 240, 300, 14 * day), level('MIN1440', 1440, 5 * 365, 90 * day),
]
/** Buckets in one partition: a week of the finest, five and a half years of the coarsest. */
const spanBuckets = 2016

/** All metrics of one check in one zone and bucket. */
export interface RollupRow {
  readonly at: number
  /** the observations in it: of two rows of a bucket the one that has seen more is right */
  readonly seen: number
  /** from here to `at` there is nothing, as far as was known when it was written */
  readonly since: number
  readonly metrics: ReadonlyMap<string, Bucket>
}

/** The partition of a bucket. */
export function spanOf({ length }: Level, at: number): number {
  return Math.floor(at / (length * spanBuckets))
}

/** What stands in the body of a row: `version count {name count average minimum maximum variance}…`. */
const version = 1
const out = new ByteWriter()

export function writeMetrics(metrics: ReadonlyMap<string, Bucket>): Uint8Array {
  out.length = 0
  out.uint(version)
  out.uint(metrics.size)
  for (const [name, { count, average, minimum, maximum, variance }] of metrics) {
    out.text(name)
    out.uint(count)
    for (const number of [average, minimum, maximum, variance]) out.number(number)
  }
  return out.take()
}

export function readMetrics(at: number, body: Uint8Array): ReadonlyMap<string, Bucket> {
  const bytes = new ByteReader(body)
  const written = bytes.uint()
  if (written !== version) throw new Error(`A rollup was written by a newer program (layout ${written})`)
  return new Map(Array.from({ length: bytes.uint() }, () => {
    const [name, count, average, minimum, maximum, variance] = [bytes.text(), bytes.uint(), bytes.number(), bytes.number(), bytes.number(), bytes.number()]
    return [name, { at, count, average, minimum, maximum, variance }]
  }))
}

/** Rows of the finest level from observations in time order. Tests leave nothing, not even a row. */
export function rollUpObservations(observations: readonly Observation[], { length }: Level = levels[0]!): RollupRow[] {
  const groups = Map.groupBy(observations.filter(({ kind }) => kind !== 'test'), ({ at }) => bucketStart(at, length))
  return [...groups].map(([at, inside]) => ({ at, seen: inside.length, since: at, metrics: bucketsOf(inside, length) }))
}

function bucketsOf(inside: readonly Observation[], length: number): ReadonlyMap<string, Bucket> {
  const samples = new Map<string, { readonly times: number[]; readonly values: number[] }>()
  for (const { at, metrics } of inside) {
    for (const [name, { value }] of Object.entries(metrics)) {
      if (typeof value !== 'number') continue
      const sample = samples.get(name) ?? { times: [], values: [] }
      sample.times.push(at)
      sample.values.push(value)
      samples.set(name, sample)
    }
  }
  return new Map([...samples].map(([name, { times, values }]) => [name, rollUpSamples(times, values, length)[0]!]))
}

/** Rows of a coarser level from finer ones in time order. */
export function rollUpRows(finer: readonly RollupRow[], { length }: Level): RollupRow[] {
  const groups = Map.groupBy(finer, ({ at }) => bucketStart(at, length))
  return [...groups].map(([at, inside]) => {
    const names = new Set(inside.flatMap(({ metrics }) => [...metrics.keys()]))
    const metrics = new Map([...names].map((name) => [name, rollUp(inside.flatMap((row) => row.metrics.get(name) ?? []), length)[0]!]))
    return { at, seen: inside.reduce((sum, row) => sum + row.seen, 0), since: at, metrics }
  })
}
