import type { DeliveryId, Intent, Outbox } from '../../../contracts/outbox.ts'
import type { AlarmKey, Delivery } from '../../../core/alarm-row.ts'
import { keep } from './keep.ts'
import type { Line } from './line.ts'

export class OutboxTable {
  readonly intents = new Map<string, Intent>()
  readonly deliveries = new Map<string, Delivery>()

  due(now: number): readonly Delivery[] {
    return [...this.deliveries.values()].filter((delivery) => isDue(delivery, now)).sort(byDue)
  }

  of(key: AlarmKey, version: number): readonly Delivery[] {
    const prefix = JSON.stringify([key.tenant, key.entity, key.alarm, version]).slice(0, -1)
    return [...this.deliveries].filter(([name]) => name.startsWith(`${prefix},`)).map(([, delivery]) => delivery).sort(byNotification)
  }

  nextDue(): number | undefined {
    let next: number | undefined
    for (const delivery of this.deliveries.values()) {
      if (delivery.status !== 'waiting') continue
      const at = Math.max(delivery.dueAt, delivery.claim?.until ?? 0)
      next = next === undefined ? at : Math.min(next, at)
    }
    return next
  }

  change(name: string, change: Partial<Delivery>): Delivery | undefined {
    const present = this.deliveries.get(name)
    if (present === undefined) return undefined
    const next = keep({ ...present, ...change })
    this.deliveries.set(name, next)
    return next
  }
}

const isDue = (delivery: Delivery, now: number) => delivery.status === 'waiting' && delivery.dueAt <= now && (delivery.claim === null || delivery.claim.until <= now)
const byDue = (a: Delivery, b: Delivery) => a.dueAt - b.dueAt || a.createdAt - b.createdAt
const byNotification = (a: Delivery, b: Delivery) => (a.notification.id === b.notification.id ? a.step - b.step : a.notification.id < b.notification.id ? -1 : 1)
const intentName = (intent: Intent) => JSON.stringify([intent.key.tenant, intent.key.entity, intent.key.alarm, intent.version])
const deliveryName = (id: DeliveryId) => JSON.stringify([id.key.tenant, id.key.entity, id.key.alarm, id.version, id.notification, id.step])

export function simulatedOutbox(table: OutboxTable, line: Line): Outbox {
  return {
    intend: (intent) => {
      const kept = keep(intent)
      return line.write('outbox.intend', () => {
        if (!table.intents.has(intentName(kept))) table.intents.set(intentName(kept), kept)
      })
    },
    intents: (before, limit) => line.read('outbox.intents', () => [...table.intents.values()]
      .filter((intent) => intent.at < before).sort((a, b) => a.at - b.at).slice(0, limit)),
    settle: (intent) => {
      const name = intentName(intent)
      return line.write('outbox.settle', () => { table.intents.delete(name) })
    },
    enqueue: (delivery) => {
      const kept = keep(delivery)
      const name = deliveryName({ ...kept, notification: kept.notification.id })
      return line.write('outbox.enqueue', () => {
        if (table.deliveries.has(name)) return 'exists'
        table.deliveries.set(name, kept)
        return 'created'
      })
    },
    due: (now, limit) => line.read('outbox.due', () => table.due(now).slice(0, limit)),
    claim: (id, owner, now, until) => line.write('outbox.claim', () => {
      const present = table.deliveries.get(deliveryName(id))
      if (present === undefined || !isDue(present, now)) return undefined
      return table.change(deliveryName(id), { claim: { owner, until } })
    }),
    record: (id, owner, attempt, then) => line.write('outbox.record', () => {
      const present = table.deliveries.get(deliveryName(id))
      if (present === undefined || present.status !== 'waiting' || present.claim?.owner !== owner) return 'conflict'
      const attempts = attempt === null ? present.attempts : [...present.attempts, attempt]
      table.change(deliveryName(id), { attempts, status: then.status, dueAt: then.dueAt, claim: null })
      return 'applied'
    }),
    deliveries: (key, version) => line.read('outbox.deliveries', () => table.of(key, version)),
    nextDue: () => line.read('outbox.nextDue', () => table.nextDue()),
    [Symbol.asyncDispose]: async () => {},
  }
}
