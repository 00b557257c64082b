import { deliveryKey, type Delivery, type FrozenNotification, type LedgerEntry } from '../alarm-row.ts'

/** What stands in place of a secret, as in every answer of the API. */
export const mask = '********'

/** Which details of a notification type are secret, and so are never shown. */
export type SecretKeys = (type: string) => readonly string[]

/** One item of `notification_history` (reference, section 17): a state change, and how each of its notifications fared. */
export function historyItem(entry: LedgerEntry, deliveries: readonly Delivery[], secrets: SecretKeys) {
  const found = new Map(deliveries.map((delivery) => [deliveryKey(delivery), delivery]))
  return {
    id: entry.id,
    timestamp: entry.at,
    notification_plan_id: entry.plan,
    transaction_id: entry.trace,
    status: entry.status,
    state: entry.state,
    previous_state: entry.previousState,
    notification_results: entry.notifications.map((frozen) => result(entry, frozen, found.get(deliveryKey({ ...frozen, key: entry.key, version: entry.version })), secrets)),
  }
}

function result(entry: LedgerEntry, { notification }: FrozenNotification, delivery: Delivery | undefined, secrets: SecretKeys) {
  const hidden = secrets(notification.type)
  const suppressed = entry.suppressedBy.length > 0
  return {
    notification_id: notification.id,
    notification_type: notification.type,
    notification_details: Object.fromEntries(Object.entries(notification.details).map(([key, value]) => [key, hidden.includes(key) ? mask : value])),
    in_progress: !suppressed && (delivery === undefined || delivery.status === 'waiting'),
    success: delivery?.status === 'delivered',
    message: suppressed ? `Notification suppressed by ${entry.suppressedBy.join(', ')}` : summary(delivery),
    attempts: (delivery?.attempts ?? []).map(({ message, from }) => ({ message, from })),
  }
}

function summary(delivery: Delivery | undefined): string {
  const last = delivery?.attempts.at(-1)?.message
  switch (delivery?.status) {
    case undefined: return 'Notification is about to be sent'
    case 'waiting': return last ?? 'Notification is about to be sent'
    case 'delivered': return last ?? 'Success'
    case 'given up': return `Notification failed after ${counted(delivery)}`
    case 'expired': return `Notification expired after ${counted(delivery)}`
  }
}

const counted = ({ attempts }: Delivery) => (attempts.length === 1 ? '1 attempt' : `${attempts.length} attempts`)
