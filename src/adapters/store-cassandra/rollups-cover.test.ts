import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rangesOf, uncovered, validRows } from './rollups-cover.ts'

const row = (at: number, since = at, seen = 1) => ({ at, since, seen, metrics: new Map() })
const range = { from: 0, to: 100 }
const gaps = (...[rows, marks]: [rows: readonly ReturnType<typeof row>[], marks?: readonly number[]]) => uncovered(rows, range, 10, marks ?? []).map(({ from, to }) => [from, to])

test('what no row vouches for is a gap: neither a row nor the emptiness before one, or marked', () => {
  assert.deepEqual(gaps([]), [[0, 100]])
  assert.deepEqual(gaps([row(0), row(10), row(90)]), [[20, 90]])
  assert.deepEqual(gaps([row(0), row(10), row(90, 20)]), [])
  assert.deepEqual(gaps([row(40, -50), row(90, 60)]), [[50, 60]])
  assert.deepEqual(gaps([row(0), row(90, 10)], [34, 45, 71]), [[30, 50], [70, 80]])
  assert.deepEqual(gaps([row(0), row(90, 10)], [10, 23, 45, 61, 80]), [[10, 30], [40, 50], [60, 70], [80, 90]])
  assert.deepEqual(gaps([], [10]), [[0, 100]])
  assert.deepEqual(gaps([row(0), row(20), row(40), row(60), row(80)]), [[10, 100]], 'many are read as one')
})

test('of the rows of a bucket the one that has seen most is valid, and none of a marked one', () => {
  assert.deepEqual(validRows([row(0, 0, 2), row(0, 0, 3), row(0, 0, 1), row(10), row(20)], 10, [15]), [row(0, 0, 3), row(20)])
})

test('buckets that lie near each other are one range', () => {
  assert.deepEqual(rangesOf([0, 10, 50, 20, 200], 10, 20), [{ from: 0, to: 60 }, { from: 200, to: 210 }])
  assert.deepEqual(rangesOf([0, 50], 10, 10), [{ from: 0, to: 10 }, { from: 50, to: 60 }])
})
