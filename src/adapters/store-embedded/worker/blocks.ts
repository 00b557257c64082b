import type { DatabaseSync } from 'node:sqlite'
import { observationId, type Observation } from '../../../core/observation.ts'
import { inOrder } from '../order.ts'
import { writeBlock } from './block.ts'
import type { BlockRow, SeriesReader } from './reader.ts'

const addBlock = 'INSERT INTO block (series, start, "end", count, body) VALUES (?, ?, ?, ?, ?)'
const dropBlock = 'DELETE FROM block WHERE id = ?'
const lastBlock = 'SELECT id, start, "end", count, body FROM block WHERE series = ? ORDER BY "end" DESC LIMIT 1'

/** Puts observations of a series into blocks, and tells which of them were not there before. */
export function blockWriter(database: DatabaseSync, reader: SeriesReader, blockCount: number): (series: number, observations: readonly Observation[]) => readonly Observation[] {
  const [add, drop, last] = [database.prepare(addBlock), database.prepare(dropBlock), database.prepare(lastBlock)]

  /** Blocks that have to be made again: those in whose time something falls, and a last one with room for all. */
  const touched = (series: number, start: number, end: number, count: number): BlockRow[] => {
    const within = reader.blocks(series, start, end).concat(reader.blocks(series, end, end + 1))
    const tail = last.get(series) as unknown as BlockRow | undefined
    const all = tail !== undefined && tail.count + count <= blockCount ? [...within, tail] : within
    return [...new Map(all.map((block) => [block.id, block])).values()]
  }

  return (series, observations) => {
    const sorted = inOrder([...observations])
    const [first, final] = [sorted[0], sorted.at(-1)]
    if (first === undefined || final === undefined) return []
    const blocks = touched(series, first.at, final.at, sorted.length)
    const present = blocks.flatMap((block) => reader.open(series, block))
    const fresh = withoutKnown(sorted, present)
    if (fresh.length === 0) return []
    for (const block of blocks) drop.run(block.id)
    const merged = inOrder([...present, ...fresh])
    const size = Math.ceil(merged.length / Math.max(1, Math.round(merged.length / blockCount)))
    for (let i = 0; i < merged.length; i += size) {
      const part = merged.slice(i, i + size)
      add.run(series, part[0]!.at, part.at(-1)!.at, part.length, writeBlock(part))
    }
    return fresh
  }
}

function withoutKnown(observations: readonly Observation[], present: readonly Observation[]): readonly Observation[] {
  const [first, last] = [observations[0]!.at, observations.at(-1)!.at]
  const known = new Set(present.filter(({ at }) => at >= first && at <= last).map(observationId))
  return known.size === 0 ? observations : observations.filter((observation) => !known.has(observationId(observation)))
}
