import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { merge, rollUp, rollUpSamples, type Bucket } from './bucket.ts'

const samples = fc.array(fc.tuple(fc.nat(100_000), fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.double({ min: -10, max: 10, noNaN: true }))), { minLength: 1, maxLength: 60 })
  .map((pairs) => pairs.sort(([a], [b]) => a - b))
const single = ([at, value]: readonly [number, number]): Bucket => ({ at, count: 1, average: value, minimum: value, maximum: value, variance: 0 })

function assertClose(actual: readonly Bucket[], expected: readonly Bucket[]): void {
  assert.deepEqual(actual.map(({ at, count, minimum, maximum }) => [at, count, minimum, maximum]), expected.map(({ at, count, minimum, maximum }) => [at, count, minimum, maximum]))
  for (const [i, { average, variance }] of expected.entries()) {
    assert.ok(Math.abs(actual[i]!.average - average) < 1e-8 && Math.abs(actual[i]!.variance - variance) < 1e-5, JSON.stringify([actual[i], expected[i]]))
  }
}

test('rolling up in steps equals rolling up at once', () => {
  fc.assert(fc.property(samples, fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 20 }), (pairs, fine, times) => {
    const singles = pairs.map(single)
    assertClose(rollUp(rollUp(singles, fine), fine * times), rollUp(singles, fine * times))
    assertClose(rollUpSamples(pairs.map(([at]) => at), pairs.map(([, value]) => value), fine), rollUp(singles, fine))
  }))
})

test('merging is the same from both sides, but for where it starts', () => {
  fc.assert(fc.property(samples, samples, (left, right) => {
    const [a, b] = [rollUp(left.map(single), 1e6)[0]!, rollUp(right.map(single), 1e6)[0]!]
    assertClose([merge(a, b)], [merge(b, a)])
  }))
})

test('a bucket has the population variance, and starts at a multiple of its length', () => {
  assert.deepEqual(rollUpSamples([299_999, 300_000, 300_001, 599_999], [9, 2, 4, 6], 300_000), [
    { at: 0, count: 1, average: 9, minimum: 9, maximum: 9, variance: 0 },
    { at: 300_000, count: 3, average: 4, minimum: 2, maximum: 6, variance: 8 / 3 },
  ])
  assert.deepEqual(rollUpSamples([], [], 300_000), [])
})
