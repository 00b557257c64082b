import { randomUUID } from 'node:crypto'
import type { Clock } from '../../contracts/clock.ts'
import type { Log } from '../../contracts/log.ts'
import { resolutions, type MetricStore, type Point, type Series as SeriesName } from '../../contracts/metric-store.ts'
import type { ObservationStore } from '../../contracts/observation-store.ts'
import { bucketStart } from '../../core/rollup/bucket.ts'
import type { Observation } from '../../core/observation.ts'
import { levels } from './rollups-row.ts'
import { Rollups } from './rollups.ts'
import { RollupTables } from './rollups-table.ts'
import { RollupWriter } from './rollups-writer.ts'
import type { StoreTime } from './schedule-time.ts'
import { SeriesTable } from './series.ts'
import type { Session } from './session.ts'

export interface MetricOptions {
  readonly time: Pick<StoreTime, 'now'>
  readonly clock: Clock
  readonly log: Log
  readonly observationRetention: number
}

export interface CassandraMetrics extends MetricStore, AsyncDisposable {
  /** These were stored; resolves when their metrics can be found, and no rollup hides them. They are acknowledged after that. */
  noted(observations: readonly Observation[]): Promise<void>
  /** Writes now what is written in the background some minutes after a bucket has ended. */
  tidy(): Promise<void>
}

/** How far back (ms) the value before a range of texts is looked for, step by step. */
const lookBack = [3_600_000, 6 * 3_600_000, 24 * 3_600_000] as const

/** Metrics: samples are read from the observations, where they are; rollups are written beside them. */
export function metricStore(session: Session, observations: ObservationStore, options: MetricOptions): CassandraMetrics {
  const { clock, observationRetention } = options
  const [tables, table] = [new RollupTables(session), new SeriesTable(session)]
  const rollups = new Rollups(tables, observations, observationRetention)
  const writer = new RollupWriter({ ...options, tables, rollups, life: randomUUID() })

  async function* rolledUp({ metric, ...key }: SeriesName, from: number, to: number, length: number): AsyncGenerator<Point> {
    const range = { from: Math.ceil(from / length) * length, to: Math.ceil(to / length) * length }
    if (range.from >= range.to) return
    const marks = (await tables.marks(key, range)).map(({ at }) => at)
    for (const row of await rollups.rows(levels.findIndex((level) => level.length === length), key, range, { marks, now: clock.now() })) {
      const point = row.metrics.get(metric)
      if (point !== undefined) yield point
    }
  }

  return {
    series: (check) => table.facts(check),
    async *read(series, from, to, resolution) {
      if (from >= to) return
      yield* resolution === 'FULL' ? samples(observations, series, from, to, observationRetention) : rolledUp(series, from, to, resolutions[resolution])
    },
    async noted(stored) {
      const seen = stored.filter(({ kind }) => kind !== 'test').map((observation) => [table.of(observation.check, observation.zone), observation] as const)
      await Promise.all([
        table.learn(seen.map(([series, { metrics }]) => [series, metrics])),
        writer.noted(seen.map(([series, { at }]) => [series, bucketStart(at, resolutions.MIN5)])),
      ])
    },
    tidy: () => writer.work(true),
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  }
}

async function* samples(observations: ObservationStore, { check, zone, metric }: SeriesName, from: number, to: number, retention: number): AsyncGenerator<Point> {
  let before: { readonly text: string | undefined } | undefined
  for await (const { at, kind, metrics } of observations.range(check, zone, from, to)) {
    if (kind === 'test' || !Object.hasOwn(metrics, metric)) continue
    const { value } = metrics[metric]!
    if (typeof value === 'number') {
      yield { at, count: 1, average: value, minimum: value, maximum: value, variance: 0 }
      continue
    }
    before ??= { text: await textBefore(observations, { check, zone, metric }, from, retention) }
    if (value !== before.text) yield { at, count: 1, average: 0, minimum: 0, maximum: 0, variance: 0, text: value }
    before = { text: value }
  }
}

async function textBefore(observations: ObservationStore, { check, zone, metric }: SeriesName, at: number, retention: number): Promise<string | undefined> {
  let to = at
  for (const back of [...lookBack, retention]) {
    let text: string | undefined
    for await (const { kind, metrics } of observations.range(check, zone, at - back, to)) {
      const value = kind !== 'test' && Object.hasOwn(metrics, metric) ? metrics[metric]!.value : undefined
      if (typeof value === 'string') text = value
    }
    if (text !== undefined) return text
    to = at - back
  }
  return undefined
}
