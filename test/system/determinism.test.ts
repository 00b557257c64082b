import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apart } from './apart.ts'

test('the same seed gives the same run, to the last stored byte; another seed another one', async () => {
  const runs = await apart('random-runs', { seeds: [7, 7, 8], mood: 'all' })
  const [first, again, other] = runs.map((run) => run.trace)
  assert.equal(first, again)
  assert.notEqual(first, other)
  assert.ok(runs.every((run) => run.observations > 500 && run.changes > 0))
})
