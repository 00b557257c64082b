import type { DecisionInputs, LedgerEntry, State, Vote } from '../../core/alarm-row.ts'
import type { ConsistencyLevel } from '../../core/alarm-language/types.ts'
import type { Attempt, Delivery } from '../../core/alarm-row.ts'
import type { Observation } from '../../core/observation.ts'
import type { FeedEvent } from '../../contracts/feed.ts'

/** What the console's routes answer: read by the page, written by this role. Times are ms since the epoch. */

/** What is shown of an alarm or a check. NEW: it is so young that nothing could be heard of it yet. */
export type Shown = State | 'NEW'

/** The newest observation of one zone. */
export interface Seen { readonly zone: string; readonly at: number; readonly ok: boolean; readonly status: string }

export interface CheckLine {
  readonly id: string
  readonly label: string
  readonly type: string
  readonly target: string | null
  /** seconds */
  readonly period: number
  readonly disabled: boolean
  readonly created: number
  readonly zones: readonly string[]
  /** how long (ms) an observation keeps its zone fresh when no alarm says otherwise */
  readonly freshFor: number
  readonly seen: readonly Seen[]
}

export interface AlarmLine {
  readonly id: string
  readonly label: string
  readonly check: string
  readonly rule: { readonly level: ConsistencyLevel; readonly consecutiveCount: number; readonly freshFor: number; readonly disabled: boolean }
  /** as recorded; the page shows UNKNOWN by itself when the votes are too old */
  readonly version: number
  readonly recorded: State
  readonly lastKnown: State | null
  readonly status: string
  readonly reason: string
  readonly changedAt: number
  readonly votes: readonly Omit<Vote, 'observation'>[]
  /** what it amounts to at the time of the answer */
  readonly shown: Shown
}

export interface EntityLine {
  readonly kind: 'entity'
  readonly id: string
  readonly label: string
  readonly checks: readonly CheckLine[]
  readonly alarms: readonly AlarmLine[]
}

/** The overview is one JSON value a line, so that ten thousand checks neither block the server nor wait for the last one. */
export type OverviewLine =
  | { readonly kind: 'start'; readonly now: number; readonly zones: readonly { readonly id: string; readonly label: string }[] }
  | EntityLine
  | { readonly kind: 'gone'; readonly id: string }
  /** the last line: without it the answer was cut off */
  | { readonly kind: 'end'; readonly now: number; readonly entities: number }

/** One message of the feed carries a list of these. `resync`: news were lost, read everything again. */
export type NewsItem = FeedEvent | { readonly kind: 'heartbeat'; readonly now: number; /** what is wrong with the server, in words */ readonly troubles?: readonly string[] } | { readonly kind: 'resync' }

export type DeliveryView = Pick<Delivery, 'version' | 'step' | 'createdAt' | 'status' | 'dueAt'> & {
  readonly key: string
  readonly notification: { readonly id: string; readonly label: string; readonly type: string }
  readonly attempts: readonly Attempt[]
}

export type EntryView = Pick<LedgerEntry, 'version' | 'kind' | 'id' | 'at' | 'state' | 'previousState' | 'status' | 'reason' | 'zone' | 'generation' | 'plan' | 'suppressedBy' | 'trace'> & {
  readonly inputs: DecisionInputs | null
  readonly observation: ObservationView | null
  readonly deliveries: readonly DeliveryView[]
}

export interface LedgerView {
  readonly now: number
  readonly version: number
  /** newest first */
  readonly entries: readonly EntryView[]
  /** ask with `before=` this for older ones; null when there are none */
  readonly before: number | null
}

export type ObservationView = Pick<Observation, 'zone' | 'slot' | 'kind' | 'at' | 'receivedAt' | 'available' | 'status' | 'metrics' | 'target' | 'startDelay' | 'lag' | 'stressed' | 'trace'>

export interface CheckView { readonly now: number; readonly zones: readonly { readonly zone: string; readonly observations: readonly ObservationView[] }[] }

export interface WhoAmI { readonly tenant: string; readonly user: string; readonly roles: readonly string[] }
