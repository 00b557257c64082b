import type { Observation } from '../../../core/observation.ts'
import { observationId } from '../../../core/observation.ts'
import { inOrder } from '../order.ts'
import type { Calls, Cursor } from '../protocol.ts'
import { readRecord, type KnownNames } from '../record.ts'
import type { Hot } from './hot.ts'

/** Reads a series' observations wherever they lie. */
export class SeriesReader {
  readonly #hot: Hot
  readonly #names: KnownNames

  constructor(hot: Hot, names: KnownNames) {
    this.#hot = hot
    this.#names = names
  }

  /** Oldest first, each identity once; `from` inside and `to` not. */
  between(series: number, from: number, to: number): Observation[] {
    const found: Observation[] = []
    for (const reader of this.#hot.readers(series)) {
      const observation = readRecord(reader, this.#names)
      if (observation.at >= from && observation.at < to) found.push(observation)
    }
    return inOrder(found.toReversed())
  }

  newest({ series, count }: Calls['newest'][0]): Calls['newest'][1] {
    return this.between(series, -Infinity, Infinity).slice(-count).toReversed()
  }

  range({ series, from, to, after, limit }: Calls['range'][0]): Calls['range'][1] {
    const rest = this.between(series, Math.max(from, after?.at ?? from), to).filter((observation) => isBehind(observation, after))
    const observations = rest.slice(0, limit)
    const last = observations.at(-1)
    return { observations, next: rest.length > limit && last !== undefined ? { at: last.at, id: observationId(last) } : null }
  }
}

function isBehind(observation: Observation, cursor: Cursor | null): boolean {
  if (cursor === null || observation.at !== cursor.at) return cursor === null || observation.at > cursor.at
  return observationId(observation) > cursor.id
}
