import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apart } from './apart.ts'

/** A seed takes about 0.6 s of a processor, half of them here and half beside: some three minutes on two. `npm run sim` tries more. */
const halves = [{ from: 1, to: 250 }, { from: 251, to: 500 }] as const

test('three regions, whatever fails: 500 seeds break no law of deciding, lose nothing and find the truth again', { timeout: 1_800_000 }, async () => {
  const runs = await Promise.all(halves.map((half) => apart('cluster-runs', half)))
  assert.deepEqual(runs.flatMap((run) => run.problems), [])
  for (const { observations, changes, duplicates } of runs) {
    assert.ok(observations > 100_000 && changes > 1000 && duplicates > 0, `too tame: ${observations} observations, ${changes} changes, ${duplicates} messages that came again`)
  }
})
