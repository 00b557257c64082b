import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apart } from './apart.ts'

/** `npm run sim -- --seeds 1..1000` tries more. */
const seeds = Array.from({ length: 10 }, (_, n) => n + 1)
const problemsOf = (runs: readonly { readonly problems: readonly string[] }[]) => runs.flatMap((run, at) => run.problems.map((problem) => `seed ${seeds[at]}: ${problem}`))

test('whatever fails, no law of deciding is broken, and the truth is found again', async () => {
  const runs = await apart('random-runs', { seeds, mood: 'all' })
  assert.deepEqual(problemsOf(runs), [])
  assert.ok(runs.some((run) => run.duplicates > 0), 'the runs were too tame to cause a duplicate')
})

test('whatever of ours fails, nobody is paged while the sites are well', async () => {
  const runs = await apart('random-runs', { seeds, mood: 'ours' })
  assert.deepEqual(problemsOf(runs), [])
  assert.deepEqual(runs.flatMap((run) => run.mails), runs.map(() => 0))
})
