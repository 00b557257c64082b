import type { AlarmLedger, HistoryOptions } from '../../../contracts/alarm-ledger.ts'
import type { AlarmKey, AlarmRow, LedgerEntry } from '../../../core/alarm-row.ts'
import type { Record } from './history.ts'
import { keep } from './keep.ts'
import type { Line } from './line.ts'

interface Partition { row: AlarmRow; readonly entries: LedgerEntry[] }

/** One partition an alarm: its row and all its entries, changed together. */
export class LedgerTable {
  readonly #partitions = new Map<string, Partition>()
  readonly #record: Record

  constructor(record: Record) {
    this.#record = record
  }

  read(key: AlarmKey): AlarmRow | undefined {
    return this.#partitions.get(name(key))?.row
  }

  entries(key: AlarmKey): readonly LedgerEntry[] {
    return this.#partitions.get(name(key))?.entries ?? []
  }

  commit(expected: number, next: AlarmRow, entry: LedgerEntry): 'applied' | 'conflict' {
    if (next.version !== expected + 1) throw new RangeError(`Version ${next.version} cannot follow ${expected}`)
    const present = this.#partitions.get(name(next.key))
    const version = present?.row.version ?? 0
    if (version === expected + 1 && present?.row.decisionId === next.decisionId) return 'applied'
    if (version !== expected) return 'conflict'
    this.#record({ kind: 'version', row: next, entry })
    if (present === undefined) this.#partitions.set(name(next.key), { row: next, entries: [entry] })
    else {
      present.row = next
      present.entries.push(entry)
    }
    return 'applied'
  }

  rows(tenant: string): readonly AlarmRow[] {
    const all = [...this.#partitions.values()].map((partition) => partition.row)
    return all.filter((row) => row.key.tenant === tenant && !row.deleted).sort((a, b) => (name(a.key) < name(b.key) ? -1 : 1))
  }

  changes(tenant: string, options: HistoryOptions): { values: readonly LedgerEntry[]; next: string | null } {
    const all = [...this.#partitions.values()].flatMap((partition) => partition.entries)
    const wanted = all.filter((entry) => entry.kind === 'state' && entry.key.tenant === tenant
      && entry.at >= options.from && entry.at < options.to
      && (options.entity === undefined || entry.key.entity === options.entity))
    wanted.sort(byTime)
    if (options.reverse === true) wanted.reverse()
    const start = options.marker === undefined ? 0 : wanted.findIndex((entry) => entry.id === options.marker)
    const from = start < 0 ? wanted.length : start
    return { values: wanted.slice(from, from + options.limit), next: wanted[from + options.limit]?.id ?? null }
  }
}

const name = (key: AlarmKey) => JSON.stringify([key.tenant, key.entity, key.alarm])

function byTime(a: LedgerEntry, b: LedgerEntry): number {
  return a.at - b.at || (a.id < b.id ? -1 : 1)
}

export function simulatedLedger(table: LedgerTable, line: Line): AlarmLedger {
  return {
    read: (key) => line.read('ledger.read', () => table.read(key)),
    commit: (expected, next, entry) => {
      const [row, written] = [keep(next), keep(entry)]
      return line.write('ledger.commit', () => table.commit(expected, row, written))
    },
    entry: (key, version) => line.read('ledger.entry', () => table.entries(key).find((entry) => entry.version === version)),
    entries: (key, from, limit) => line.read('ledger.entries', () => table.entries(key).filter((entry) => entry.version >= from).slice(0, limit)),
    changes: (tenant, options) => line.read('ledger.changes', () => table.changes(tenant, options)),
    rows: (tenant, entity) => line.read('ledger.rows', () => table.rows(tenant).filter((row) => row.key.entity === entity)),
    allRows: (tenant) => line.readEach('ledger.allRows', () => table.rows(tenant)),
    [Symbol.asyncDispose]: async () => {},
  }
}
