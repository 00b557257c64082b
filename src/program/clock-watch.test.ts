import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clockWatch } from './clock-watch.ts'

test('a clock that was set back is told until the old time is reached again', () => {
  let time = Date.UTC(2026, 0, 2)
  const problem = clockWatch({ now: () => time })
  const steps: readonly (readonly [by: number, told: boolean])[] = [[1000, false], [3_600_000, false], [-1500, false], [-3_600_000, true], [3_000_000, true], [600_000, false], [10_000, false]]
  for (const [by, told] of steps) {
    time += by
    assert.equal(problem() !== undefined, told, `after ${by} ms`)
  }
  time -= 60_000
  assert.equal(problem(), 'the clock was set back: what was seen until 2026-01-02T01:00:09.500Z stands until then')
})
