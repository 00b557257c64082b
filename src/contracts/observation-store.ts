import type { Observation } from '../core/observation.ts'

/**
 * Observations, immutable, in partitions (check, zone), newest first by `at`, then by the text of their identity, greatest first.
 * - `append` resolves when all of them are durable: a kill -9 after that loses none. It is idempotent by identity:
 *   what is written twice is read once. Rejects with StoreUnavailable when nothing can be promised.
 * - `newest` gives at most `count` rows of one zone, newest first, as soon as their append has resolved. Rows of a day that has
 *   not come yet by the store's clock may be left out until it comes.
 * - `range` yields one zone's observations, oldest first, `from` inside and `to` not. No rows is no error.
 * - `zones` names the zones from which a check has any observation, sorted.
 * - Rows older than the retention may be gone at any time.
 */
export interface ObservationStore extends AsyncDisposable {
  append(observations: readonly Observation[]): Promise<void>
  newest(check: string, zone: string, count: number): Promise<readonly Observation[]>
  range(check: string, zone: string, from: number, to: number): AsyncIterable<Observation>
  zones(check: string): Promise<readonly string[]>
}
