import type { DatabaseSync } from 'node:sqlite'
import type { Delivery } from '../../../core/alarm-row.ts'
import type { Write, WriteName, WriteResults, Writes } from '../protocol.ts'
import { deliveryOf } from './rows.ts'

const configurationRow = 'SELECT version, value FROM configuration WHERE tenant = ? AND entity = ? AND kind = ? AND id = ?'
const putConfiguration = 'INSERT OR REPLACE INTO configuration (tenant, entity, kind, id, version, value) VALUES (?, ?, ?, ?, ?, ?)'
const nextChange = "INSERT INTO meta (name, value) VALUES ('change', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"

const alarmRow = 'SELECT version, decision FROM alarm WHERE tenant = ? AND entity = ? AND alarm = ?'
const putAlarm = 'INSERT OR REPLACE INTO alarm (tenant, entity, alarm, version, decision, row) VALUES (?, ?, ?, ?, ?, ?)'
const addEntry = 'INSERT INTO ledger (tenant, entity, alarm, version, id, kind, at, entry) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'

const addIntent = 'INSERT OR IGNORE INTO intent (tenant, entity, alarm, version, at) VALUES (?, ?, ?, ?, ?)'
const dropIntent = 'DELETE FROM intent WHERE tenant = ? AND entity = ? AND alarm = ? AND version = ?'

const deliveryKey = 'tenant = ? AND entity = ? AND alarm = ? AND version = ? AND notification = ? AND step = ?'
const addDelivery = `INSERT OR IGNORE INTO delivery (tenant, entity, alarm, version, notification, step, body, status, due_at, owner, until, attempts)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
const claimDelivery = `UPDATE delivery SET owner = ?, until = ? WHERE ${deliveryKey}
  AND status = 'waiting' AND due_at <= ? AND (owner IS NULL OR until <= ?) RETURNING *`
const recordDelivery = `UPDATE delivery SET attempts = CASE WHEN ?1 IS NULL THEN attempts ELSE json_insert(attempts, '$[#]', json(?1)) END,
  status = ?2, due_at = ?3, owner = NULL, until = 0 WHERE ${deliveryKey} AND owner = ?`

type Apply = { [K in WriteName]: (body: Writes[K]) => WriteResults[K] }

/** How each kind of write is applied; the caller holds the transaction. */
export function writers(database: DatabaseSync): (write: Write) => WriteResults[WriteName] {
  const sql = (text: string) => database.prepare(text)
  const readConfiguration = sql(configurationRow)
  const writeConfiguration = sql(putConfiguration)
  const raiseChange = sql(nextChange)
  const [readAlarm, writeAlarm, writeEntry] = [sql(alarmRow), sql(putAlarm), sql(addEntry)]
  const [writeIntent, deleteIntent] = [sql(addIntent), sql(dropIntent)]
  const [insertDelivery, takeDelivery, moveDelivery] = [sql(addDelivery), sql(claimDelivery), sql(recordDelivery)]

  const apply: Apply = {
    configuration({ writes }) {
      const versions: number[] = []
      for (const { tenant, entity, kind, id, expected } of writes) {
        // The rows have the columns that the statement above names.
        const row = readConfiguration.get(tenant, entity, kind, id) as { version: number; value: string | null } | undefined
        const standing = row === undefined || row.value === null ? 0 : row.version
        if (standing !== expected) return null
        versions.push((row?.version ?? 0) + 1)
      }
      for (const [i, { tenant, entity, kind, id, value }] of writes.entries()) writeConfiguration.run(tenant, entity, kind, id, versions[i]!, value)
      return { versions, change: (raiseChange.get() as { value: number }).value }
    },
    ledger({ tenant, entity, alarm, expected, decision, row, entry }) {
      const present = readAlarm.get(tenant, entity, alarm) as { version: number; decision: string } | undefined
      const standing = present?.version ?? 0
      if (standing === expected + 1 && present?.decision === decision) return 'applied'
      if (standing !== expected) return 'conflict'
      writeAlarm.run(tenant, entity, alarm, expected + 1, decision, row)
      writeEntry.run(tenant, entity, alarm, expected + 1, entry.id, entry.kind, entry.at, entry.text)
      return 'applied'
    },
    intend({ tenant, entity, alarm, version, at }) {
      writeIntent.run(tenant, entity, alarm, version, at)
      return null
    },
    settle({ tenant, entity, alarm, version }) {
      deleteIntent.run(tenant, entity, alarm, version)
      return null
    },
    enqueue(d) {
      const done = insertDelivery.run(d.tenant, d.entity, d.alarm, d.version, d.notification, d.step, d.body, d.status, d.dueAt, d.owner, d.until, d.attempts)
      return done.changes === 0 ? 'exists' : 'created'
    },
    claim(d): Delivery | null {
      const row = takeDelivery.get(d.owner, d.until, d.tenant, d.entity, d.alarm, d.version, d.notification, d.step, d.now, d.now)
      return row === undefined ? null : deliveryOf(row)
    },
    record(d) {
      const done = moveDelivery.run(d.attempt, d.status, d.dueAt, d.tenant, d.entity, d.alarm, d.version, d.notification, d.step, d.owner)
      return done.changes === 0 ? 'conflict' : 'applied'
    },
  }
  // `name` and `body` belong together by the type of Write; the compiler cannot follow that through the table.
  return (write) => (apply[write.name] as (body: Write['body']) => WriteResults[WriteName])(write.body)
}
