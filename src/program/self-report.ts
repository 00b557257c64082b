import type { AgentListener } from '../adapters/agent-protocol/index.ts'
import type { Metric, MetricType } from '../core/alarm-language/index.ts'
import type { PollerStats } from '../roles/poller/start-poller.ts'
import type { SelfFacts } from '../roles/self/start-self.ts'
import type { Family } from '../roles/status/exposition.ts'
import type { Engine } from './engine.ts'
import { familyTable } from './metric-families.ts'
import { troublesOf, zoneTroubles, type TroubleParts } from './troubles.ts'

/** What the process is made of, for what it says about itself. */
export interface Parts extends TroubleParts {
  readonly engine: Engine
  /** ms by which our clock is ahead of the store's */
  readonly clockAhead: () => number
  /** the agent port, where there is one */
  readonly agents: () => ReturnType<AgentListener['stats']> | undefined
}

let lagMark = 0

/** What keeps the process from its work, in words, and what it only knows of. */
export async function stateOf(parts: TroubleParts): Promise<{ readonly problems: readonly string[]; readonly warnings: readonly string[] }> {
  const troubles = await troublesOf(parts)
  const words = (isWarning: boolean) => troubles.filter((trouble) => trouble.isWarning === isWarning).map((trouble) => trouble.about)
  return { problems: words(false), warnings: words(true) }
}

/** What is wrong with one zone's poller, in words. */
export function zoneProblems(stats: PollerStats): readonly string[] {
  return zoneTroubles(stats).map((trouble) => trouble.about)
}

/** What Vedette observes of itself. Every region sees what happens elsewhere: the alarm of the one that `speaks` tells of it. */
export async function selfFacts(parts: Parts, speaks: boolean): Promise<SelfFacts> {
  const { problems, warnings } = await stateOf(parts)
  const told = speaks ? warnings : []
  const { engine, pollers, loopLag } = parts
  const stats = pollers.map((poller) => poller.stats())
  const lag = loopLag.since(lagMark)
  lagMark = loopLag.mark()
  const metric = (type: MetricType, value: number | string, unit: string): Metric => ({ type, value, unit })
  return {
    problems: [...problems, ...warnings],
    metrics: {
      up: metric('i', 1, 'boolean'),
      problems: metric('i', problems.length, 'count'),
      problem: metric('s', problems[0] ?? '', 'unknown'),
      warnings: metric('i', told.length, 'count'),
      warning: metric('s', told[0] ?? '', 'unknown'),
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
export async function families(parts: Parts): Promise<readonly Family[]> {
  const { user, system } = process.cpuUsage()
  const { store, engine, pollers, loopLag, clockAhead, agents } = parts
  const moment = {
    zones: pollers.map((poller) => poller.stats()), store: await store.stats(), engine, loopLag, troubles: await troublesOf(parts), clockAhead: clockAhead(), agents: agents(),
    process: { cpu: (user + system) / 1e6, memory: process.memoryUsage.rss() },
  }
  return familyTable.map(({ name, help, type, read }) => ({ name, help, type, samples: read(moment) }))
}
