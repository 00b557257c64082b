import { clusterRun } from './cluster/cluster-run.ts'
import { alarm, entityWith, httpCheck } from './drafts.ts'
import { unhurried } from './world.ts'
import type { Mood } from './chaos.ts'
import { randomRun, type RandomRun } from './random-run.ts'
import { simulated, startSystem, type System } from './start-system.ts'

const zones = ['mzdfw', 'mzlon', 'mzord']
export interface LongRun {
  /** every state that was recorded, in order */
  readonly states: readonly string[]
  readonly mails: readonly string[]
  readonly problems: readonly string[]
}

function outcome(system: System): LongRun {
  const states = system.store.history.flatMap((write) => (write.kind === 'version' ? [write.row.state as string] : []))
  return {
    states: states.filter((state, at) => state !== states[at - 1]),
    mails: system.mailbox.all.map((mail) => `${new Date(mail.at).toISOString()} ${mail.state} ${mail.key}`),
    problems: system.problems(),
  }
}

/** A healthy site; one of its zones loses nothing, half or all of its packets, by turns. */
async function oneZoneCut({ seed, hours }: { readonly seed: number; readonly hours: number }): Promise<LongRun> {
  await using system = await startSystem(simulated({ seed, zones, ...unhurried }))
  const site = system.target.http()
  await system.create(entityWith(httpCheck(site.url), alarm('QUORUM')))
  for (let hour = 0; hour < hours; hour++) {
    await system.until(`${hour}h10m`)
    if (hour % 3 === 0) system.network.cut('mzlon')
    else system.network.join('mzlon')
    system.network.loss('mzlon', hour % 3 === 1 ? 0.5 : 0)
  }
  await system.until(`${hours}h`)
  return outcome(system)
}

/** Random faults under each of the seeds, one after the other. */
async function randomRuns({ seeds, mood }: { readonly seeds: readonly number[]; readonly mood: Mood }): Promise<readonly RandomRun[]> {
  const runs: RandomRun[] = []
  for (const seed of seeds) runs.push(await randomRun({ seed, mood }))
  return runs
}

export interface ClusterRuns { readonly problems: readonly string[]; readonly observations: number; readonly changes: number; readonly duplicates: number }
/** every so manyth seed runs twice */
const twiceEvery = 50

/** The cluster under each of the seeds; a seed that breaks a law says so with its timeline. */
async function clusterRuns({ from, to }: { readonly from: number; readonly to: number }): Promise<ClusterRuns> {
  const sum = { problems: [] as string[], observations: 0, changes: 0, duplicates: 0 }
  for (let seed = from; seed <= to; seed++) {
    const run = await clusterRun(seed)
    if (run.problems.length > 0) sum.problems.push([`seed ${seed}:`, ...run.journal, ...run.problems].join('\n  '))
    if (seed % twiceEvery === 0 && (await clusterRun(seed)).trace !== run.trace) sum.problems.push(`seed ${seed} gave another run the second time`)
    sum.observations += run.observations
    sum.changes += run.changes
    sum.duplicates += run.duplicates
  }
  return sum
}

export const longRuns = { 'one-zone-cut': oneZoneCut, 'random-runs': randomRuns, 'cluster-runs': clusterRuns } as const
export type LongRuns = typeof longRuns
