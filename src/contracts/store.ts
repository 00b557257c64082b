import type { AlarmLedger } from './alarm-ledger.ts'
import type { ConfigurationRepository } from './configuration.ts'
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
}

/**
 * Every contract about data, kept by one technology. Disposing the store ends all of them; disposing one of them does
 * nothing, because roles share them.
 * - `backup` writes a consistent copy of the live store into the folder `to`, which must be new or empty.
 */
export interface Store extends AsyncDisposable {
  readonly configuration: ConfigurationRepository
  readonly observations: ObservationStore
  readonly metrics: MetricStore
  readonly ledger: AlarmLedger
  readonly outbox: Outbox
  readonly leases: Leases
  backup(to: string): Promise<BackupManifest>
  stats(): Promise<StoreStats>
}
