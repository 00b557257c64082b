import type { AgentListener } from '../adapters/agent-protocol/index.ts'
import type { LoopLag } from '../contracts/loop-lag.ts'
import type { StoreStats } from '../contracts/store.ts'
import type { ChannelCounts } from '../flows/deliver.ts'
import type { PollerStats } from '../roles/poller/start-poller.ts'
import type { Family } from '../roles/status/exposition.ts'
import type { Engine } from './engine.ts'
import { troubleKinds, type Trouble } from './troubles.ts'

/** What /metrics is read from, at one moment. */
export interface Moment {
  readonly zones: readonly PollerStats[]
  readonly store: StoreStats
  readonly engine: Engine
  readonly loopLag: LoopLag
  readonly troubles: readonly Trouble[]
  /** ms by which our clock is ahead of the store's */
  readonly clockAhead: number
  /** the agent port, where there is one */
  readonly agents: ReturnType<AgentListener['stats']> | undefined
  /** seconds of processor time, bytes of memory */
  readonly process: { readonly cpu: number; readonly memory: number }
}

type Samples = Family['samples']
/** Facts first, then how to read it: the reference page is made of the facts. */
export interface FamilyFacts extends Omit<Family, 'samples'> {
  readonly labels: readonly string[]
  readonly read: (moment: Moment) => Samples
}

const single = (type: Family['type']) => (name: string, help: string, value: (moment: Moment) => number): FamilyFacts =>
  ({ name: `vedette_${name}`, help, type, labels: [], read: (moment) => [{ value: value(moment) }] })
const counter = single('counter')
const gauge = single('gauge')

const byZone = (type: Family['type'], name: string, help: string, value: (zone: PollerStats) => number): FamilyFacts =>
  ({ name: `vedette_${name}`, help, type, labels: ['zone'], read: ({ zones }) => zones.map((zone) => ({ labels: { zone: zone.zone }, value: value(zone) })) })

const byChannel = (name: string, help: string, counts: (channel: ChannelCounts) => Readonly<Record<string, number>>): FamilyFacts => ({
  name: `vedette_${name}`, help, type: 'counter', labels: ['channel', 'outcome'],
  read: ({ engine }) => [...engine.deliver.counts.channels].flatMap(([channel, found]) => Object.entries(counts(found)).map(([outcome, value]) => ({ labels: { channel, outcome }, value }))),
})

type Agents = NonNullable<Moment['agents']>
const ofAgents = (type: Family['type'], name: string, help: string, value: (agents: Agents) => number): FamilyFacts =>
  ({ name: `vedette_agent_port_${name}`, help, type, labels: [], read: ({ agents }) => [{ value: agents === undefined ? 0 : value(agents) }] })
const ofRemote = (name: string, help: string, value: (remote: NonNullable<StoreStats['remote']>) => number): FamilyFacts =>
  ({ name: `vedette_store_${name}`, help, type: 'counter', labels: [], read: ({ store: { remote } }) => (remote === undefined ? [] : [{ value: value(remote) }]) })

/** Everything that /metrics shows, in its order. */
export const familyTable: readonly FamilyFacts[] = [
  byZone('gauge', 'checks', 'checks that a zone\'s poller runs', (zone) => zone.mine),
  byZone('counter', 'checks_run_total', 'probes that ended', (zone) => zone.runs.runs),
  byZone('counter', 'checks_confirming_total', 'probes because another zone asked', (zone) => zone.runs.confirming),
  byZone('counter', 'checks_skipped_total', 'runs left out because the one before had not ended', (zone) => zone.runs.skipped),
  byZone('counter', 'checks_stressed_total', 'observations that do not vote', (zone) => zone.runs.stressed),
  byZone('counter', 'poller_realigned_total', 'standstills and clock steps after which a poller went on from the present', (zone) => zone.realigned),
  byZone('gauge', 'probes_running', 'probes under way', (zone) => zone.running),
  byZone('gauge', 'probes_queued', 'probes that wait for a place', (zone) => zone.queued),
  byZone('counter', 'posts_failed_total', 'posts that an endpoint did not acknowledge', (zone) => zone.posts.failedPosts),
  byZone('counter', 'observations_lost_total', 'observations dropped because neither the endpoint nor the disk took any', (zone) => zone.posts.lost),
  byZone('gauge', 'spool_observations', 'observations on disk that wait for an endpoint', (zone) => zone.spool.count),
  byZone('gauge', 'spool_bytes', 'bytes of the spool', (zone) => zone.spool.bytes),
  byZone('counter', 'spool_dropped_total', 'observations dropped because the spool was full', (zone) => zone.spool.dropped),
  byZone('gauge', 'canaries_silent', '1 while none of a zone\'s canaries answers', (zone) => (zone.canariesSilent ? 1 : 0)),
  { name: 'vedette_lateness_seconds_bucket', help: 'runs that started at most so late after their slots', type: 'counter', labels: ['zone', 'le'], read: ({ zones }) => zones.flatMap(latenessBuckets) },
  byZone('counter', 'lateness_seconds_sum', 'how late runs started after their slots, added up', (zone) => zone.lateness.sum / 1000),
  byZone('counter', 'lateness_seconds_count', 'runs in that sum', (zone) => zone.lateness.counts.reduce((total, count) => total + count, 0)),
  gauge('event_loop_lag_milliseconds', 'longest standstill of the event loop lately', ({ loopLag }) => loopLag.since(loopLag.mark())),
  gauge('ingest_healthy_seconds', 'since ingest last failed', ({ engine }) => engine.health.healthyFor() / 1000),
  counter('observations_stored_total', 'observations made durable', ({ engine }) => engine.ingest.counts.stored),
  counter('observations_discarded_total', 'observations of checks that do not exist', ({ engine }) => engine.ingest.counts.discarded),
  counter('observations_clock_off_total', 'live observations taken at the time of their arrival', ({ engine }) => engine.ingest.counts.clockOff),
  counter('observations_failed_total', 'observations that could not be stored at once', ({ engine }) => engine.ingest.counts.failed),
  counter('evaluations_total', 'criteria evaluated for a zone', ({ engine }) => engine.decider.counts.evaluations),
  counter('state_changes_total', 'changes recorded', ({ engine }) => engine.decider.counts.changes),
  counter('vote_changes_total', 'versions in which only votes changed', ({ engine }) => engine.decider.counts.votes),
  counter('decide_conflicts_total', 'compare-and-sets lost to another', ({ engine }) => engine.decider.counts.conflicts),
  counter('decide_stale_total', 'decisions thrown away because they were too old', ({ engine }) => engine.decider.counts.stale),
  counter('decide_unknown_outcomes_total', 'compare-and-sets of which nobody knows whether they applied, until another settles them', ({ engine }) => engine.decider.counts.unknownOutcomes),
  gauge('decisions_owed', 'decisions that could not be made yet', ({ engine }) => engine.decider.owed),
  counter('confirmations_asked_total', 'suspicions that made other zones look', ({ engine }) => engine.confirm.counts.asked),
  counter('confirmations_limited_total', 'suspicions over the limit', ({ engine }) => engine.confirm.counts.limited),
  counter('zone_suspected_total', 'suspicions that made the zone itself the suspect', ({ engine }) => engine.confirm.counts.zoneSuspected),
  counter('sweeps_total', 'rounds of the sweeper', ({ engine }) => engine.sweep.counts.rounds),
  counter('orphaned_intents_total', 'intents that a dead process left', ({ engine }) => engine.sweep.counts.orphans),
  counter('blind_total', 'alarms that turned UNKNOWN because nobody sees them', ({ engine }) => engine.sweep.counts.blind),
  byChannel('deliveries_total', 'deliveries that ended', ({ deliveries }) => deliveries),
  byChannel('delivery_attempts_total', 'attempts at delivering', ({ attempts }) => attempts),
  gauge('deliveries_held', 'deliveries in the hands of this process', ({ engine }) => engine.deliver.held),
  counter('store_commits_total', 'group commits', ({ store }) => store.commits),
  counter('store_failures_total', 'group commits that failed', ({ store }) => store.failures),
  gauge('store_commit_milliseconds', 'how long the last commit took', ({ store }) => store.lastCommit),
  gauge('store_bytes', 'size of the store', ({ store }) => store.fileBytes),
  ofRemote('statements_total', 'statements sent to Cassandra', (remote) => remote.statements),
  ofRemote('compare_and_sets_total', 'those of them that were conditional', (remote) => remote.compareAndSets),
  ofRemote('timeouts_total', 'those of them without an answer in time', (remote) => remote.timeouts),
  ofAgents('gauge', 'pollers', 'pollers connected to the agent port', (agents) => agents.pollers),
  ofAgents('gauge', 'agents', 'agents connected to the agent port', (agents) => agents.agents),
  ofAgents('counter', 'refused_total', 'connections that were refused', (agents) => agents.refused),
  ofAgents('counter', 'observations_total', 'observations that came through the agent port', (agents) => agents.observations),
  ofAgents('counter', 'rejected_total', 'observations that their sender may not report, or that make no sense', (agents) => agents.rejected),
  ofAgents('gauge', 'certificate_ends_seconds', 'when the certificate of the agent port ends, in seconds since 1970; 0 without one', (agents) => agents.certificateEndsAt / 1000),
  gauge('clock_ahead_milliseconds', 'how far this machine\'s clock is ahead of the store\'s', ({ clockAhead }) => clockAhead),
  {
    name: 'vedette_trouble', help: `1 for each kind of trouble that this process knows of: ${Object.entries(troubleKinds).map(([kind, about]) => `${kind} (${about})`).join(', ')}`, type: 'gauge', labels: ['kind'],
    read: ({ troubles }) => Object.keys(troubleKinds).map((kind) => ({ labels: { kind }, value: troubles.some((trouble) => trouble.kind === kind) ? 1 : 0 })),
  },
  gauge('process_resident_bytes', 'memory of this process', ({ process }) => process.memory),
  counter('process_cpu_seconds_total', 'processor time of this process', ({ process }) => process.cpu),
]

/** Cumulative, as Prometheus wants buckets: each counts what is below its bound. */
function latenessBuckets({ zone, lateness: { bounds, counts } }: PollerStats): Samples {
  let below = 0
  return counts.map((count, index) => {
    below += count
    return { labels: { zone, le: index < bounds.length ? String((bounds[index] ?? 0) / 1000) : '+Inf' }, value: below }
  })
}
