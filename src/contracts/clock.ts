/**
 * Time as everything in Vedette sees it.
 * - `now` is wall time in ms since the epoch and may jump; `monotonic` is ms since some start and never goes back.
 * - `sleep` ends after `ms`, or rejects with the signal's reason as soon as it is aborted (at once if it already was).
 * - `deadline` is a signal that aborts after `ms` with a `DOMException` named TimeoutError, or with its parent's reason
 *   when the parent aborts; disposing it frees its timer and its listener.
 */
export interface Clock {
  now(): number
  monotonic(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  deadline(ms: number, parent?: AbortSignal): Deadline
}

export interface Deadline extends Disposable { readonly signal: AbortSignal }
