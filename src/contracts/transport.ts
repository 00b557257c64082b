import type { Observation } from '../core/observation.ts'
import type { ScheduleDelta } from './configuration.ts'

/** A zone is asked to look at a check now, because another zone saw something new. */
export interface ConfirmRequest {
  readonly check: string
  readonly slot: number
  readonly askedBy: string
  readonly trace: string
  /** not before this time (ms): a zone that is alone looks again a little later */
  readonly notBefore?: number
}

/**
 * How a poller reaches a region's endpoint; in one process a function call, elsewhere the agent protocol over TLS.
 * - `post` resolves with the identities that are durable or knowingly discarded; only those may leave the spool.
 *   `live: false` marks what comes out of a spool; `ages` then says how old each one is (ms, by the poller's monotonic
 *   clock; null when the poller has been started anew since). Rejects when the endpoint cannot promise anything; posting
 *   the same again, there or to another endpoint, does no harm.
 * - `schedule` as ConfigurationRepository.schedule, and says where the zone's live pollers are (their owners' names). A
 *   check on its way through a wire carries what a poller needs of it, with its secrets open. A cursor is of the endpoint
 *   that gave it; one that it does not know gets everything.
 * - A signal that aborts ends the waiting of a post or a schedule where there is a wire to wait for.
 * - `confirmations` yields requests for this zone from the moment of subscribing until aborted.
 */
export interface EndpointLink {
  post(observations: readonly Observation[], live: boolean, signal?: AbortSignal, ages?: readonly (number | null)[]): Promise<readonly string[]>
  schedule(zone: string, poller: string, cursor: string, signal?: AbortSignal): Promise<ScheduleDelta & { readonly pollers: readonly string[] }>
  confirmations(zone: string, signal: AbortSignal): AsyncIterable<ConfirmRequest>
}
