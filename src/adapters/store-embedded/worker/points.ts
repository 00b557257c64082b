import { rollUp, type Bucket } from '../../../core/rollup/bucket.ts'
import type { Observation } from '../../../core/observation.ts'
import type { SampleQuery, StoredPoint } from '../protocol.ts'
import type { SeriesReader } from './reader.ts'

/** The points of one metric: samples when `bucket` is 0, buckets of that many ms otherwise. */
export function points(reader: SeriesReader, { series, metric, from, to, bucket }: SampleQuery): readonly StoredPoint[] {
  const wide = bucket === 0 ? { from, to } : { from: Math.ceil(from / bucket) * bucket, to: Math.ceil(to / bucket) * bucket }
  const observations = reader.between(series, wide.from, wide.to).filter((observation) => observation.kind !== 'test')
  if (bucket === 0) return onChange(observations.flatMap((observation) => sampleOf(observation, metric)))
  const samples = observations.flatMap((observation) => sampleOf(observation, metric)).filter((point) => point.text === undefined)
  return rollUp(samples, bucket)
}

function sampleOf(observation: Observation, name: string): StoredPoint[] {
  const value = Object.hasOwn(observation.metrics, name) ? observation.metrics[name]?.value : undefined
  if (typeof value === 'string') return [{ at: observation.at, count: 1, average: 0, minimum: 0, maximum: 0, variance: 0, text: value }]
  return value === undefined || !Number.isFinite(value) ? [] : [sample(observation.at, value)]
}

function sample(at: number, value: number): Bucket {
  return { at, count: 1, average: value, minimum: value, maximum: value, variance: 0 }
}

// Of a text that stays the same, only the first point is kept.
function onChange(samples: StoredPoint[]): StoredPoint[] {
  return samples.filter((point, index) => point.text === undefined || point.text !== samples[index - 1]?.text)
}
