import type { LoopLag } from '../contracts/loop-lag.ts'
import type { Store } from '../contracts/store.ts'
import type { Metric, MetricType } from '../core/alarm-language/index.ts'
import type { Poller, PollerStats } from '../roles/poller/start-poller.ts'
import type { SelfFacts } from '../roles/self/start-self.ts'
import type { Family } from '../roles/status/exposition.ts'
import type { Engine } from './engine.ts'
import { familyTable } from './metric-families.ts'

/** What the process is made of, for what it says about itself. */
export interface Parts {
  /** true until every part is there */
  readonly starting: () => boolean
  readonly store: Store
  readonly engine: Engine
  readonly pollers: readonly Poller[]
  readonly loopLag: LoopLag
  /** what is wrong with the clock, in words */
  readonly clockProblem: () => string | undefined
}

/** A zone whose poller has this many observations on disk is behind; lag is ms. */
const spoolTooLong = 1000
const lagTooLong = 5000

let lagMark = 0

/** What is wrong now, in words; empty when the process does all of its work. */
export async function problemsOf({ starting, store, engine, pollers, loopLag, clockProblem }: Parts): Promise<readonly string[]> {
  const stats = await store.stats()
  const lag = loopLag.since(loopLag.mark())
  const wrongTime = clockProblem()
  return [
    ...(starting() ? ['still starting'] : []),
    ...(stats.failures > 0 && engine.health.healthyFor() < 10_000 ? ['the store refuses writes'] : []),
    ...(lag > lagTooLong ? [`the event loop stood still for ${Math.round(lag)} ms`] : []),
    ...(wrongTime === undefined ? [] : [wrongTime]),
    ...pollers.flatMap((poller) => zoneProblems(poller.stats())),
  ]
}

/** What is wrong with one zone's poller, in words. */
export function zoneProblems({ zone, spool, canariesSilent }: PollerStats): readonly string[] {
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

/** Everything that `/metrics` shows. */
export async function families({ store, engine, pollers, loopLag }: Parts): Promise<readonly Family[]> {
  const { user, system } = process.cpuUsage()
  const moment = { zones: pollers.map((poller) => poller.stats()), store: await store.stats(), engine, loopLag, process: { cpu: (user + system) / 1e6, memory: process.memoryUsage.rss() } }
  return familyTable.map(({ name, help, type, read }) => ({ name, help, type, samples: read(moment) }))
}
