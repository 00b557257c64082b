import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Observation } from '../../../core/observation.ts'
import { observationId } from '../../../core/observation.ts'
import { inOrder } from '../order.ts'
import type { Calls, Cursor } from '../protocol.ts'
import { readRecord, type KnownNames } from '../record.ts'
import { readBlock, readSamples, samplesOf, type Samples } from './block.ts'
import type { Hot } from './hot.ts'

/**
 * What is durable but not in blocks: what comes in now, and what is on its way into blocks. Batches are numbered here and
 * not by the table: an empty one would begin anew, and new batches would be taken for old ones.
 */
export interface HotParts { active: Hot; leaving: Hot | undefined; lastBatch: number }
export interface BlockRow { readonly id: number; readonly start: number; readonly end: number; readonly count: number; readonly body: Uint8Array }

const columns = 'id, start, "end", count, body'
const overlapping = `SELECT ${columns} FROM block WHERE series = ? AND "end" >= ? AND start < ? ORDER BY start`
const backwards = `SELECT ${columns} FROM block WHERE series = ? AND start < ? ORDER BY "end" DESC`

/** Reads a series' observations wherever they lie. */
export class SeriesReader {
  readonly #hot: HotParts
  readonly #names: KnownNames
  readonly #overlapping: StatementSync
  readonly #backwards: StatementSync

  constructor(database: DatabaseSync, hot: HotParts, names: KnownNames) {
    this.#hot = hot
    this.#names = names
    this.#overlapping = database.prepare(overlapping)
    this.#backwards = database.prepare(backwards)
  }

  /** What blocks have, and `more` beside them: oldest first, each identity once; `from` inside and `to` not. */
  between(series: number, from: number, to: number, more: readonly Observation[]): Observation[] {
    const stored = this.blocks(series, from, to).flatMap((block) => this.open(series, block))
    return inOrder([...stored, ...more].filter(({ at }) => at >= from && at < to))
  }

  /** What is not in blocks yet, in the order in which it came. */
  hot(series: number): Observation[] {
    return [this.#hot.leaving, this.#hot.active].flatMap((part) => (part === undefined ? [] : this.records(part, series)))
  }

  /** A series' observations in one part of the hot ones. */
  records(part: Hot, series: number): Observation[] {
    return part.read(series, (bytes) => readRecord(bytes, this.#names))
  }

  /** The blocks with anything from `from` (inside) to `to` (not), by their start. */
  blocks(series: number, from: number, to: number): BlockRow[] {
    // The statement names the columns of BlockRow.
    return this.#overlapping.all(series, from, to) as unknown as BlockRow[]
  }

  open(series: number, block: BlockRow): Observation[] {
    return readBlock(block.body, this.#names.series(series), this.#names)
  }

  /** The numbers of each metric, from blocks and from `more`, in time order. */
  samples(series: number, from: number, to: number, more: readonly Observation[]): Map<string, Samples> {
    const beside = more.filter(({ at }) => at >= from && at < to)
    // Up to the first of those, blocks alone tell everything, and need not be read whole.
    const cut = beside.reduce((earliest, { at }) => Math.min(earliest, at), to)
    const all = new Map<string, Samples>()
    for (const block of this.blocks(series, from, cut)) addSamples(all, readSamples(block.body, this.#names), from, cut)
    if (cut === to) return all
    for (const { at, kind, metrics } of this.between(series, cut, to, beside)) {
      for (const [metric, { value }] of Object.entries(metrics)) {
        if (kind === 'test' || typeof value !== 'number' || !Number.isFinite(value)) continue
        const { times, numbers } = samplesOf(all, metric)
        times.push(at)
        numbers.push(value)
      }
    }
    return all
  }

  newest({ series, count }: Calls['newest'][0]): Calls['newest'][1] {
    return this.#last(series, Infinity, count, () => true).toReversed()
  }

  /** The last observation before `before` of which `wanted` says so. */
  lastBefore(series: number, before: number, wanted: (observation: Observation) => boolean): Observation | undefined {
    return this.#last(series, before, 1, wanted)[0]
  }

  range({ series, from, to, after, limit }: Calls['range'][0]): Calls['range'][1] {
    const start = Math.max(from, after?.at ?? from)
    const wanted = (observation: Observation) => observation.at >= start && observation.at < to && isBehind(observation, after)
    const found = this.hot(series).filter(wanted)
    let horizon = to
    for (const block of this.blocks(series, start, to)) {
      // What lies before this block's start is complete by now.
      if (found.filter(({ at }) => at < block.start).length > limit) {
        horizon = block.start
        break
      }
      found.push(...this.open(series, block).filter(wanted))
    }
    const rest = inOrder(found).filter(({ at }) => at < horizon)
    const observations = rest.slice(0, limit)
    const last = observations.at(-1)
    const more = rest.length > limit || horizon < to
    return { observations, next: more && last !== undefined ? { at: last.at, id: observationId(last) } : null }
  }

  #last(series: number, before: number, count: number, wanted: (observation: Observation) => boolean): Observation[] {
    const fits = (observation: Observation) => observation.at < before && wanted(observation)
    let found = inOrder(this.hot(series).filter(fits)).slice(-count)
    for (const row of this.#backwards.iterate(series, before)) {
      const block = row as unknown as BlockRow
      if (found.length >= count && found[0]!.at > block.end) break
      found = inOrder([...this.open(series, block).filter(fits), ...found]).slice(-count)
    }
    return found
  }
}

function addSamples(all: Map<string, Samples>, some: ReadonlyMap<string, Samples>, from: number, to: number): void {
  for (const [metric, samples] of some) {
    const { times, numbers } = samplesOf(all, metric)
    for (const [i, time] of samples.times.entries()) {
      if (time < from || time >= to) continue
      times.push(time)
      numbers.push(samples.numbers[i]!)
    }
  }
}

function isBehind(observation: Observation, cursor: Cursor | null): boolean {
  if (cursor === null || observation.at !== cursor.at) return cursor === null || observation.at > cursor.at
  return observationId(observation) > cursor.id
}
