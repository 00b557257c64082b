import type { Observation } from '../../../core/observation.ts'
import { merge, rollUpSamples, type Bucket } from '../../../core/rollup/bucket.ts'
import type { StoredPoint } from '../protocol.ts'
import type { Rollup } from './rollup-block.ts'

/** The point that an observation is in a metric, if it is one; a test leaves none. */
export function pointOf(observation: Observation, metric: string): StoredPoint | undefined {
  if (observation.kind === 'test' || !Object.hasOwn(observation.metrics, metric)) return undefined
  const { at } = observation
  const value = observation.metrics[metric]?.value
  if (typeof value === 'string') return { at, count: 1, average: 0, minimum: 0, maximum: 0, variance: 0, text: value }
  return value === undefined || !Number.isFinite(value) ? undefined : { at, count: 1, average: value, minimum: value, maximum: value, variance: 0 }
}

/** Observations in time order as buckets of each metric. */
export function rollUpObservations(observations: readonly Observation[], length: number): Rollup {
  const names = new Set(observations.flatMap(({ metrics }) => Object.keys(metrics)))
  const rollup = new Map<string, readonly Bucket[]>()
  for (const name of names) {
    const points = observations.flatMap((observation) => pointOf(observation, name) ?? []).filter((point) => point.text === undefined)
    if (points.length > 0) rollup.set(name, rollUpSamples(points.map(({ at }) => at), points.map(({ average }) => average), length))
  }
  return rollup
}

/** Two rollups as one, in time order; buckets of one time become one. */
export function union(a: Rollup, b: Rollup): Rollup {
  return new Map([...new Set([...a.keys(), ...b.keys()])].map((metric) => [metric, together(a.get(metric) ?? [], b.get(metric) ?? [])]))
}

function together(a: readonly Bucket[], b: readonly Bucket[]): Bucket[] {
  const merged = new Map<number, Bucket>()
  for (const bucket of [...a, ...b]) {
    const other = merged.get(bucket.at)
    merged.set(bucket.at, other === undefined ? bucket : merge(other, bucket))
  }
  return [...merged.values()].sort((x, y) => x.at - y.at)
}
