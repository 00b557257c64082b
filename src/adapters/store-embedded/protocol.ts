import type { StoreUnavailable } from '../../contracts/errors.ts'
import type { Observation } from '../../core/observation.ts'
import type { LedgerEntry, Delivery } from '../../core/alarm-row.ts'
import type { Settings } from './settings.ts'

/** What the main thread and the store's worker say to each other. Everything here survives a structured clone. */

/** Names that records refer to by number. They are written in the very commit that first uses them. */
export interface Definitions {
  readonly words: [id: number, text: string][]
  readonly series: [id: number, check: string, zone: string][]
  readonly metrics: [series: number, name: string, type: string, unit: string][]
}

export interface ConfigurationWrite { readonly kind: string; readonly tenant: string; readonly entity: string; readonly id: string; readonly expected: number; readonly value: string | null }
export interface DeliveryRow { readonly tenant: string; readonly entity: string; readonly alarm: string; readonly version: number; readonly notification: string; readonly step: number }
export interface IntentRow { readonly tenant: string; readonly entity: string; readonly alarm: string; readonly version: number; readonly at: number }
export interface EntryRow { readonly id: string; readonly kind: string; readonly at: number; readonly text: string }

/** Writes, by name; all of one batch are applied in their order inside one transaction. */
export interface Writes {
  configuration: { writes: readonly ConfigurationWrite[] }
  ledger: { tenant: string; entity: string; alarm: string; expected: number; decision: string; row: string; entry: EntryRow }
  intend: IntentRow
  settle: IntentRow
  enqueue: DeliveryRow & { body: string; status: Delivery['status']; dueAt: number; owner: string | null; until: number; attempts: string }
  claim: DeliveryRow & { owner: string; now: number; until: number }
  record: DeliveryRow & { owner: string; attempt: string | null; status: Delivery['status']; dueAt: number }
}
export interface WriteResults {
  configuration: { versions: readonly number[]; change: number } | null
  ledger: 'applied' | 'conflict'
  intend: null
  settle: null
  enqueue: 'created' | 'exists'
  claim: Delivery | null
  record: 'applied' | 'conflict'
}
export type WriteName = keyof Writes
export type Write = { [K in WriteName]: { readonly name: K; readonly body: Writes[K] } }[WriteName]

export interface Batch {
  readonly definitions: Definitions
  /** records one behind the other; empty when there are none */
  readonly records: Uint8Array<ArrayBuffer>
  readonly writes: readonly Write[]
}
export interface Committed { readonly results: readonly WriteResults[WriteName][] }

export interface ChangesQuery { tenant: string; entity: string | null; from: number; to: number; limit: number; marker: string | null; reverse: boolean }
export interface SampleQuery { series: number; metric: string; from: number; to: number; bucket: number }
/** Where to go on reading: just behind the observation with this time and id. */
export interface Cursor { readonly at: number; readonly id: string }

/** A bucket or a sample on its way to the reader; `text` only for string metrics. */
export interface StoredPoint { at: number; count: number; average: number; minimum: number; maximum: number; variance: number; text?: string }

/** Questions and chores, by name: their arguments and their answers. */
export interface Calls {
  open: [Settings & { now: number; epoch: string }, Opened]
  commit: [Batch, Committed]
  newest: [{ series: number; count: number }, readonly Observation[]]
  range: [{ series: number; from: number; to: number; after: Cursor | null; limit: number }, { observations: readonly Observation[]; next: Cursor | null }]
  points: [SampleQuery, readonly StoredPoint[]]
  entry: [{ tenant: string; entity: string; alarm: string; version: number }, LedgerEntry | null]
  entries: [{ tenant: string; entity: string; alarm: string; from: number; limit: number }, readonly LedgerEntry[]]
  changes: [ChangesQuery, { values: readonly LedgerEntry[]; next: string | null }]
  intents: [{ before: number; limit: number }, readonly IntentRow[]]
  due: [{ now: number; limit: number }, readonly Delivery[]]
  deliveries: [{ tenant: string; entity: string; alarm: string; version: number }, readonly Delivery[]]
  nextDue: [null, number | null]
  tidy: [{ now: number; all: boolean }, { more: boolean }]
  stats: [null, { fileBytes: number; hotObservations: number; hotBytes: number }]
  close: [null, null]
}
export type CallName = keyof Calls

export interface Opened {
  readonly epoch: string
  readonly change: number
  readonly words: readonly [id: number, text: string][]
  readonly series: readonly [id: number, check: string, zone: string][]
  readonly metrics: readonly [series: number, name: string, type: string, unit: string][]
  readonly configuration: readonly { kind: string; tenant: string; entity: string; id: string; version: number; value: string }[]
  readonly alarms: readonly string[]
}

export interface Request { readonly id: number; readonly name: CallName; readonly body: unknown }
export type Response =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly message: string; readonly outcome: StoreUnavailable['outcome'] }
