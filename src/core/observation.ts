import type { Metric } from './alarm-language/types.ts'

export type ObservationKind = 'scheduled' | 'confirming' | 'test'

/**
 * What one run of one check in one zone saw: the unit of transport, acknowledgement and storage. Immutable.
 * Its identity is (check, zone, slot, kind, boot, sequence); times are ms since the epoch.
 */
export interface Observation {
  readonly tenant: string
  readonly entity: string
  readonly check: string
  readonly zone: string
  /** the scheduled time this run belongs to; a confirming run keeps the slot of what it confirms */
  readonly slot: number
  readonly kind: ObservationKind
  /** the poller process's boot id, and its own count of observations */
  readonly boot: string
  readonly sequence: number
  /** when the probe started */
  readonly at: number
  /** when an endpoint took it; 0 until then */
  readonly receivedAt: number
  readonly available: boolean
  readonly status: string
  readonly metrics: Readonly<Record<string, Metric>>
  /** the address that was probed, null when there was none */
  readonly target: string | null
  /** how late the run started against its slot, and how far the event loop lagged, in ms */
  readonly startDelay: number
  readonly lag: number
  /** why the prober does not trust itself; null when it does. A stressed observation does not vote. */
  readonly stressed: string | null
  /** follows the observation through frame, ledger and delivery */
  readonly trace: string
}

export function observationId(o: Pick<Observation, 'check' | 'zone' | 'slot' | 'kind' | 'boot' | 'sequence'>): string {
  return `${o.check}:${o.zone}:${o.slot}:${o.kind}:${o.boot}:${o.sequence}`
}
