import type { AlarmLedger } from './alarm-ledger.ts'
import type { ConfigurationRepository } from './configuration.ts'
import type { Leases } from './leases.ts'
import type { MetricStore } from './metric-store.ts'
import type { ObservationStore } from './observation-store.ts'
import type { Outbox } from './outbox.ts'

/** Everything that one deployment keeps. Disposing it closes all parts; what was promised stays promised. */
export interface Store extends AsyncDisposable {
  readonly configuration: ConfigurationRepository
  readonly observations: ObservationStore
  readonly metrics: MetricStore
  readonly ledger: AlarmLedger
  readonly outbox: Outbox
  readonly leases: Leases
}
