import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { webhookReceiver, type Receiver } from './lab/receivers.ts'
import { startVedette, type Vedette } from './lab/vedette.ts'

/**
 * kill -9 of the whole process at random moments under load: `npm run chaos:one -- --kills 200`.
 * Load: heartbeats over HTTP, each acknowledged by its answer, whose levels make alarms change; and http checks from three zones.
 * Counted afterwards: acknowledged observations that are not there; recorded changes that no receiver heard of; duplicates.
 */
const { values: flags } = parseArgs({ options: { kills: { type: 'string', default: '200' }, jobs: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } } })

interface Job { readonly path: string; readonly entity: string; readonly check: string; readonly alarm: string; readonly acknowledged: Set<number>; attempts: number }
interface Change { readonly id: string; readonly alarm_id: string; readonly state: string; readonly previous_state: string }
interface History { readonly state: string; readonly notification_results: readonly { readonly success: boolean; readonly in_progress: boolean; readonly notification_id: string }[] }

/** A small generator (mulberry32), so that a run can be repeated: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

async function setUp(vedette: Vedette, receiver: Receiver, count: number): Promise<readonly Job[]> {
  const { api } = vedette
  const hook = await api.create('/notifications', { label: 'receiver', type: 'webhook', details: { url: receiver.url } })
  const plan = await api.create('/notification_plans', { label: 'all', critical_state: [hook], warning_state: [hook], ok_state: [hook] })
  const entity = await api.create('/entities', { label: 'under fire', ip_addresses: { here: '127.0.0.1' } })
  for (let n = 0; n < 30; n++) {
    await api.create(`/entities/${entity}/checks`, { type: 'remote.http', period: 5, timeout: 4, target_alias: 'here', monitoring_zones_poll: ['mza', 'mzb', 'mzc'], details: { url: `${vedette.url}/healthz?${n}` } })
  }
  return Promise.all(Array.from({ length: count }, () => makeJob(vedette, entity, plan)))
}

async function makeJob({ api }: Vedette, entity: string, plan: string): Promise<Job> {
  const check = await api.create(`/entities/${entity}/checks`, { type: 'heartbeat', period: 3600, timeout: 30 })
  const alarm = await api.create(`/entities/${entity}/alarms`, { check_id: check, notification_plan_id: plan, criteria: "if (metric['level'] > 5) { return new AlarmStatus(CRITICAL, 'level #{level}'); } return new AlarmStatus(OK);" })
  const { details } = await api.get<{ details: { key: string } }>(`/entities/${entity}/checks/${check}`)
  return { path: `/heartbeat/100000/${entity}/${check}/${details.key}`, entity, check, alarm, acknowledged: new Set(), attempts: 0 }
}

/** Sends heartbeats until stopped; what is answered with a 2xx is acknowledged. */
async function beat(vedette: Vedette, job: Job, random: () => number, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const number = job.attempts++
    try {
      const answer = await fetch(vedette.url + job.path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ number, level: random() < 0.1 ? 9 : 1 }) })
      await answer.arrayBuffer()
      if (answer.ok) job.acknowledged.add(number)
      else await sleep(20)
    } catch {
      await sleep(20)
    }
    await sleep(10 + random() * 40)
  }
}

async function fire(vedette: Vedette, jobs: readonly Job[], kills: number, random: () => number): Promise<void> {
  const stop = new AbortController()
  const load = jobs.map((job) => beat(vedette, job, random, stop.signal))
  for (let kill = 1; kill <= kills; kill++) {
    await sleep(50 + random() * 1500)
    await vedette.kill()
    await vedette.restart()
    if (kill % 10 === 0) console.error(`${kill} kills, ${acknowledgedBy(jobs)} acknowledged`)
  }
  await sleep(2000)
  stop.abort()
  await Promise.all(load)
}

const acknowledgedBy = (jobs: readonly Job[]): number => jobs.reduce((sum, job) => sum + job.acknowledged.size, 0)

/** Every number of a job that the store can show, read through the API in slices that fit a plot. */
async function stored({ api }: Vedette, job: Job, from: number, to: number): Promise<ReadonlySet<number>> {
  const found = new Set<number>()
  const slice = 20_000
  for (let start = from; start < to; start += slice) {
    const { values } = await api.get<{ values: readonly { average: number }[] }>(`/entities/${job.entity}/checks/${job.check}/metrics/number/plot?from=${start}&to=${Math.min(to, start + slice)}&resolution=FULL`)
    for (const point of values) found.add(point.average)
  }
  return found
}

async function settled(vedette: Vedette, jobs: readonly Job[]): Promise<void> {
  const giveUp = Date.now() + 60_000
  while (Date.now() < giveUp) {
    const open = await Promise.all(jobs.map(async (job) => (await histories(vedette, job)).some((item) => item.notification_results.some((result) => result.in_progress))))
    if (!open.includes(true)) return
    await sleep(500)
  }
}

const histories = ({ api }: Vedette, job: Job): Promise<readonly History[]> => api.all(`/entities/${job.entity}/alarms/${job.alarm}/notification_history/${job.check}?limit=1000`)

const started = Date.now()
const random = dice(Number(flags.seed))
await using receiver = await webhookReceiver()
await using vedette = await startVedette({ zones: ['mza', 'mzb', 'mzc'] })
const jobs = await setUp(vedette, receiver, Number(flags.jobs))
await fire(vedette, jobs, Number(flags.kills), random)
await settled(vedette, jobs)

let lost = 0
for (const job of jobs) {
  const there = await stored(vedette, job, started, Date.now() + 1)
  lost += [...job.acknowledged].filter((number) => !there.has(number)).length
}
const mine = new Set(jobs.map((job) => job.alarm))
const changes = (await vedette.api.all<Change>(`/changelogs/alarms?limit=1000&from=${started}`)).filter((change) => mine.has(change.alarm_id))
const told = changes.filter((change) => change.previous_state !== 'UNKNOWN' || change.state === 'CRITICAL')
const keys = new Set(receiver.arrivals.map((arrival) => arrival.key))
const perAlarm = jobs.map((job) => told.filter((change) => change.alarm_id === job.alarm).length - new Set(receiver.arrivals.filter((arrival) => arrival.alarm === job.alarm).map((arrival) => arrival.key)).size)
const missing = perAlarm.reduce((sum, difference) => sum + Math.abs(difference), 0)
const report = {
  kills: Number(flags.kills), acknowledged: acknowledgedBy(jobs), lost, changes: changes.length, toldChanges: told.length,
  arrivals: receiver.arrivals.length, keys: keys.size, missing, duplicates: receiver.arrivals.length - keys.size, seconds: Math.round((Date.now() - started) / 1000),
}
console.log(JSON.stringify(report))
process.exitCode = lost === 0 && missing === 0 && report.acknowledged > 0 && told.length > 0 ? 0 : 1
