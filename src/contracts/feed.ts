import type { AlarmKey, State } from '../core/alarm-row.ts'

/** News for people who are looking right now; missing one is harmless, because everything can be read again. */
export type FeedEvent =
  | { readonly kind: 'observation'; readonly tenant: string; readonly entity: string; readonly check: string; readonly zone: string; readonly at: number; readonly available: boolean; readonly status: string }
  | { readonly kind: 'state'; readonly tenant: string; readonly key: AlarmKey; readonly version: number; readonly state: State; readonly at: number }
  | { readonly kind: 'delivery'; readonly tenant: string; readonly key: AlarmKey; readonly version: number; readonly notification: string; readonly status: string }
  | { readonly kind: 'configuration'; readonly tenant: string; readonly entity: string | null }

/**
 * Ephemeral publish and subscribe, by tenant.
 * - `publish` never waits. `subscribe` yields what is published from now on until aborted; a subscriber that is slower
 *   than its buffer (1,000 events) loses the oldest ones.
 */
export interface Feed {
  publish(event: FeedEvent): void
  subscribe(tenant: string, signal: AbortSignal): AsyncIterable<FeedEvent>
}
