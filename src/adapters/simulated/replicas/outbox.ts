import type { DeliveryId, Intent, Outbox } from '../../../contracts/outbox.ts'
import type { AlarmKey, Delivery } from '../../../core/alarm-row.ts'
import { keep } from '../store/keep.ts'
import type { Cells, Rows } from './cells.ts'
import type { Client } from './client.ts'
import { alarmName, nameOf } from './names.ts'

/**
 * Intents lie in one bucket by time; settling marks one. Each delivery is a partition of its own, made, claimed and
 * recorded by compare-and-set; a list names it before it is made, and is marked when it has been settled.
 */
const intents = nameOf('intents')
const list = nameOf('deliveries')
const deliveryName = ({ key, version, notification, step }: DeliveryId) => nameOf(alarmName(key), version, notification, step)
const partitionOf = (name: string) => nameOf('delivery', name)
const head = ''

export function replicatedOutbox(client: Client): Outbox {
  const read = async (name: string) => deliveryIn(await client.read(partitionOf(name)))
  const change = async (id: DeliveryId, present: Delivery, next: Delivery) => {
    const { applied } = await client.compareAndSet(partitionOf(deliveryName(id)), (rows) => stateIn(rows) === stateOf(present), { [head]: { delivery: keep(next), stamp: stateOf(next) } })
    return applied
  }
  const waiting = async () => {
    const open = [...await client.read(list)].filter(([, cells]) => cells.settled === undefined).map(([name]) => name)
    return (await Promise.all(open.map(read))).filter((delivery) => delivery?.status === 'waiting') as Delivery[] // those that are there
  }
  return {
    intend: (intent) => client.write(intents, { [intentName(intent)]: { intent: keep(intent) } }),
    intents: async (before, limit) => [...await client.read(intents, before < 1e15 ? { to: nameOf(Math.max(0, before)) } : {})].flatMap(([, cells]) => intentIn(cells) ?? []).slice(0, limit),
    settle: (intent) => client.write(intents, { [intentName(intent)]: { settled: true } }),
    enqueue: async (delivery) => {
      const name = deliveryName({ ...delivery, notification: delivery.notification.id })
      await client.write(list, { [name]: { is: true } })
      const { applied } = await client.compareAndSet(partitionOf(name), (rows) => rows.size === 0, { [head]: { delivery: keep(delivery), stamp: stateOf(delivery) } })
      return applied ? 'created' : 'exists'
    },
    due: async (now, limit) => (await waiting()).filter((delivery) => isDue(delivery, now)).sort(byDue).slice(0, limit),
    claim: async (id, owner, now, until) => {
      const present = await read(deliveryName(id))
      if (present === undefined || !isDue(present, now)) return undefined
      const next = { ...present, claim: { owner, until } }
      return (await change(id, present, next)) ? next : undefined
    },
    record: async (id, owner, attempt, then) => {
      const present = await read(deliveryName(id))
      if (present === undefined || present.status !== 'waiting' || present.claim?.owner !== owner) return 'conflict'
      const next = { ...present, attempts: attempt === null ? present.attempts : [...present.attempts, attempt], status: then.status, dueAt: then.dueAt, claim: null }
      if (!(await change(id, present, next))) return 'conflict'
      if (then.status !== 'waiting') await client.write(list, { [deliveryName(id)]: { settled: true } })
      return 'applied'
    },
    deliveries: async (key, version) => (await Promise.all((await namesOf(client, key, version)).map(read))).filter((delivery) => delivery !== undefined).sort(byNotification),
    nextDue: async () => {
      const times = (await waiting()).map((delivery) => Math.max(delivery.dueAt, delivery.claim?.until ?? 0))
      return times.length === 0 ? undefined : Math.min(...times)
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

async function namesOf(client: Client, key: AlarmKey, version: number): Promise<readonly string[]> {
  const prefix = nameOf(alarmName(key), version, '')
  return [...(await client.read(list, { from: prefix, to: `${prefix}\uffff` })).keys()]
}

/** What was written as a delivery or an intent is one. */
const deliveryIn = (rows: Rows) => rows.get(head)?.delivery?.value as Delivery | undefined
const stateIn = (rows: Rows) => rows.get(head)?.stamp?.value
/** Tells two states of one delivery apart. */
const stateOf = ({ status, dueAt, claim, attempts }: Delivery) => JSON.stringify([status, dueAt, claim, attempts.length])
const intentName = ({ key, version, at }: Intent) => nameOf(at, alarmName(key), version)

/** A mark may be there before what it marks. */
function intentIn(cells: Cells): Intent | undefined {
  return cells.settled === undefined ? cells.intent?.value as Intent | undefined : undefined
}

const isDue = (delivery: Delivery, now: number) => delivery.status === 'waiting' && delivery.dueAt <= now && (delivery.claim === null || delivery.claim.until <= now)
const byDue = (a: Delivery, b: Delivery) => a.dueAt - b.dueAt || a.createdAt - b.createdAt
const byNotification = (a: Delivery, b: Delivery) => (a.notification.id === b.notification.id ? a.step - b.step : a.notification.id < b.notification.id ? -1 : 1)
