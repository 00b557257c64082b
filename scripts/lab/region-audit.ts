import PQueue from 'p-queue'
import { openCassandra } from '../../src/adapters/store-cassandra/index.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemLog } from '../../src/adapters/system/log.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import { observationId } from '../../src/core/observation.ts'
import { ledger } from './jobs.ts'
import { countBy, delaysOf, expected, extra, gaps, isKnown, isTold, missed, seconds } from './region-judge.ts'
import type { RegionStage } from './region-stage.ts'

/** What came out. Of the numbers under `counts` each has to be 0. */
export interface RegionAudit {
  readonly acknowledged: number
  /** changes that were true of targets for at least three periods, and changes in the ledgers, UNKNOWN left out */
  readonly changes: { readonly expected: number; readonly recorded: number; readonly median_s: number; readonly worst_s: number }
  /** how often an alarm turned UNKNOWN, by reason */
  readonly unknown: Readonly<Record<string, number>>
  readonly deliveries: { readonly recorded: number; readonly arrivals: number; readonly duplicates: number }
  readonly counts: {
    /** acknowledged observations that are not stored */
    readonly lost: number
    /** expected changes that stand in no ledger; recorded ones that were not true of the target */
    readonly missed: number
    readonly extra: number
    /** changes between known states without a delivery; deliveries that nobody heard of, or that are still under way */
    readonly untold: number
    readonly missing: number
    readonly waiting: number
    /** keys that came more than twice; keys that no ledger knows; versions left out in a ledger */
    readonly repeated: number
    readonly foreign: number
    readonly gaps: number
  }
  /** the first of what is wrong, in words */
  readonly examples: readonly string[]
}

const shownExamples = 12
const hour = 3_600_000
const reads = 16

/** Compares what was acknowledged, what is stored, what was true and what the receiver heard, from `since` to `until` (ms). */
export async function auditRegions(stage: RegionStage, since: number, until = Date.now()): Promise<RegionAudit> {
  const queue = new PQueue({ concurrency: reads })
  const recorded = await queue.addAll(stage.watched.map((one) => async () => ({ ...one, entries: (await ledger(stage.region(1).api, one)).toReversed(), truths: stage.field.truths[one.target] ?? [] })))
  // A state counts when it was true within three periods and a probe's patience.
  const spans = { least: 3 * stage.period * 1000, lag: 3 * stage.period * 1000 + 5000, until }
  const problems = recorded.flatMap((one) => [...missed(one, spans), ...extra(one, spans)])
  const lost = await lostOf(stage, since, queue)
  const deliveries = recorded.flatMap(({ entries }) => entries.flatMap((entry) => entry.deliveries))
  const arrivals = Map.groupBy(stage.receiver.arrivals, ({ key }) => key)
  const known = new Set(deliveries.map(({ key }) => key))
  const states = recorded.flatMap(({ entries }) => entries.filter(({ kind, at }) => kind === 'state' && at <= until))
  const delays = recorded.flatMap((one) => delaysOf(one, spans)).toSorted((a, b) => a - b)
  return {
    acknowledged: new Set(stage.acknowledged.flatMap(({ ids }) => ids)).size,
    changes: { expected: recorded.reduce((sum, one) => sum + expected(one, spans).length, 0), recorded: states.filter(isKnown).length, median_s: seconds(delays[delays.length >> 1]), worst_s: seconds(delays.at(-1)) },
    unknown: countBy(states.filter((entry) => entry.state === 'UNKNOWN').map(({ reason }) => reason.replaceAll(/\d+/g, '#'))),
    deliveries: { recorded: known.size, arrivals: stage.receiver.arrivals.length, duplicates: stage.receiver.arrivals.length - arrivals.size },
    counts: {
      lost: lost.length, missed: problems.filter(({ kind }) => kind === 'missed').length, extra: problems.filter(({ kind }) => kind === 'extra').length,
      untold: states.filter((entry) => isTold(entry) && entry.deliveries.length === 0).length,
      missing: known.difference(arrivals).size, waiting: deliveries.filter(({ status }) => status === 'waiting').length,
      repeated: [...arrivals.values()].filter((times) => times.length > 2).length, foreign: new Set(arrivals.keys()).difference(known).size,
      gaps: recorded.reduce((sum, { entries }) => sum + gaps(entries), 0),
    },
    examples: [...problems.map(({ kind, about }) => `${kind}: ${about}`), ...lost.map((id) => `lost: ${id}`)].slice(0, shownExamples),
  }
}

/** Identities that were acknowledged and that the store does not have. */
async function lostOf(stage: RegionStage, since: number, queue: PQueue): Promise<readonly string[]> {
  const left = new Set(stage.acknowledged.flatMap(({ ids }) => ids))
  const { contactPoints, port } = stage.cluster
  await using store = await openCassandra({ contactPoints, port, keyspace: stage.keyspace, region: 'dc1', replication: new Map([['dc1', 1], ['dc2', 1], ['dc3', 1]]), clock: systemClock, random: systemRandom, log: systemLog('error') })
  await queue.addAll(stage.watched.flatMap(({ check }) => stage.zones.map((zone) => async () => {
    // One clock was an hour off.
    for await (const observation of store.observations.range(check, zone, since - 2 * hour, Date.now() + 2 * hour)) left.delete(observationId(observation))
  })))
  return [...left]
}
