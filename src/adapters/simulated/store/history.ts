import type { ConfigurationChange, Partition } from '../../../contracts/configuration.ts'
import type { AlarmRow, LedgerEntry } from '../../../core/alarm-row.ts'
import type { Observation } from '../../../core/observation.ts'

/** A write that took effect. */
export type Write =
  | { readonly kind: 'observation'; readonly observation: Observation }
  | { readonly kind: 'version'; readonly row: AlarmRow; readonly entry: LedgerEntry }
  | { readonly kind: 'configuration'; readonly partition: Partition; readonly changes: readonly ConfigurationChange[] }

/**
 * The same, with the moment: ms since the simulation's start. Its place in the history is its place among all.
 * `asked`: when its sender sent it, where that is known. `parked`: it lay somewhere on its way, after its sender had given up waiting.
 */
export type Applied = Write & { readonly moment: number; readonly parked: boolean; readonly asked?: number }
export type Record = (write: Write) => void
