import type { DatabaseSync } from 'node:sqlite'
import type { LedgerEntry } from '../../../core/alarm-row.ts'
import { timeOfUuid } from '../../../core/entities/ids.ts'
import type { Calls, ChangesQuery } from '../protocol.ts'
import { deliveryOf, intentOf } from './rows.ts'

const oneEntry = 'SELECT entry FROM ledger WHERE tenant = ? AND entity = ? AND alarm = ? AND version = ?'
const someEntries = 'SELECT entry FROM ledger WHERE tenant = ? AND entity = ? AND alarm = ? AND version >= ? ORDER BY version LIMIT ?'
const placeOfChange = "SELECT at FROM ledger WHERE id = ? AND kind = 'state' AND tenant = ?"
const changes = (order: 'ASC' | 'DESC') => `SELECT entry, id FROM ledger WHERE kind = 'state' AND tenant = ?1 AND at >= ?2 AND at < ?3
  AND (?4 IS NULL OR entity = ?4) AND (?5 IS NULL OR (at, id) ${order === 'ASC' ? '>=' : '<='} (?5, ?6)) ORDER BY at ${order}, id ${order} LIMIT ?7`
const oldIntents = 'SELECT * FROM intent WHERE at < ? ORDER BY at, tenant, entity, alarm, version LIMIT ?'
const dueDeliveries = `SELECT * FROM delivery WHERE status = 'waiting' AND due_at <= ?1 AND (owner IS NULL OR until <= ?1)
  ORDER BY due_at, tenant, entity, alarm, version, notification, step LIMIT ?2`
const deliveriesOf = 'SELECT * FROM delivery WHERE tenant = ? AND entity = ? AND alarm = ? AND version = ? ORDER BY notification, step'
const earliest = `SELECT min(max(due_at, CASE WHEN owner IS NULL THEN due_at ELSE until END)) AS at FROM delivery WHERE status = 'waiting'`

type Answers = 'entry' | 'entries' | 'changes' | 'intents' | 'due' | 'deliveries' | 'nextDue'

/** The questions that one table answers by itself. */
export function questions(database: DatabaseSync): { [K in Answers]: (body: Calls[K][0]) => Calls[K][1] } {
  const sql = (text: string) => database.prepare(text)
  const [entry, entries, place] = [sql(oneEntry), sql(someEntries), sql(placeOfChange)]
  const [forwards, backwards] = [sql(changes('ASC')), sql(changes('DESC'))]
  const [intents, due, deliveries, nextDue] = [sql(oldIntents), sql(dueDeliveries), sql(deliveriesOf), sql(earliest)]

  // A marker that is gone still tells its time, because ids of changes are ordered by time.
  const startOf = ({ marker, tenant }: ChangesQuery): number | null => {
    if (marker === null) return null
    const row = place.get(marker, tenant)
    return row === undefined ? timeOfUuid(marker) : (row.at as number)
  }
  return {
    entry: ({ tenant, entity, alarm, version }) => entryOf(entry.get(tenant, entity, alarm, version)) ?? null,
    entries: ({ tenant, entity, alarm, from, limit }) => entries.all(tenant, entity, alarm, from, limit).flatMap((row) => entryOf(row) ?? []),
    changes(query) {
      const start = startOf(query)
      if (Number.isNaN(start)) return { values: [], next: null }
      const statement = query.reverse ? backwards : forwards
      const rows = statement.all(query.tenant, query.from, query.to, query.entity, start, query.marker, query.limit + 1)
      const values = rows.slice(0, query.limit).flatMap((row) => entryOf(row) ?? [])
      return { values, next: (rows[query.limit]?.id as string | undefined) ?? null }
    },
    intents: ({ before, limit }) => intents.all(before, limit).map(intentOf),
    due: ({ now, limit }) => due.all(now, limit).map(deliveryOf),
    deliveries: ({ tenant, entity, alarm, version }) => deliveries.all(tenant, entity, alarm, version).map(deliveryOf),
    nextDue: () => nextDue.get()?.at as number | null,
  }
}

function entryOf(row: Record<string, unknown> | undefined): LedgerEntry | undefined {
  // Entries are written as JSON by our own ledger.
  return row === undefined ? undefined : (JSON.parse(row.entry as string) as LedgerEntry)
}
