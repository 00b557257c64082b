import { parseArgs } from 'node:util'
import { clusterRun } from '../test/system/cluster/cluster-run.ts'
import { randomRun } from '../test/system/random-run.ts'

/**
 * Simulates random faults under many seeds: `npm run sim -- --seeds 1..500`. The world is a cluster of three regions on
 * replicas, or with `--world single` servers on one faulty store. A seed that breaks a law is told with its timeline;
 * `--seeds 17 --journal` tells that of any. Every fiftieth seed runs twice and has to give the same.
 */
const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1..100' }, world: { type: 'string', default: 'cluster' }, journal: { type: 'boolean', default: false } },
})

function seedsOf(text: string): readonly number[] {
  const range = /^(\d+)(?:\.\.(\d+))?$/.exec(text)
  if (range === null) throw new RangeError(`--seeds ${text}: expected a number, or two as in 1..100`)
  const from = Number(range[1])
  return Array.from({ length: Number(range[2] ?? from) - from + 1 }, (_, n) => from + n)
}

const worlds = {
  cluster: [['cluster', (seed: number) => clusterRun(seed)]],
  single: (['all', 'ours'] as const).map((mood) => [mood, (seed: number) => randomRun({ seed, mood })] as const),
} as const
if (!Object.hasOwn(worlds, values.world)) throw new RangeError(`--world ${values.world}: expected cluster or single`)
const runs = worlds[values.world as keyof typeof worlds] // it has this name
const twiceEvery = 50

const started = performance.now()
const cpu = process.cpuUsage()
const total = { runs: 0, failed: 0, observations: 0, versions: 0, mails: 0, duplicates: 0 }
for (const seed of seedsOf(values.seeds)) {
  for (const [name, run] of runs) {
    const result = await run(seed)
    const again = seed % twiceEvery === 0 ? await run(seed) : result
    const problems = [...result.problems, ...(again.trace === result.trace ? [] : ['the same seed gave another run'])]
    total.runs += 1
    total.observations += result.observations
    total.versions += result.versions
    total.mails += result.mails
    total.duplicates += result.duplicates
    if (problems.length > 0) total.failed += 1
    if (problems.length > 0 || values.journal) console.log([`seed ${seed}, ${name}, trace ${result.trace.slice(0, 16)}`, ...result.journal, ...problems].join('\n  '))
  }
}
const { user, system } = process.cpuUsage(cpu)
console.log(`${total.runs} runs, ${total.failed} broke a law: ${total.observations} observations, ${total.versions} versions, ${total.mails} messages, ${total.duplicates} of them again, in ${((performance.now() - started) / 1000).toFixed(0)} s, ${((user + system) / 1e6 / total.runs).toFixed(2)} CPU s a run`)
process.exitCode = total.failed > 0 ? 1 : 0
