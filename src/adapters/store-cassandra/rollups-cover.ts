import { bucketStart } from '../../core/rollup/bucket.ts'
import type { RollupRow } from './rollups-row.ts'

/** Times from `from` (inside) to `to` (not). */
export interface Range { readonly from: number; readonly to: number }

/** Past so many ranges their hull is read instead: one longer read is cheaper than many. */
const rangeLimit = 4

/** Of the rows of each bucket the one that has seen most; marked buckets have none. */
export function validRows(rows: readonly RollupRow[], length: number, marks: readonly number[]): RollupRow[] {
  const marked = new Set(marks.map((at) => bucketStart(at, length)))
  const best = new Map<number, RollupRow>()
  for (const row of rows) if (!marked.has(row.at) && row.seen > (best.get(row.at)?.seen ?? 0)) best.set(row.at, row)
  return [...best.values()].sort((a, b) => a.at - b.at)
}

/** What of a range no row vouches for: neither in a row nor in the emptiness before one, or marked. In time order, joined. */
export function uncovered(rows: readonly RollupRow[], { from, to }: Range, length: number, marks: readonly number[]): readonly Range[] {
  const gaps: Range[] = marks.map((at) => bucketStart(at, length)).map((at) => ({ from: Math.max(from, at), to: Math.min(to, at + length) }))
  let at = from
  for (const row of rows) {
    gaps.push({ from: at, to: Math.min(row.at, Math.max(at, row.since)) })
    at = row.at + length
  }
  gaps.push({ from: at, to })
  return fewer(joined(gaps))
}

/** Buckets as ranges: those that touch, or lie no further apart than `reach`, in one. */
export function rangesOf(buckets: readonly number[], length: number, reach: number): readonly Range[] {
  return joined(buckets.map((at) => ({ from: at, to: at + length + reach }))).map(({ from, to }) => ({ from, to: to - reach }))
}

function joined(ranges: readonly Range[]): readonly Range[] {
  const result: Range[] = []
  for (const range of ranges.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last === undefined || range.from > last.to) result.push(range)
    else result[result.length - 1] = { from: last.from, to: Math.max(last.to, range.to) }
  }
  return result
}

function fewer(ranges: readonly Range[]): readonly Range[] {
  const [first, last] = [ranges[0], ranges.at(-1)]
  return ranges.length <= rangeLimit || first === undefined || last === undefined ? ranges : [{ from: first.from, to: last.to }]
}
