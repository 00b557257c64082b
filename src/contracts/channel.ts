import type { Static, TObject } from 'typebox'
import type { Message } from '../core/routing/message.ts'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import type { Resolver } from './check-type.ts'

export type { Message }

export type DeliveryOutcome =
  | { readonly kind: 'delivered'; readonly message: string }
  | { readonly kind: 'try-again'; readonly message: string; /** ms since the epoch */ readonly notBefore?: number }
  | { readonly kind: 'give-up'; readonly message: string }

export interface DeliveryContext<D> {
  readonly details: D
  readonly message: Message
  readonly clock: Clock
  readonly log: Log
  readonly resolver: Resolver
  /** aborts at the attempt's timeout */
  readonly signal: AbortSignal
}

/** A way to reach somebody: facts first, then one function, which answers with an outcome and does not throw. */
export interface Channel<S extends TObject = TObject> {
  readonly type: string
  readonly about: string
  readonly details: S
  readonly secrets: readonly string[]
  deliver(context: DeliveryContext<Static<S>>): Promise<DeliveryOutcome>
}

export function defineChannel<const S extends TObject>(facts: Channel<S>): Channel<S> {
  return facts
}
