import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { dice } from './lab/dice.ts'
import { acknowledgedBy, audit, keepReporting, makeJobs, settled, type Audit, type Job } from './lab/jobs.ts'
import { webhookReceiver } from './lab/receivers.ts'
import { startVedette, type Vedette } from './lab/vedette.ts'

/**
 * kill -9 of the whole process at random moments under load: `npm run chaos:one -- --kills 200`.
 * Load: heartbeats over HTTP, each acknowledged by its answer, whose levels make alarms change; and http checks from three zones.
 * Counted afterwards: acknowledged reports that are not there; recorded changes that no receiver heard of; duplicates.
 */
export interface Chaos { readonly kills: number; readonly jobs: number; readonly seed: number; readonly checks: number; readonly say: (line: string) => void }

const zones = ['mza', 'mzb', 'mzc']

export async function chaosOne({ kills, jobs: count, seed, checks, say }: Chaos): Promise<Audit> {
  const since = Date.now()
  const random = dice(seed)
  await using receiver = await webhookReceiver()
  await using vedette = await startVedette({ zones })
  const jobs = await makeJobs(vedette.api, receiver, count)
  await watchItself(vedette, checks)
  await fire(vedette, jobs, kills, random, say)
  await settled(vedette, jobs)
  return await audit(vedette, jobs, receiver, since)
}

/** What may be more than 0 after all the killing, and what may not. */
export function whatWentWrong({ acknowledged, changes, lost, untold, missing, waiting, unknown, gaps }: Audit): readonly string[] {
  const wrong = Object.entries({ lost, untold, missing, waiting, unknown, gaps }).filter(([, count]) => count > 0).map(([name, count]) => `${count} ${name}`)
  return acknowledged === 0 || changes === 0 ? [...wrong, 'no load'] : wrong
}

/** Checks from every zone beside the reports, so that pollers and their spools die as well. */
async function watchItself({ api, url }: Vedette, count: number): Promise<void> {
  const entity = await api.create('/entities', { label: 'itself', ip_addresses: { here: '127.0.0.1' } })
  for (let n = 0; n < count; n++) {
    await api.create(`/entities/${entity}/checks`, { type: 'remote.http', period: 5, timeout: 4, target_alias: 'here', monitoring_zones_poll: zones, details: { url: `${url}/healthz?${n}` } })
  }
}

async function fire(vedette: Vedette, jobs: readonly Job[], kills: number, random: () => number, say: Chaos['say']): Promise<void> {
  const stop = new AbortController()
  const load = jobs.map((job) => keepReporting(vedette, job, random, stop.signal))
  for (let kill = 1; kill <= kills; kill++) {
    await sleep(50 + random() * 1500)
    await vedette.kill()
    await vedette.restart()
    if (kill % 10 === 0) say(`${kill} kills, ${acknowledgedBy(jobs)} acknowledged`)
  }
  await sleep(1000)
  stop.abort()
  await Promise.all(load)
}

if (import.meta.main) {
  const { values: flags } = parseArgs({ options: { kills: { type: 'string', default: '200' }, jobs: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } } })
  const started = performance.now()
  const found = await chaosOne({ kills: Number(flags.kills), jobs: Number(flags.jobs), seed: Number(flags.seed), checks: 30, say: console.error })
  const wrong = whatWentWrong(found)
  console.log(JSON.stringify({ kills: Number(flags.kills), ...found, seconds: Math.round((performance.now() - started) / 1000), wrong }))
  process.exitCode = wrong.length === 0 ? 0 : 1
}
