import { resolutions, type MetricStore, type Point } from '../../contracts/metric-store.ts'
import type { SeriesTable } from './series.ts'
import type { WorkerLink } from './worker-link.ts'

/** Metrics: they came in with the observations, so here they are only read. */
export function metricStore(link: WorkerLink, table: SeriesTable): MetricStore {
  return {
    async series(check) {
      return table.facts(check)
    },
    async *read({ check, zone, metric }, from, to, resolution): AsyncGenerator<Point> {
      const series = table.find(check, zone)
      if (series === undefined || from >= to) return
      yield* await link.call('points', { series: series.id, metric, from, to, bucket: resolutions[resolution] })
    },
  }
}
