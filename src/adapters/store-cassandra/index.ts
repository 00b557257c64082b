import { randomUUID } from 'node:crypto'
import type { Clock } from '../../contracts/clock.ts'
import type { ObservationStore } from '../../contracts/observation-store.ts'
import type { Store, StoreStats } from '../../contracts/store.ts'
import type { Observation } from '../../core/observation.ts'
import { CassandraConfirmBus } from './confirm-bus.ts'
import { configurationRepository } from './configuration.ts'
import { leases } from './leases.ts'
import { alarmLedger } from './ledger.ts'
import { metricStore, type CassandraMetrics } from './metrics.ts'
import { observationStore } from './observations.ts'
import { openSession, type CassandraOptions } from './open.ts'
import { outbox } from './outbox.ts'
import { StoreTime } from './schedule-time.ts'
import { defaultSettings, type Settings } from './settings.ts'
import { SharedFeed } from './shared-feed.ts'

export type { CassandraOptions } from './open.ts'

export interface CassandraStore extends Store {
  /** Does now what is done in the background some minutes later. */
  tidy(): Promise<void>
}

/**
 * Opens a keyspace of a Cassandra cluster, which is made and brought up to date where need be. Rejects with a plain message
 * when the cluster cannot be used, with StoreUnavailable when it does not answer; from then on it is tried for as long as the
 * store is open, and `problems` says what is wrong.
 */
export async function openCassandra(options: CassandraOptions & Partial<Settings>): Promise<CassandraStore> {
  const { clock, random, log } = options
  const settings: Settings = { ...defaultSettings, ...options }
  const session = await openSession(options)
  const owned = new AsyncDisposableStack()
  owned.use(session)
  const time = new StoreTime(session, clock)
  const rows = observationStore(session, clock, settings)
  const metrics = owned.use(metricStore(session, rows, { time, clock, log, observationRetention: settings.observationRetention }))
  const observations = appended(rows, metrics, clock)
  return {
    configuration: configurationRepository(session, { time, clock, log }),
    observations: observations.store,
    metrics,
    ledger: alarmLedger(session, { clock, random }, settings),
    outbox: outbox(session, { clock, random }, settings),
    leases: leases(session, { clock, random }),
    confirmBus: owned.use(new CassandraConfirmBus({ session, clock, random, log })),
    feed: owned.use(new SharedFeed(session, randomUUID(), clock, log)),
    tidy: () => metrics.tidy(),
    problems: () => session.problems(),
    // Asked anew each time: who compares clocks wants to know how they stand now.
    time: () => new StoreTime(session, clock).now(),
    async backup() {
      throw new Error("Cassandra's data is backed up on its nodes, with `nodetool snapshot`: see docs/operating.md")
    },
    async stats() {
      return { ...observations.counts, waiting: 0, hot: { observations: 0, bytes: 0 }, fileBytes: 0, remote: session.remote }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

type Counts = { -readonly [K in 'commits' | 'observations' | 'failures' | 'lastCommit']: StoreStats[K] }

/** Observations whose metrics can be found as soon as they are acknowledged; and what was stored so far. */
function appended(rows: ObservationStore, metrics: CassandraMetrics, clock: Clock): { readonly store: ObservationStore; readonly counts: Readonly<Counts> } {
  const counts: Counts = { commits: 0, observations: 0, failures: 0, lastCommit: 0 }
  async function append(observations: readonly Observation[]): Promise<void> {
    const started = clock.monotonic()
    try {
      await rows.append(observations)
      await metrics.noted(observations)
    } catch (error) {
      counts.failures += 1
      throw error
    }
    counts.commits += 1
    counts.observations += observations.length
    counts.lastCommit = clock.monotonic() - started
  }
  return { store: { ...rows, append }, counts }
}
