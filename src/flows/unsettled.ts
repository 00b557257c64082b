import type { AlarmLedger } from '../contracts/alarm-ledger.ts'
import type { AlarmKey, AlarmRow, LedgerEntry } from '../core/alarm-row.ts'

/** Compare-and-sets from version `expected` whose outcome nobody knows: they may apply at any time until another one does. */
interface Parked { readonly expected: number; readonly decisions: Set<string> }

/** What this process wrote and had no answer to, by alarm. Reading settles nothing; a version that has moved on does. */
export class Unsettled {
  readonly #parked = new Map<string, Parked>()

  has(key: AlarmKey): boolean {
    return this.#parked.has(nameOf(key))
  }

  /** The outcome of a compare-and-set from this row is unknown. */
  add(row: AlarmRow, decisionId: string): void {
    const parked = this.#parked.get(nameOf(row.key))
    const decisions = parked?.expected === row.version ? parked.decisions : new Set<string>()
    this.#parked.set(nameOf(row.key), { expected: row.version, decisions: decisions.add(decisionId) })
  }

  /** Another compare-and-set from the same version applied: none of these ever will. */
  settled(key: AlarmKey): void {
    this.#parked.delete(nameOf(key))
  }

  /** The entry of ours that had applied after all, once the row has moved on. */
  async applied(row: AlarmRow, ledger: AlarmLedger): Promise<LedgerEntry | undefined> {
    const parked = this.#parked.get(nameOf(row.key))
    if (parked === undefined || row.version === parked.expected) return undefined
    this.settled(row.key)
    const entry = await ledger.entry(row.key, parked.expected + 1)
    return entry !== undefined && parked.decisions.has(entry.decisionId) ? entry : undefined
  }
}

export const nameOf = ({ tenant, entity, alarm }: AlarmKey): string => `${tenant}/${entity}/${alarm}`
