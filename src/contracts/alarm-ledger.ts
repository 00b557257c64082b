import type { AlarmKey, AlarmRow, LedgerEntry } from '../core/alarm-row.ts'

export interface HistoryOptions {
  readonly from: number; readonly to: number; readonly limit: number
  /** the id of the first item wanted, inclusive */
  readonly marker?: string
  readonly reverse?: boolean
  readonly entity?: string
}

/**
 * The alarms' rows and every version that they had.
 * - `commit` is one atomic compare-and-set: it applies only if the row stands at `expected` (0: there is no row), and then
 *   the row and the entry are both there; `next.version` is `expected + 1`. Of many at once with one `expected`, one wins.
 *   Rejects with StoreUnavailable, whose outcome may be unknown: then only another commit from the same version settles it.
 * - A commit with the same `decisionId` as the row that stands at `expected + 1` answers 'applied' (it was applied before).
 * - `entries` gives the versions of one alarm in order, `from` inside; `entry` one of them.
 * - `changes` gives entries of kind 'state' of a tenant, by time then id, `from` inside and `to` not, oldest first unless reversed.
 * - `rows` gives the present rows of an entity's alarms, tombstones left out; `allRows` those of a tenant.
 */
export interface AlarmLedger extends AsyncDisposable {
  read(key: AlarmKey): Promise<AlarmRow | undefined>
  commit(expected: number, next: AlarmRow, entry: LedgerEntry): Promise<'applied' | 'conflict'>
  entry(key: AlarmKey, version: number): Promise<LedgerEntry | undefined>
  entries(key: AlarmKey, from: number, limit: number): Promise<readonly LedgerEntry[]>
  changes(tenant: string, options: HistoryOptions): Promise<{ readonly values: readonly LedgerEntry[]; readonly next: string | null }>
  rows(tenant: string, entity: string): Promise<readonly AlarmRow[]>
  allRows(tenant: string): AsyncIterable<AlarmRow>
}
