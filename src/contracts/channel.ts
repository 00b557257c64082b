import type { Static, TObject } from 'typebox'
import type { Account } from '../core/entities/resources.ts'
import type { LedgerEntry } from '../core/alarm-row.ts'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import type { Resolver } from './check-type.ts'

/** What a notification says; built from the ledger entry alone, so that every attempt says the same. */
export interface Message {
  /** `alarm:version:notification[:step]`, the same for every attempt */
  readonly key: string
  readonly entry: LedgerEntry
  readonly account: Pick<Account, 'id' | 'webhook_token'>
  /** zone id → label */
  readonly zones: Readonly<Record<string, string>>
  /** where a person finds this change in the console; null when no address is configured */
  readonly link: string | null
  /** true for test-notification */
  readonly test: boolean
}

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
