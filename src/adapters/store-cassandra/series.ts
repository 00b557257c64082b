import type { SeriesFacts } from '../../contracts/metric-store.ts'
import type { Metric } from '../../core/alarm-language/types.ts'
import { parseShape, shapeOf, type Shape } from '../store-embedded/shapes.ts'
import { levels } from './rollups-row.ts'
import type { SeriesKey } from './rollups-table.ts'
import type { Session } from './session.ts'
import type { Statement } from './statement.ts'
import { together } from './together.ts'

/** s for which a series is known after this program last started to write it: as long as its coarsest rollup. */
const life = levels.at(-1)!.retention / 1000
/** Shapes that are remembered of one series: those of a check that answers, fails, answers in part. */
const shapesOfSeries = 6
/** Different shapes that are kept once for all series. */
const sharedShapes = 10_000
const writesAtOnce = 64
/** Series that this process remembers; whichever is older makes room and is learned again. */
const seriesLimit = 200_000

// QUORUM: who asks in another region after the acknowledgement finds the metrics. The time tells which of two types is the later one.
const writeShape: Statement = { cql: `INSERT INTO series (check_id, zone, metrics, noted) VALUES (?, ?, ?, toTimestamp(now())) USING TTL ${life}`, consistency: 'QUORUM', idempotent: true, about: 'noting the metrics of a check' }
// QUORUM: as above.
const readShapes: Statement = { cql: 'SELECT zone, metrics, noted FROM series WHERE check_id = ?', consistency: 'QUORUM', idempotent: true, about: 'reading the metrics of a check' }

/** What this process knows of the metrics of one check in one zone; everything in it can be learned again. */
export class Series implements SeriesKey {
  readonly check: string
  readonly zone: string
  shapes: readonly Shape[] = []
  /** by level: the last bucket that will be rolled up, and the end of the last one that was */
  readonly open: (number | undefined)[] = []
  readonly done: (number | undefined)[] = []
  /** buckets of late observations that are marked already → when (monotonic ms) */
  readonly marked = new Map<number, number>()
  /** how often its late buckets were taken up: a mark that was written meanwhile may be cleared already */
  mendings = 0

  constructor(check: string, zone: string) {
    this.check = check
    this.zone = zone
  }
}

/** All series that this process has seen lately, and the table of their metrics' names, types and units. */
export class SeriesTable {
  readonly #session: Session
  readonly #series = new Map<string, Series>()
  readonly #shapes = new Map<string, Shape>()

  constructor(session: Session) {
    this.#session = session
  }

  of(check: string, zone: string): Series {
    const name = `${check}\n${zone}`
    const known = this.#series.get(name)
    if (known !== undefined) return known
    const series = new Series(check, zone)
    const [oldest] = this.#series.keys()
    if (this.#series.size >= seriesLimit && oldest !== undefined) this.#series.delete(oldest)
    this.#series.set(name, series)
    return series
  }

  /** Writes what is new of the metrics of these series. */
  async learn(seen: readonly (readonly [Series, Readonly<Record<string, Metric>>])[]): Promise<void> {
    const fresh = new Map<string, readonly [Series, Shape]>()
    for (const [series, metrics] of seen) {
      const shape = shapeOf(metrics, series.shapes[0])
      if (shape.fields.length > 0 && !series.shapes.some(({ word }) => word === shape.word)) fresh.set(`${series.check}\n${series.zone}\n${shape.word}`, [series, this.#shared(shape)])
    }
    await together([...fresh.values()], writesAtOnce, async ([series, shape]) => {
      await this.#session.execute(writeShape, [series.check, series.zone, shape.word])
      series.shapes = [shape, ...series.shapes].slice(0, shapesOfSeries)
    })
  }

  /** The metrics of a check, sorted by zone and name; of one that had two types the later one. */
  async facts(check: string): Promise<readonly SeriesFacts[]> {
    const facts = new Map<string, SeriesFacts>()
    const rows = (await this.#session.execute(readShapes, [check])).toSorted((a, b) => Number(a.get('noted')) - Number(b.get('noted')))
    for (const row of rows) {
      const zone = String(row.get('zone'))
      for (const { name, type, unit } of parseShape(String(row.get('metrics'))).fields) facts.set(`${zone}\n${name}`, { zone, metric: name, type, unit })
    }
    return [...facts.values()].sort((a, b) => compare(a.zone, b.zone) || compare(a.metric, b.metric))
  }

  #shared(shape: Shape): Shape {
    const known = this.#shapes.get(shape.word)
    if (known !== undefined) return known
    if (this.#shapes.size < sharedShapes) this.#shapes.set(shape.word, shape)
    return shape
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
