import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolutionFor, selected } from './plot.ts'

const day = 86_400_000

test('points choose the resolution that the reference publishes for two days', () => {
  const table = [[5760, 'FULL'], [3168, 'FULL'], [3167, 'MIN5'], [360, 'MIN5'], [359, 'MIN20'], [96, 'MIN20'], [95, 'MIN60'], [30, 'MIN60'], [29, 'MIN240'], [7, 'MIN240'], [6, 'MIN1440'], [0, 'MIN1440']] as const
  for (const [points, resolution] of table) assert.equal(resolutionFor(points, 0, 2 * day), resolution, `${points} points`)
})

test('points over other ranges', () => {
  for (const [points, range, resolution] of [[120, 3_600_000, 'FULL'], [12, 3_600_000, 'MIN5'], [1, 3_600_000, 'MIN60'], [365, 365 * day, 'MIN1440'], [1_000_000, day, 'FULL'], [10, 1, 'FULL']] as const) assert.equal(resolutionFor(points, 0, range), resolution, `${points} over ${range}`)
})

test('what is selected, in any form, and numPoints always', () => {
  assert.deepEqual(selected([]), { ok: true, statistics: ['average', 'numPoints'] })
  assert.deepEqual(selected(['max,min', 'variance']), { ok: true, statistics: ['variance', 'min', 'max', 'numPoints'] })
  assert.deepEqual(selected(['average', 'median']), { ok: false, wrong: 'median' })
})
