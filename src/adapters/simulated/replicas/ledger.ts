import type { AlarmLedger, HistoryOptions } from '../../../contracts/alarm-ledger.ts'
import type { AlarmKey, AlarmRow, LedgerEntry } from '../../../core/alarm-row.ts'
import { keep } from '../store/keep.ts'
import type { Cells, Rows } from './cells.ts'
import type { Client } from './client.ts'
import { alarmName, nameOf, partsOf, within } from './names.ts'

/**
 * One partition an alarm: the row '' with the alarm's version, decision and row, and a row a version with its entry, all
 * written by compare-and-set on the version and read at QUORUM. A tenant's list of alarms is written before the first.
 */
export const ledgerOf = (key: AlarmKey) => nameOf('ledger', alarmName(key))
const listOf = (tenant: string) => nameOf('alarms', tenant)
const head = ''
const entryName = (version: number) => nameOf('entry', version)

export function replicatedLedger(client: Client, asked: (decisionId: string) => void): AlarmLedger {
  const read = async (key: AlarmKey) => rowIn(await client.read(ledgerOf(key), { to: within('entry').from }))
  const entries = async (key: AlarmKey, from: number, to = Number.MAX_SAFE_INTEGER) => entriesIn(await client.read(ledgerOf(key), { from: entryName(Math.max(0, from)), to: entryName(to) }))
  const keys = async (tenant: string, entity?: string) => [...(await client.read(listOf(tenant), entity === undefined ? {} : within(entity))).keys()].map((name): AlarmKey => {
    const [of = '', alarm = ''] = partsOf(name)
    return { tenant, entity: of, alarm }
  })
  const present = async (wanted: readonly AlarmKey[]) => (await Promise.all(wanted.map(read))).filter((row) => row !== undefined).filter((row) => !row.deleted)
  return {
    read,
    commit: async (expected, next, entry) => {
      if (next.version !== expected + 1) throw new RangeError(`Version ${next.version} cannot follow ${expected}`)
      const { key, version, decisionId } = next
      const values = { [head]: { version, decisionId, row: keep(next) }, [entryName(version)]: { entry: keep(entry) } }
      if (expected === 0) await client.write(listOf(key.tenant), { [nameOf(key.entity, key.alarm)]: { is: true } })
      asked(decisionId)
      const { applied, rows } = await client.compareAndSet(ledgerOf(key), (stored) => versionIn(stored) === expected, values)
      return applied || (versionIn(rows) === version && rows.get(head)?.decisionId?.value === decisionId) ? 'applied' : 'conflict'
    },
    entry: async (key, version) => (await entries(key, version, version + 1))[0],
    entries: async (key, from, limit) => (await entries(key, from)).slice(0, limit),
    changes: async (tenant, options) => {
      const all = await Promise.all((await keys(tenant, options.entity)).map((key) => entries(key, 0)))
      return pageOf(all.flat(), options)
    },
    rows: async (tenant, entity) => present(await keys(tenant, entity)),
    allRows: async function* (tenant) { yield* await present(await keys(tenant)) },
    [Symbol.asyncDispose]: async () => {},
  }
}

/** What was written as a row, a version or an entry is one. */
export const alarmRowIn = (cells: Cells | undefined) => cells?.row?.value as AlarmRow | undefined
export const entryIn = (cells: Cells | undefined) => cells?.entry?.value as LedgerEntry | undefined
const rowIn = (rows: Rows) => alarmRowIn(rows.get(head))
const versionIn = (rows: Rows) => (rows.get(head)?.version?.value ?? 0) as number
const entriesIn = (rows: Rows) => [...rows.values()].map(entryIn).filter((entry) => entry !== undefined)

/** The wanted changes of state by time, a page of them. */
export function pageOf(entries: readonly LedgerEntry[], { from, to, limit, marker, reverse }: HistoryOptions): { values: readonly LedgerEntry[]; next: string | null } {
  const wanted = entries.filter((entry) => entry.kind === 'state' && entry.at >= from && entry.at < to).sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  if (reverse === true) wanted.reverse()
  const found = marker === undefined ? 0 : wanted.findIndex((entry) => entry.id === marker)
  const start = found < 0 ? wanted.length : found
  return { values: wanted.slice(start, start + limit), next: wanted[start + limit]?.id ?? null }
}
