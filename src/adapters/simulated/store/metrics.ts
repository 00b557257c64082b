import { resolutions, type MetricStore, type Point, type Series, type SeriesFacts } from '../../../contracts/metric-store.ts'
import { rollUp } from '../../../core/rollup/bucket.ts'
import type { Observation } from '../../../core/observation.ts'
import type { Line } from './line.ts'
import type { ObservationTable } from './observations.ts'

/** Nothing is kept: every answer is worked out from the observations. */
export function simulatedMetrics(table: ObservationTable, line: Line): MetricStore {
  return {
    series: (check) => line.read('metrics.series', () => table.zones(check).flatMap((zone) => factsOf(zone, all(table, check, zone)))),
    read: (series, from, to, resolution) => line.readEach('metrics.read', () => {
      const length = resolutions[resolution]
      if (length === 0) return samples(table, series).filter((point) => point.at >= from && point.at < to)
      const numbers = samples(table, series).filter((point) => point.text === undefined)
      return rollUp(numbers, length).filter((point) => point.at >= from && point.at < to)
    }),
  }
}

function all(table: ObservationTable, check: string, zone: string): readonly Observation[] {
  return table.range(check, zone, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY).filter((observation) => observation.kind !== 'test')
}

function factsOf(zone: string, observations: readonly Observation[]): SeriesFacts[] {
  const facts = new Map<string, SeriesFacts>()
  for (const { metrics } of observations) for (const [metric, { type, unit }] of Object.entries(metrics)) facts.set(metric, { zone, metric, type, unit })
  return [...facts.values()].sort((a, b) => (a.metric < b.metric ? -1 : 1))
}

/** A string says something only when it differs from the one before. */
function samples(table: ObservationTable, series: Series): Point[] {
  const points: Point[] = []
  for (const { at, metrics } of all(table, series.check, series.zone)) {
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
