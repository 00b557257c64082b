import { setTimeout as sleep } from 'node:timers/promises'
import type { EntryView, LedgerView } from '../../src/roles/console/wire.ts'
import type { ApiClient } from './client.ts'
import type { Receiver } from './receivers.ts'
import type { Vedette } from './vedette.ts'

/** A job that reports by heartbeat, an alarm on what it says, and which of its reports were acknowledged. */
export interface Job {
  readonly path: string
  readonly entity: string
  readonly check: string
  readonly alarm: string
  readonly acknowledged: Set<number>
  attempts: number
}

const criteria = "if (metric['level'] > 5) { return new AlarmStatus(CRITICAL, 'level #{level}'); } return new AlarmStatus(OK);"
/** a level above 5 makes the alarm CRITICAL */
export const levels = { well: 1, ill: 9 } as const

/** The service lets a job report every 100 ms. */
const pause = 105

/** `count` jobs of one entity, whose every change is told to the receiver. */
export async function makeJobs(api: ApiClient, receiver: Receiver, count: number): Promise<readonly Job[]> {
  const hook = await api.create('/notifications', { label: 'receiver', type: 'webhook', details: { url: receiver.url } })
  const plan = await api.create('/notification_plans', { label: 'all', critical_state: [hook], warning_state: [hook], ok_state: [hook], unknown_state: [hook] })
  const entity = await api.create('/entities', { label: 'under fire', ip_addresses: { here: '127.0.0.1' } })
  return Promise.all(Array.from({ length: count }, () => makeJob(api, entity, plan)))
}

async function makeJob(api: ApiClient, entity: string, plan: string): Promise<Job> {
  const check = await api.create(`/entities/${entity}/checks`, { type: 'heartbeat', period: 3600, timeout: 30 })
  const alarm = await api.create(`/entities/${entity}/alarms`, { check_id: check, notification_plan_id: plan, criteria })
  const { details } = await api.get<{ details: { key: string } }>(`/entities/${entity}/checks/${check}`)
  return { path: `/heartbeat/100000/${entity}/${check}/${details.key}`, entity, check, alarm, acknowledged: new Set(), attempts: 0 }
}

/** One report: true when it was acknowledged. */
export async function report({ url }: Vedette, job: Job, level: number): Promise<boolean> {
  const number = job.attempts++
  try {
    const answer = await fetch(url + job.path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ number, level }) })
    await answer.arrayBuffer()
    if (answer.ok) job.acknowledged.add(number)
    return answer.ok
  } catch {
    return false
  }
}

/** Reports, each tenth ill, until stopped. */
export async function keepReporting(vedette: Vedette, job: Job, random: () => number, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await report(vedette, job, random() < 0.1 ? levels.ill : levels.well)
    await sleep(pause + random() * 40)
  }
}

/** What came out: everything but `acknowledged`, `changes`, `arrivals` and `duplicates` has to be 0. */
export interface Audit {
  readonly acknowledged: number
  /** acknowledged reports that are not stored */
  readonly lost: number
  /** changes between OK and CRITICAL in the ledgers */
  readonly changes: number
  /** of these, such as no delivery was made for */
  readonly untold: number
  /** deliveries in the ledgers that no receiver heard of */
  readonly missing: number
  /** deliveries still under way */
  readonly waiting: number
  /** arrivals whose key no ledger knows */
  readonly unknown: number
  /** versions that are missing between others */
  readonly gaps: number
  readonly arrivals: number
  readonly duplicates: number
}

/** Compares what the jobs were told, what is stored and what the receiver heard since `since` (ms). */
export async function audit({ api }: Vedette, jobs: readonly Job[], receiver: Receiver, since: number): Promise<Audit> {
  const entries = (await Promise.all(jobs.map((job) => ledger(api, job)))).flat()
  const deliveries = entries.flatMap((entry) => entry.deliveries)
  const recorded = new Set(deliveries.map((delivery) => delivery.key))
  const mine = new Set(jobs.map((job) => job.alarm))
  const arrivals = receiver.arrivals.filter((arrival) => mine.has(arrival.alarm))
  const heard = new Set(arrivals.map((arrival) => arrival.key))
  const changes = entries.filter(isChange)
  return {
    acknowledged: acknowledgedBy(jobs), lost: await countLost(api, jobs, since), changes: changes.length,
    untold: changes.filter((entry) => entry.deliveries.length === 0).length,
    missing: recorded.difference(heard).size, waiting: deliveries.filter((delivery) => delivery.status === 'waiting').length,
    unknown: heard.difference(recorded).size, gaps: entries.reduce((sum, entry, index) => sum + gapBefore(entry, entries[index + 1]), 0),
    arrivals: arrivals.length, duplicates: arrivals.length - heard.size,
  }
}

/** Waits until no delivery of the jobs is under way. A claim of a process that was killed holds for 30 s. */
export async function settled({ api }: Vedette, jobs: readonly Job[], patience = 120_000): Promise<void> {
  const giveUp = Date.now() + patience
  while (Date.now() < giveUp) {
    const entries = (await Promise.all(jobs.map((job) => ledger(api, job)))).flat()
    if (!entries.some((entry) => entry.deliveries.some((delivery) => delivery.status === 'waiting'))) return
    await sleep(500)
  }
}

export const acknowledgedBy = (jobs: readonly Job[]): number => jobs.reduce((sum, job) => sum + job.acknowledged.size, 0)

const isChange = ({ kind, state, previousState }: EntryView): boolean => kind === 'state' && [state, previousState].every((one) => one === 'OK' || one === 'CRITICAL')

/** Entries come newest first, one alarm after the other. */
function gapBefore(entry: EntryView, older: EntryView | undefined): number {
  return older === undefined || older.version > entry.version ? entry.version - 1 : entry.version - older.version - 1
}

/** Every version of a job's alarm, newest first. */
export async function ledger(api: ApiClient, { entity, alarm }: Pick<Job, 'entity' | 'alarm'>): Promise<readonly EntryView[]> {
  const found: EntryView[] = []
  let before: number | null = Number.MAX_SAFE_INTEGER
  while (before !== null) {
    const page: LedgerView = await api.get(`/console/alarms/${entity}/${alarm}/ledger?limit=100&before=${before}`)
    found.push(...page.entries)
    before = page.before
  }
  return found
}

async function countLost(api: ApiClient, jobs: readonly Job[], since: number): Promise<number> {
  let lost = 0
  for (const job of jobs) lost += job.acknowledged.difference(await stored(api, job, since, Date.now() + 1)).size
  return lost
}

/** Every number of a job that the store can show, read through the API in slices that fit a plot. */
async function stored(api: ApiClient, { entity, check }: Job, from: number, to: number): Promise<ReadonlySet<number>> {
  const found = new Set<number>()
  const slice = 20_000
  for (let start = from; start < to; start += slice) {
    const { values } = await api.get<{ values: readonly { average: number }[] }>(`/entities/${entity}/checks/${check}/metrics/number/plot?from=${start}&to=${Math.min(to, start + slice)}&resolution=FULL`)
    for (const point of values) found.add(point.average)
  }
  return found
}
