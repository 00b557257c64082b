import { limits } from '../../../core/entities/defaults.ts'
import type { MetricType } from '../../../core/alarm-language/types.ts'
import { invalid } from '../../../core/wire/errors.ts'
import { whole } from '../../../core/wire/page.ts'
import { resolutionFor, selected, type PlotResolution, type Statistic } from '../../../core/wire/plot.ts'
import type { Point, SeriesFacts } from '../../../contracts/metric-store.ts'
import type { Api, Handlers } from '../api.ts'
import { demand } from '../changing.ts'
import { value, type Call, type Reply } from '../types.ts'

export const metricHandlers = (api: Api): Handlers<'metrics.list' | 'metrics.plot'> => ({
  'metrics.list': async ({ tenant, params: { entityId = '', checkId = '' } }) =>
    value(whole((await seriesOf(api, tenant, entityId, checkId)).map(({ name, unit, type }) => ({ name, unit: unit === '' ? 'unknown' : unit, type: storageLetters[type] })))),
  'metrics.plot': (call) => plot(api, call),
})

/** The letters by which listings name the types of metrics (reference, section 10). */
const storageLetters: Readonly<Record<MetricType, string>> = { s: 'S', i: 'I', I: 'L', l: 'L', L: 'L', n: 'D' }

/** A check's series by the names that clients know: with their zone where there can be several. */
async function seriesOf(api: Api, tenant: string, entity: string, id: string): Promise<readonly (SeriesFacts & { readonly name: string })[]> {
  const { value: check } = await demand(api.configuration, 'check', { tenant, entity }, id, 'Check')
  const remote = api.checkTypes.find((one) => one.type === check.type)?.category === 'remote'
  return (await api.metrics.series(id)).map((facts) => ({ ...facts, name: remote ? `${facts.zone}.${facts.metric}` : facts.metric }))
}

interface PlotQuery { readonly from: number; readonly to: number; readonly points?: number; readonly resolution?: string; readonly select?: readonly string[]; readonly marker?: number }

async function plot(api: Api, call: Call): Promise<Reply> {
  const { tenant, params: { entityId = '', checkId = '', metricName = '' } } = call
  // The route's schema has read the query.
  const query = call.query as unknown as PlotQuery
  const shown = statisticsOf(query)
  const resolution = resolutionOf(query)
  const facts = (await seriesOf(api, tenant, entityId, checkId)).find((one) => one.name === metricName)
  if (facts === undefined) return value(whole([]))
  const points: Point[] = []
  const series = { check: checkId, zone: facts.zone, metric: facts.metric }
  for await (const point of api.metrics.read(series, query.marker ?? query.from, query.to, facts.type === 's' ? 'FULL' : resolution)) {
    points.push(point)
    if (points.length > limits.plotPoints) break
  }
  return value(page(points, shown, call))
}

/** What does not fit into one answer begins at `next_marker`. */
function page(points: readonly Point[], shown: readonly Statistic[], { place }: Call) {
  const next = points[limits.plotPoints]?.at
  const { values, metadata } = whole(points.slice(0, limits.plotPoints).map((point) => showPoint(point, shown)))
  if (next === undefined) return { values, metadata }
  const query = new URLSearchParams(place.query.filter(([key]) => key !== 'marker').map(([key, text]) => [key, text]))
  query.set('marker', String(next))
  return { values, metadata: { ...metadata, next_marker: String(next), next_href: `${place.url}?${query.toString()}` } }
}

function showPoint(point: Point, shown: readonly Statistic[]): Readonly<Record<string, number | string>> {
  if (point.text !== undefined) return { timestamp: point.at, numPoints: 1, value: point.text }
  const all: Readonly<Record<Statistic, number>> = { average: point.average, variance: point.variance, min: point.minimum, max: point.maximum, numPoints: point.count }
  return { timestamp: point.at, ...Object.fromEntries(shown.map((name) => [name, all[name]])) }
}

function statisticsOf({ select }: PlotQuery): readonly Statistic[] {
  const choice = selected(select ?? [])
  if (!choice.ok) throw invalid('select', `must be of average, variance, min, max, numPoints; found ${JSON.stringify(choice.wrong.slice(0, 60))}`)
  return choice.statistics
}

function resolutionOf({ from, to, points, resolution }: PlotQuery): PlotResolution {
  if (to <= from) throw invalid('to', `must be greater than from; found ${to}`)
  // The route's schema lets no other words through.
  if (resolution !== undefined) return resolution.toUpperCase() as PlotResolution
  if (points === undefined) throw invalid('points', 'one of points and resolution is required')
  return resolutionFor(points, from, to)
}
