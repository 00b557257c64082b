import type { Observation } from '../../../core/observation.ts'
import { merge, type Bucket } from '../../../core/rollup/bucket.ts'

/** What an observation gives for a metric: a bucket of one, a text, or nothing. A test leaves no metrics. */
export function sampleOf(observation: Observation, metric: string): Bucket | string | undefined {
  if (observation.kind === 'test' || !Object.hasOwn(observation.metrics, metric)) return undefined
  const value = observation.metrics[metric]?.value
  if (typeof value === 'string') return value
  return value === undefined || !Number.isFinite(value) ? undefined : { at: observation.at, count: 1, average: value, minimum: value, maximum: value, variance: 0 }
}

/** The numbers among the samples, in the order of the observations. */
export function numbersOf(observations: readonly Observation[], metric: string): Bucket[] {
  return observations.flatMap((observation) => {
    const sample = sampleOf(observation, metric)
    return typeof sample === 'object' ? [sample] : []
  })
}

/** The names of all metrics that have a number somewhere. */
export function metricsOf(observations: readonly Observation[]): Set<string> {
  const names = new Set<string>()
  for (const { kind, metrics } of observations) {
    if (kind === 'test') continue
    for (const name in metrics) if (typeof metrics[name]?.value === 'number') names.add(name)
  }
  return names
}

/** Two lists of buckets of one length as one, in time order; those of one time become one. */
export function union(a: readonly Bucket[], b: readonly Bucket[]): Bucket[] {
  const merged = new Map<number, Bucket>()
  for (const bucket of [...a, ...b]) {
    const other = merged.get(bucket.at)
    merged.set(bucket.at, other === undefined ? bucket : merge(other, bucket))
  }
  return [...merged.values()].sort((x, y) => x.at - y.at)
}

