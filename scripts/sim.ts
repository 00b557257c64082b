import { parseArgs } from 'node:util'
import { randomRun } from '../test/system/random-run.ts'

/**
 * Simulates random faults under many seeds: `npm run sim -- --seeds 1..1000`. A seed that breaks a law is told with what
 * was done to it; `--seeds 17 --journal` tells that of any.
 */
const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1..100' }, mood: { type: 'string', default: 'both' }, journal: { type: 'boolean', default: false } },
})

function seedsOf(text: string): readonly number[] {
  const range = /^(\d+)(?:\.\.(\d+))?$/.exec(text)
  if (range === null) throw new RangeError(`--seeds ${text}: expected a number, or two as in 1..100`)
  const from = Number(range[1])
  return Array.from({ length: Number(range[2] ?? from) - from + 1 }, (_, n) => from + n)
}

const moods = (['all', 'ours'] as const).filter((mood) => values.mood === 'both' || values.mood === mood)
if (moods.length === 0) throw new RangeError(`--mood ${values.mood}: expected all, ours or both`)

const started = performance.now()
const total = { runs: 0, failed: 0, observations: 0, versions: 0, mails: 0, duplicates: 0 }
for (const seed of seedsOf(values.seeds)) {
  for (const mood of moods) {
    const run = await randomRun({ seed, mood })
    total.runs += 1
    total.observations += run.observations
    total.versions += run.versions
    total.mails += run.mails
    total.duplicates += run.duplicates
    if (run.problems.length > 0) total.failed += 1
    if (run.problems.length > 0 || values.journal) console.log([`seed ${seed}, ${mood}, trace ${run.trace.slice(0, 16)}`, ...run.journal, ...run.problems].join('\n  '))
  }
}
console.log(`${total.runs} runs, ${total.failed} broke a law: ${total.observations} observations, ${total.versions} versions, ${total.mails} messages, ${total.duplicates} of them again, in ${((performance.now() - started) / 1000).toFixed(0)} s`)
process.exitCode = total.failed > 0 ? 1 : 0
