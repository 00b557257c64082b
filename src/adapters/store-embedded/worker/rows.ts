import type { Attempt, Delivery } from '../../../core/alarm-row.ts'
import type { IntentRow } from '../protocol.ts'

type Row = Record<string, unknown>

/** A row of the delivery table as a delivery; our own statements wrote it, so its columns are trusted. */
export function deliveryOf(row: Row): Delivery {
  const { createdAt, notification, trace } = JSON.parse(row.body as string) as Pick<Delivery, 'createdAt' | 'notification' | 'trace'>
  return {
    key: { tenant: row.tenant as string, entity: row.entity as string, alarm: row.alarm as string },
    version: row.version as number,
    notification,
    step: row.step as number,
    createdAt,
    status: row.status as Delivery['status'],
    dueAt: row.due_at as number,
    claim: row.owner === null ? null : { owner: row.owner as string, until: row.until as number },
    attempts: JSON.parse(row.attempts as string) as Attempt[],
    trace,
  }
}

/** A row of the intent table. */
export function intentOf(row: Row): IntentRow {
  return { tenant: row.tenant as string, entity: row.entity as string, alarm: row.alarm as string, version: row.version as number, at: row.at as number }
}
