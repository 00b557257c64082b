import type { ConfirmRequest } from './transport.ts'

/**
 * Carries "look now" to the endpoints that hold a zone's pollers, within a second, whichever they are. Losing one is
 * harmless: the next scheduled run decides.
 */
export interface ConfirmBus {
  publish(zone: string, request: ConfirmRequest): void
  subscribe(zone: string, signal: AbortSignal): AsyncIterable<ConfirmRequest>
}
