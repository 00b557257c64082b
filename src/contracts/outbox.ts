import type { AlarmKey, Attempt, Delivery } from '../core/alarm-row.ts'

/** "I am about to write this version": stands before the compare-and-set, so that no change is forgotten. */
export interface Intent { readonly key: AlarmKey; readonly version: number; readonly at: number }
export type DeliveryId = { readonly key: AlarmKey; readonly version: number; readonly notification: string; readonly step: number }

/**
 * Intents, and deliveries on their way.
 * - `intend` is durable when it resolves; the same intent twice is one. `intents` gives unsettled ones older than
 *   `before`, oldest first; `settle` removes one, and settling what is gone is no error.
 * - `enqueue` creates a delivery unless it is there: 'created' or 'exists'. It never changes one.
 * - `due` gives waiting deliveries with `dueAt <= now` and no live claim, earliest first.
 * - `claim` takes one for `owner` until `until`, if it is still waiting, due and free: the delivery, or undefined.
 *   Of many at once, one wins.
 * - `record` adds an attempt and moves it on: 'applied' only for the owner whose claim still stands (a claim past its
 *   time stands until somebody else takes it).
 * - `nextDue` tells when the earliest waiting delivery may be tried (ms), undefined when none waits. Of what other processes
 *   made it may leave out what `due` has not met, and is due more than a minute later: `due` is asked often.
 */
export interface Outbox extends AsyncDisposable {
  intend(intent: Intent): Promise<void>
  intents(before: number, limit: number): Promise<readonly Intent[]>
  settle(intent: Intent): Promise<void>
  enqueue(delivery: Delivery): Promise<'created' | 'exists'>
  due(now: number, limit: number): Promise<readonly Delivery[]>
  claim(id: DeliveryId, owner: string, now: number, until: number): Promise<Delivery | undefined>
  record(id: DeliveryId, owner: string, attempt: Attempt | null, then: { status: Delivery['status']; dueAt: number }): Promise<'applied' | 'conflict'>
  deliveries(key: AlarmKey, version: number): Promise<readonly Delivery[]>
  nextDue(): Promise<number | undefined>
}
