import { setTimeout as sleep } from 'node:timers/promises'
import PQueue from 'p-queue'
import { dice } from './dice.ts'
import { ledger } from './jobs.ts'
import { auditRegions, type RegionAudit } from './region-audit.ts'
import type { Fault } from './region-faults.ts'
import type { RegionStage } from './region-stage.ts'
import { keepTurning } from './target-field.ts'
import { longestGap, Writes, type WritesSummary } from './writes.ts'

export interface ChaosPlan {
  readonly faults: readonly Fault[]
  readonly seed: number
  /** how long a fault lasts, and how long it is calm after it, s */
  readonly lasts: number
  readonly calm: number
  /** a target stays as it is for at least this, and at most so long, s; at least three periods */
  readonly hold: number
  readonly holdMost: number
  readonly say: (line: string) => void
}

export interface Round {
  readonly fault: string
  /** acknowledged observations a second while it lasted, and the longest time that a zone heard of none acknowledged */
  readonly rate: number
  readonly silence_s: number
  readonly writes: WritesSummary
  /** how long the mending took */
  readonly mended_s: number
}

export interface ChaosResult { readonly rounds: readonly Round[]; readonly audit: RegionAudit; readonly seconds: number; readonly rate: number; readonly wrong: readonly string[] }

/** seconds until observations flow again, and percents of writes that are taken, at least */
const mostSilence = 30
const leastAvailable = 95
const patience = 240_000
const reads = 16
/** ms: to read all alarms is as much work as to decide them */
const askAgain = 5000

/** Hurts a stage under load, again and again, and counts afterwards. */
export async function chaosRegions(stage: RegionStage, plan: ChaosPlan): Promise<ChaosResult> {
  const [since, random, stop] = [Date.now(), dice(plan.seed), new AbortController()]
  const writes = new Writes(stage.regions)
  await knownByAll(stage)
  const flowing = Date.now()
  const load = [keepTurning(stage.field, { least: plan.hold * 1000, most: plan.holdMost * 1000, random, stop: stop.signal }), writes.keepWriting(stop.signal)]
  await sleep(plan.calm * 1000)
  const rounds: Round[] = []
  for (const [index, fault] of plan.faults.entries()) {
    const round = await suffer(stage, writes, fault, plan)
    rounds.push(round)
    plan.say(JSON.stringify({ round: index + 1, ...round }))
  }
  stop.abort()
  await Promise.all(load)
  const rate = rateOf(stage, flowing, Date.now())
  // What was true at the end is still to be recorded and told.
  await sleep((3 * stage.period + 10) * 1000)
  const until = Date.now()
  // What is counted stands still, and the store has its time for those who count.
  await Promise.all(stage.pollers.map((poller) => poller.process.end('SIGTERM')))
  await allTold(stage)
  const audit = await auditRegions(stage, since, until)
  return { rounds, audit, seconds: Math.round((Date.now() - since) / 1000), rate, wrong: whatIsWrong(rounds, audit) }
}

async function suffer(stage: RegionStage, writes: Writes, fault: Fault, { lasts, calm }: ChaosPlan): Promise<Round> {
  const region = stage.region(fault.region)
  const began = Date.now()
  if (fault.away) writes.away(region, true)
  await fault.hurt(stage)
  await sleep(lasts * 1000)
  const mending = Date.now()
  await fault.mend(stage)
  const mended = Date.now()
  if (fault.away) writes.away(region, false)
  await sleep(calm * 1000)
  const ended = Date.now()
  return { fault: fault.name, rate: rateOf(stage, began, mending), silence_s: silence(stage, began, ended), writes: writes.summary(began, ended), mended_s: Math.round((mended - mending) / 100) / 10 }
}

/** Waits until each target has been seen, and its alarm knows. */
export async function knownByAll({ region, watched, period }: RegionStage): Promise<void> {
  const giveUp = Date.now() + patience
  for (let known = 0; known < watched.length; await sleep(askAgain)) {
    const rows = await region(1).api.all<{ latest_alarm_states: readonly { alarm_id: string; state: string }[] }>('/views/latest_alarm_states?limit=1000')
    const states = new Map(rows.flatMap((row) => row.latest_alarm_states).map(({ alarm_id: alarm, state }) => [alarm, state]))
    known = watched.filter(({ alarm }) => states.get(alarm) === 'OK').length
    if (Date.now() > giveUp) throw new Error(`only ${known} of ${watched.length} alarms are OK after ${patience / 1000} s: can this machine look at them all every ${period} s?`)
  }
}

/** Waits until no delivery is under way; what is then still waiting is counted by the audit. */
async function allTold({ region, watched }: RegionStage): Promise<void> {
  const giveUp = Date.now() + patience
  const queue = new PQueue({ concurrency: reads })
  for (let open = watched; open.length > 0 && Date.now() < giveUp; await sleep(500)) {
    const isOpen = await queue.addAll(open.map((one) => async () => (await ledger(region(1).api, one)).some((entry) => entry.deliveries.some(({ status }) => status === 'waiting'))))
    open = open.filter((_, index) => isOpen[index])
  }
}

function rateOf({ acknowledged }: RegionStage, from: number, to: number): number {
  const count = acknowledged.reduce((sum, { at, ids }) => (at >= from && at < to ? sum + ids.length : sum), 0)
  return Math.round((10_000 * count) / (to - from)) / 10
}

/** The longest time (s) between two acknowledgements to the same zone. */
function silence({ acknowledged, zones }: RegionStage, from: number, to: number): number {
  const gaps = zones.map((zone) => longestGap([from, ...acknowledged.filter((one) => one.zone === zone && one.at >= from && one.at < to).map(({ at }) => at), to]))
  return Math.round(Math.max(...gaps) / 100) / 10
}

function whatIsWrong(rounds: readonly Round[], { acknowledged, changes, counts }: RegionAudit): readonly string[] {
  return [
    ...Object.entries(counts).filter(([, count]) => count > 0).map(([name, count]) => `${count} ${name}`),
    ...rounds.flatMap(({ fault, silence_s: silent, writes }) => [
      ...(silent < mostSilence ? [] : [`${fault}: no observations for ${silent} s`]),
      ...(writes.available >= leastAvailable ? [] : [`${fault}: ${writes.available} % of writes`]),
    ]),
    ...(acknowledged === 0 || changes.expected === 0 ? ['no load'] : []),
  ]
}

/** Prints the verdict as a JSON line; answers the exit code. */
export function tellVerdict({ wrong, seconds, rate, audit }: ChaosResult, more: readonly string[] = []): number {
  const all = [...wrong, ...more]
  console.log(JSON.stringify({ verdict: all.length === 0 ? 'sound' : 'WRONG', wrong: all, seconds, observations_a_second: rate, ...audit }))
  return all.length === 0 ? 0 : 1
}
