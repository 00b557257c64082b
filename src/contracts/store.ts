import type { AlarmLedger } from './alarm-ledger.ts'
import type { ConfirmBus } from './confirm-bus.ts'
import type { ConfigurationRepository } from './configuration.ts'
import type { Feed } from './feed.ts'
import type { Leases } from './leases.ts'
import type { MetricStore } from './metric-store.ts'
import type { ObservationStore } from './observation-store.ts'
import type { Outbox } from './outbox.ts'

/** What lies beside a backup and tells whether it is whole; times are ms since the epoch. */
export interface BackupManifest {
  readonly file: string
  readonly bytes: number
  readonly sha256: string
  readonly schema: number
  readonly takenAt: number
}

/** What a store tells about itself, for /metrics. */
export interface StoreStats {
  /** since it was opened: group commits, observations in them, and commits that failed */
  readonly commits: number
  readonly observations: number
  readonly failures: number
  /** bytes of observations that wait for the next commit */
  readonly waiting: number
  /** how long the last commit took, ms */
  readonly lastCommit: number
  /** observations that are durable but not in compressed blocks yet, and their bytes in memory */
  readonly hot: { readonly observations: number; readonly bytes: number }
  readonly fileBytes: number
  /** of a store on other machines, since it was opened: statements sent, those of them that were conditional, and those without an answer in time */
  readonly remote?: { readonly statements: number; readonly compareAndSets: number; readonly timeouts: number }
}

/** What is wrong with a store: 'unavailable', nothing can be promised now; 'region', one region's part of it is gone and the rest goes on. */
export interface StoreProblem { readonly kind: 'unavailable' | 'region'; readonly region?: string; readonly about: string; /** monotonic ms */ readonly since: number }

/**
 * Every contract about data, kept by one technology. Disposing the store ends all of them; disposing one of them does
 * nothing, because roles share them.
 * - `problems` tells what it knows to be wrong with itself, without asking; empty when all is well.
 * - `time` is the store's own clock, ms since the epoch: what nodes compare theirs with. Rejects with StoreUnavailable.
 * - `confirmBus` carries "look now" between processes and `feed` their news, where the store serves several; absent: there is one process.
 * - `backup` writes a consistent copy of the live store into the folder `to`, which must be new or empty.
 */
export interface Store extends AsyncDisposable {
  readonly configuration: ConfigurationRepository
  readonly observations: ObservationStore
  readonly metrics: MetricStore
  readonly ledger: AlarmLedger
  readonly outbox: Outbox
  readonly leases: Leases
  readonly confirmBus?: ConfirmBus
  readonly feed?: Feed
  problems(): readonly StoreProblem[]
  time(): Promise<number>
  backup(to: string): Promise<BackupManifest>
  stats(): Promise<StoreStats>
}
