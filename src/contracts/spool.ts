import type { Observation } from '../core/observation.ts'

/** `age`: ms since the observation was made, by the monotonic clock; null when the process has been started anew since. */
export interface Spooled { readonly observation: Observation; readonly age: number | null }

export interface SpoolStats {
  /** observations that wait for their acknowledgement, and the bytes that they take */
  readonly count: number
  readonly bytes: number
  /** since the spool was opened: thrown away, oldest first, because it was full; and found unreadable */
  readonly dropped: number
  readonly damaged: number
}

/**
 * Where observations wait on a poller's own disk until an endpoint has acknowledged them.
 * - What `append` has resolved for survives a kill -9. A write that was cut short damages nothing but itself.
 * - `pending` gives at most `limit` of those that wait, in the order of their appending; the same again until they are
 *   acknowledged.
 * - `acknowledge` takes away what is named; naming what is not there is no error. After a kill -9 some of what was
 *   acknowledged shortly before may wait again, which an observation's identity makes harmless.
 * - It never takes more than its bound in bytes: the oldest are dropped to make room, and counted.
 */
export interface Spool extends AsyncDisposable {
  append(observations: readonly Observation[]): Promise<void>
  acknowledge(ids: readonly string[]): Promise<void>
  pending(limit: number): Promise<readonly Spooled[]>
  stats(): SpoolStats
}
