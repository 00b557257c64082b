import { parseArgs } from 'node:util'
import { openCassandra } from '../../src/adapters/store-cassandra/index.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import type { Log } from '../../src/contracts/log.ts'
import type { Store } from '../../src/contracts/store.ts'
import type { Observation } from '../../src/core/observation.ts'
import { loadedNode, type Fails, type LoadedNode } from '../../test/load/fixture.ts'
import { lasting, startCassandra } from '../lab/cassandra.ts'

/**
 * What an observation costs on real Cassandra, taken in and decided by one process, as JSON lines: at 1× and at 24× the checks,
 * beside the floor, which is writing the same observations and nothing else. Who fails does so for a few rounds in all zones.
 *
 *     node scripts/bench/cluster.ts [--nodes 1,3] [--checks 1000,24000] [--seconds 30]
 */
const { values: flags } = parseArgs({ options: { nodes: { type: 'string', default: '1,3' }, checks: { type: 'string', default: '1000,24000' }, seconds: { type: 'string', default: '30' } } })
const numbers = (text: string): readonly number[] => text.split(',').map(Number)
const seconds = Number(flags.seconds)

/** One post of a poller holds so many observations, and so many are taken in at once. */
const batch = 32
const parallel = 8
/** Of a hundred checks one is failing, for so many rounds. */
const outage = 4
const fails: Fails = (check, round) => Math.imul(check * 31 + Math.floor(round / outage), 0x9e3779b1) >>> 0 < 2 ** 32 / 100

/** Time goes as fast as observations come: what is newest is fresh, as it is in life. It begins some hours ago (ms). */
const time = { now: Date.now() - 6 * 3_600_000 }
const clock: Clock = { ...systemClock, now: () => time.now }

interface Measured { readonly observations: number; readonly seconds: number; readonly cpuMs: number; readonly statements: number; readonly compareAndSets: number }

/** Takes observations from `first` on, a batch after the other, until `end` says so: where it stopped. */
async function takeAll(first: number, end: (next: number) => boolean, take: (first: number) => Promise<unknown>): Promise<number> {
  let next = first
  const worker = async () => {
    while (!end(next)) {
      next += batch
      await take(next - batch)
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  return next
}

/** The same for a while, and what it cost. */
async function measure(store: Store, first: number, seconds: number, take: (first: number) => Promise<unknown>): Promise<Measured & { readonly next: number }> {
  const before = (await store.stats()).remote
  const [cpu, began] = [process.cpuUsage(), performance.now()]
  const next = await takeAll(first, () => performance.now() - began > seconds * 1000, take)
  const { user, system } = process.cpuUsage(cpu)
  const after = (await store.stats()).remote
  const during = (what: 'statements' | 'compareAndSets') => (after?.[what] ?? 0) - (before?.[what] ?? 0)
  return { next, observations: next - first, seconds: (performance.now() - began) / 1000, cpuMs: (user + system) / 1000, statements: during('statements'), compareAndSets: during('compareAndSets') }
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits))

function print(nodes: number, checks: number, what: string, { observations, seconds, cpuMs, statements, compareAndSets }: Measured, more: object = {}): void {
  console.log(JSON.stringify({
    bench: 'cluster', nodes, checks, what, observations_per_s: Math.round(observations / seconds), cpu_ms_each: round(cpuMs / observations, 3),
    statements_each: round(statements / observations, 2), compare_and_sets_each: round(compareAndSets / observations, 4), ...more,
  }))
}

function some(node: LoadedNode, first: number): readonly Observation[] {
  const observations = Array.from({ length: batch }, (_, n) => node.observation(first + n))
  time.now = Math.max(time.now, ...observations.map((observation) => observation.at + 1000))
  return observations
}

/** Rounds that every zone has behind it, so that deciding reads as many rows as in life. */
const before = 8

/** Stores what went before, the rows of a check and zone together. */
async function fill(node: LoadedNode, checks: number): Promise<void> {
  const rows = (part: number) => Array.from({ length: before }, (_, round) => node.observation(part + round * checks * 3))
  let next = 0
  const worker = async () => {
    for (let part = next++; part < checks * 3; part = next++) await node.store.observations.append(rows(part))
  }
  await Promise.all(Array.from({ length: 4 * parallel }, worker))
}

async function run(nodes: number, checks: number, open: (log: Log) => Promise<Store>): Promise<void> {
  await using node = await loadedNode(checks, { open, fails, clock, start: time.now })
  const { store, engine } = node
  await fill(node, checks)
  // One more round of all zones makes every first vote, which no later observation pays for.
  const first = await takeAll(checks * 3 * before, (next) => next >= checks * 3 * (before + 1), (from) => engine.ingest.take(some(node, from), false))
  await engine.ingest.settled()
  const floor = await measure(store, first, seconds / 3, (from) => store.observations.append(some(node, from)))
  const ours = await measure(store, floor.next, seconds, (from) => engine.ingest.take(some(node, from), false))
  await engine.ingest.settled()
  print(nodes, checks, 'write only', floor)
  print(nodes, checks, 'ingest and evaluate', ours, { throughput_of_floor: round(ours.observations / ours.seconds / (floor.observations / floor.seconds), 2), rss_mb: Math.round(process.memoryUsage.rss() / 2 ** 20), changes: engine.decider.counts.changes, conflicts: engine.decider.counts.conflicts })
}

for (const nodes of numbers(flags.nodes)) {
  await using cassandra = await startCassandra({ nodes, set: lasting })
  for (const checks of numbers(flags.checks)) {
    const replication = new Map(Array.from({ length: nodes }, (_, n) => [`dc${n + 1}`, 1]))
    await run(nodes, checks, (log) => openCassandra({ contactPoints: cassandra.contactPoints, port: 9042, keyspace: `bench_${nodes}_${checks}`, region: 'dc1', replication, clock, random: systemRandom, log }))
  }
}
