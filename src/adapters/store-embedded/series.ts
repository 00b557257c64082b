import type { MetricType } from '../../core/alarm-language/types.ts'
import type { SeriesFacts } from '../../contracts/metric-store.ts'
import type { Observation } from '../../core/observation.ts'
import { Newest, type Series } from './newest.ts'
import type { Opened } from './protocol.ts'
import { shapeOf, type Shape } from './shapes.ts'
import type { Words } from './words.ts'

/** All series, by check and zone, with the metrics that they have. New ones define themselves in the next batch. */
export class SeriesTable {
  readonly #checks = new Map<string, Series[]>()
  readonly #facts: Map<string, SeriesFacts>[] = []
  readonly #words: Words

  constructor(words: Words, opened: Pick<Opened, 'series' | 'metrics'>) {
    this.#words = words
    for (const [id, check, zone] of opened.series) this.#add(id, check, zone).known = true
    const zones = new Map(opened.series.map(([id, , zone]) => [id, zone]))
    for (const [id, metric, type, unit] of opened.metrics) {
      // The type is one that a metric had when it was learned.
      this.#facts[id]?.set(metric, { zone: zones.get(id) ?? '', metric, type: type as MetricType, unit })
    }
  }

  find(check: string, zone: string): Series | undefined {
    return this.#checks.get(check)?.find((series) => series.zone === zone)
  }

  ofCheck(check: string): readonly Series[] {
    return this.#checks.get(check) ?? []
  }

  of(observation: Observation): Series {
    return this.find(observation.check, observation.zone) ?? this.#define(observation)
  }

  /** The shape of an observation; a new one teaches us its metrics, except from a test, which leaves none. */
  shape(series: Series, observation: Observation): Shape {
    const shape = shapeOf(observation.metrics, series.shape)
    if (shape === series.shape || observation.kind === 'test') return shape
    this.#learn(series, shape)
    series.shape = shape
    return shape
  }

  /** The metrics of a check, sorted by zone and name. */
  facts(check: string): SeriesFacts[] {
    const facts = this.ofCheck(check).flatMap((series) => (series.known ? [...(this.#facts[series.id]?.values() ?? [])] : []))
    return facts.sort((a, b) => compare(a.zone, b.zone) || compare(a.metric, b.metric))
  }

  #define({ check, zone }: Observation): Series {
    const series = this.#add(this.#facts.length, check, zone)
    this.#words.fresh.series.push([series.id, check, zone])
    return series
  }

  #add(id: number, check: string, zone: string): Series {
    const series: Series = { id, check, zone, shape: undefined, known: false, newest: new Newest() }
    const others = this.#checks.get(check)
    if (others === undefined) this.#checks.set(check, [series])
    else others.push(series)
    this.#facts[id] = new Map()
    return series
  }

  #learn(series: Series, shape: Shape): void {
    const facts = this.#facts[series.id]
    for (const { name, type, unit } of shape.fields) {
      const known = facts?.get(name)
      if (known?.type === type && known.unit === unit) continue
      facts?.set(name, { zone: series.zone, metric: name, type, unit })
      this.#words.fresh.metrics.push([series.id, name, type, unit])
    }
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
