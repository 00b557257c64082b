import type { LoopLag } from '../contracts/loop-lag.ts'
import type { Store } from '../contracts/store.ts'
import type { Metric, MetricType } from '../core/alarm-language/index.ts'
import type { Poller, PollerStats } from '../roles/poller/start-poller.ts'
import type { SelfFacts } from '../roles/self/start-self.ts'
import type { Family } from '../roles/status/exposition.ts'
import type { Config } from './config.ts'
import type { TimeWatch } from './lost-time.ts'
import type { Engine } from './engine.ts'

/** What the process is made of, for what it says about itself. */
export interface Parts {
  readonly config: Config
  readonly store: Store
  readonly engine: Engine
  readonly pollers: readonly Poller[]
  readonly loopLag: LoopLag
  readonly time: TimeWatch
}

/** A zone whose poller has this many observations on disk is behind; lag is ms. */
const spoolTooLong = 1000
const lagTooLong = 5000

let lagMark = 0

/** What is wrong now, in words; empty when the process does all of its work. */
export async function problemsOf({ config, store, engine, pollers, loopLag, time }: Parts): Promise<readonly string[]> {
  const stats = await store.stats()
  const lag = loopLag.since(loopLag.mark())
  const wrongTime = time.problem()
  return [
    ...(pollers.length < config.zones.length ? [`${config.zones.length - pollers.length} zones have no poller yet`] : []),
    ...(stats.failures > 0 && engine.health.healthyFor() < 10_000 ? ['the store refuses writes'] : []),
    ...(lag > lagTooLong ? [`the event loop stood still for ${Math.round(lag)} ms`] : []),
    ...(wrongTime === undefined ? [] : [wrongTime]),
    ...pollers.flatMap((poller) => zoneProblems(poller.stats())),
  ]
}

function zoneProblems({ zone, spool, canariesSilent }: PollerStats): readonly string[] {
  return [
    ...(canariesSilent ? [`zone ${zone} is blind: none of its canaries answers`] : []),
    ...(spool.count > spoolTooLong ? [`zone ${zone} has ${spool.count} observations in its spool`] : []),
  ]
}

/** What Vedette observes of itself. */
export async function selfFacts(parts: Parts): Promise<SelfFacts> {
  const problems = await problemsOf(parts)
  const { engine, pollers, loopLag } = parts
  const stats = pollers.map((poller) => poller.stats())
  const lag = loopLag.since(lagMark)
  lagMark = loopLag.mark()
  const metric = (type: MetricType, value: number | string, unit: string): Metric => ({ type, value, unit })
  return {
    problems,
    metrics: {
      up: metric('i', 1, 'boolean'),
      problems: metric('i', problems.length, 'count'),
      problem: metric('s', problems[0] ?? '', 'unknown'),
      checks: metric('l', sum(stats, (one) => one.mine), 'count'),
      runs: metric('l', sum(stats, (one) => one.runs.runs), 'count'),
      stressed: metric('l', sum(stats, (one) => one.runs.stressed), 'count'),
      stored: metric('l', engine.ingest.counts.stored, 'count'),
      changes: metric('l', engine.decider.counts.changes, 'count'),
      deliveries_given_up: metric('l', deliveriesLost(engine), 'count'),
      loop_lag: metric('n', Math.round(lag * 10) / 10, 'milliseconds'),
      rss: metric('l', process.memoryUsage.rss(), 'bytes'),
    },
  }
}

function deliveriesLost({ deliver }: Engine): number {
  return sum([...deliver.counts.channels.values()], (channel) => channel.deliveries['given up'] + channel.deliveries.expired)
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}

const counter = (name: string, help: string, value: number): Family => ({ name: `vedette_${name}`, help, type: 'counter', samples: [{ value }] })
const gauge = (name: string, help: string, value: number): Family => ({ name: `vedette_${name}`, help, type: 'gauge', samples: [{ value }] })
const byZone = (name: string, type: Family['type'], help: string, stats: readonly PollerStats[], value: (one: PollerStats) => number): Family =>
  ({ name: `vedette_${name}`, help, type, samples: stats.map((one) => ({ labels: { zone: one.zone }, value: value(one) })) })

/** Everything that `/metrics` shows. */
export async function families({ store, engine, pollers, loopLag }: Parts): Promise<readonly Family[]> {
  const stats = pollers.map((poller) => poller.stats())
  const storeStats = await store.stats()
  const { ingest, decider, confirm, sweep, deliver, health } = engine
  return [
    byZone('checks', 'gauge', 'checks that a zone\'s poller runs', stats, (one) => one.mine),
    byZone('checks_run_total', 'counter', 'probes that ended', stats, (one) => one.runs.runs),
    byZone('checks_confirming_total', 'counter', 'probes because another zone asked', stats, (one) => one.runs.confirming),
    byZone('checks_skipped_total', 'counter', 'runs left out because the one before had not ended', stats, (one) => one.runs.skipped),
    byZone('checks_stressed_total', 'counter', 'observations that do not vote', stats, (one) => one.runs.stressed),
    byZone('probes_running', 'gauge', 'probes under way', stats, (one) => one.running),
    byZone('probes_queued', 'gauge', 'probes that wait for a place', stats, (one) => one.queued),
    byZone('posts_failed_total', 'counter', 'posts that an endpoint did not acknowledge', stats, (one) => one.posts.failedPosts),
    byZone('spool_observations', 'gauge', 'observations on disk that wait for an endpoint', stats, (one) => one.spool.count),
    byZone('spool_bytes', 'gauge', 'bytes of the spool', stats, (one) => one.spool.bytes),
    byZone('spool_dropped_total', 'counter', 'observations dropped because the spool was full', stats, (one) => one.spool.dropped),
    lateness(stats),
    gauge('event_loop_lag_milliseconds', 'longest standstill lately', loopLag.since(loopLag.mark())),
    gauge('ingest_healthy_seconds', 'since ingest last failed', health.healthyFor() / 1000),
    counter('observations_stored_total', 'observations made durable', ingest.counts.stored),
    counter('observations_discarded_total', 'observations of checks that do not exist', ingest.counts.discarded),
    counter('observations_clock_off_total', 'live observations taken at the time of their arrival', ingest.counts.clockOff),
    counter('observations_failed_total', 'observations that could not be stored at once', ingest.counts.failed),
    counter('evaluations_total', 'criteria evaluated for a zone', decider.counts.evaluations),
    counter('state_changes_total', 'changes recorded', decider.counts.changes),
    counter('vote_changes_total', 'versions in which only votes changed', decider.counts.votes),
    counter('decide_conflicts_total', 'compare-and-sets lost to another', decider.counts.conflicts),
    counter('decide_stale_total', 'decisions thrown away because they were too old', decider.counts.stale),
    counter('confirmations_asked_total', 'suspicions that made other zones look', confirm.counts.asked),
    counter('confirmations_limited_total', 'suspicions over the limit', confirm.counts.limited),
    counter('zone_suspected_total', 'suspicions that made the zone itself the suspect', confirm.counts.zoneSuspected),
    counter('sweeps_total', 'rounds of the sweeper', sweep.counts.rounds),
    counter('orphaned_intents_total', 'intents that a dead process left', sweep.counts.orphans),
    counter('blind_total', 'alarms that turned UNKNOWN because nobody sees them', sweep.counts.blind),
    {
      name: 'vedette_deliveries_total', help: 'deliveries that ended', type: 'counter',
      samples: [...deliver.counts.channels].flatMap(([channel, { deliveries }]) => Object.entries(deliveries).map(([outcome, value]) => ({ labels: { channel, outcome }, value }))),
    },
    {
      name: 'vedette_delivery_attempts_total', help: 'attempts at delivering', type: 'counter',
      samples: [...deliver.counts.channels].flatMap(([channel, { attempts }]) => Object.entries(attempts).map(([outcome, value]) => ({ labels: { channel, outcome }, value }))),
    },
    counter('store_commits_total', 'group commits', storeStats.commits),
    counter('store_failures_total', 'group commits that failed', storeStats.failures),
    gauge('store_commit_milliseconds', 'how long the last commit took', storeStats.lastCommit),
    gauge('store_bytes', 'size of the store', storeStats.fileBytes),
    gauge('process_resident_bytes', 'memory of this process', process.memoryUsage.rss()),
    counter('process_cpu_seconds_total', 'processor time of this process', process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6),
  ]
}

/** Lateness of runs against their slots, as cumulative buckets. */
function lateness(stats: readonly PollerStats[]): Family {
  const samples = stats.flatMap(({ zone, lateness: { bounds, counts } }) => {
    let below = 0
    return counts.map((count, index) => {
      below += count
      return { labels: { zone, le: index < bounds.length ? String((bounds[index] ?? 0) / 1000) : '+Inf' }, value: below }
    })
  })
  return { name: 'vedette_lateness_seconds_bucket', help: 'how late runs started against their slots', type: 'counter', samples }
}
