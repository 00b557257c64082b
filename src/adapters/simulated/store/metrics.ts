import { resolutions, type MetricStore, type Point, type Series, type SeriesFacts } from '../../../contracts/metric-store.ts'
import type { ObservationStore } from '../../../contracts/observation-store.ts'
import { rollUp } from '../../../core/rollup/bucket.ts'
import type { Observation } from '../../../core/observation.ts'

type Source = Pick<ObservationStore, 'range' | 'zones'>

/** Nothing is kept: every answer is worked out from the observations. */
export function simulatedMetrics(source: Source): MetricStore {
  return {
    series: async (check) => {
      const zones = await source.zones(check)
      return (await Promise.all(zones.map(async (zone) => factsOf(zone, await all(source, check, zone))))).flat()
    },
    read: async function* (series, from, to, resolution) {
      const length = resolutions[resolution]
      const points = await samples(source, series)
      const wanted = length === 0 ? points : rollUp(points.filter((point) => point.text === undefined), length)
      yield* wanted.filter((point) => point.at >= from && point.at < to)
    },
  }
}

async function all(source: Source, check: string, zone: string): Promise<readonly Observation[]> {
  const observations = await Array.fromAsync(source.range(check, zone, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY))
  return observations.filter((observation) => observation.kind !== 'test')
}

function factsOf(zone: string, observations: readonly Observation[]): SeriesFacts[] {
  const facts = new Map<string, SeriesFacts>()
  for (const { metrics } of observations) for (const [metric, { type, unit }] of Object.entries(metrics)) facts.set(metric, { zone, metric, type, unit })
  return [...facts.values()].sort((a, b) => (a.metric < b.metric ? -1 : 1))
}

/** A string says something only when it differs from the one before. */
async function samples(source: Source, series: Series): Promise<Point[]> {
  const points: Point[] = []
  for (const { at, metrics } of await all(source, series.check, series.zone)) {
    const value = metrics[series.metric]?.value
    if (value === undefined) continue
    const point = sample(at, value)
    if (point.text === undefined || point.text !== points.at(-1)?.text) points.push(point)
  }
  return points
}

function sample(at: number, value: string | number): Point {
  if (typeof value === 'string') return { at, count: 1, average: 0, minimum: 0, maximum: 0, variance: 0, text: value }
  return { at, count: 1, average: value, minimum: value, maximum: value, variance: 0 }
}
