import type { DeliveryId, Outbox } from '../../contracts/outbox.ts'
import type { Attempt, Delivery } from '../../core/alarm-row.ts'
import { Deliveries } from './deliveries.ts'
import { columnsOf, DueIndex, nameOf } from './due-index.ts'
import { Intents } from './intents.ts'
import type { Session } from './session.ts'
import type { Patience } from './settle.ts'
import type { Settings } from './settings.ts'
import { OneAtATime, together } from './together.ts'

const readsAtOnce = 32

type Then = { readonly status: Delivery['status']; readonly dueAt: number }

/** Intents and deliveries; what others do at the same time is settled by compare-and-set on each delivery's revision. */
export function outbox(session: Session, patience: Patience, settings: Settings): Outbox {
  const intents = new Intents(session, patience.clock, settings)
  const index = new DueIndex(session, patience.clock, settings)
  const deliveries = new Deliveries(session, patience, settings)
  const turns = new OneAtATime()

  async function look(id: DeliveryId, afterConflict = false) {
    const standing = await deliveries.read(id, afterConflict)
    index.hear(id, standing?.delivery)
    return standing
  }

  async function enqueue(id: DeliveryId, delivery: Delivery): Promise<'created' | 'exists'> {
    const made = await index.around(id, delivery.dueAt, () => deliveries.create(id, delivery))
    if (made === 'created') index.hear(id, delivery)
    return made
  }

  async function claim(id: DeliveryId, owner: string, now: number, until: number): Promise<Delivery | undefined> {
    const standing = await look(id)
    if (standing === undefined || !isDue(standing.delivery, now)) return undefined
    const claimed = { ...standing.delivery, claim: { owner, until } }
    if (!(await deliveries.move(id, standing, claimed))) return undefined
    index.hear(id, claimed)
    return claimed
  }

  async function record(id: DeliveryId, owner: string, attempt: Attempt | null, { status, dueAt }: Then): Promise<'applied' | 'conflict'> {
    for (let standing = await look(id); standing?.delivery.claim?.owner === owner; standing = await look(id, true)) {
      const from = standing
      const next = { ...from.delivery, status, dueAt, claim: null, attempts: attempt === null ? from.delivery.attempts : [...from.delivery.attempts, attempt] }
      const move = () => deliveries.move(id, from, next)
      if (!(await (status === 'waiting' ? index.around(id, dueAt, move) : move()))) continue
      index.hear(id, next)
      return 'applied'
    }
    return 'conflict'
  }

  return {
    intend: (intent) => intents.add(intent),
    intents: (before, limit) => intents.before(before, limit),
    settle: (intent) => intents.settle(intent),
    async enqueue(delivery) {
      const id = idOf(delivery)
      const kept = structuredClone(delivery)
      return turns.run(nameOf(id), () => enqueue(id, kept))
    },
    async due(now, limit) {
      const found: Delivery[] = []
      for await (const ids of index.candidates(now)) {
        const read = await together(ids, readsAtOnce, (id) => look(id))
        for (const standing of read) if (standing !== undefined && isDue(standing.delivery, now)) found.push(standing.delivery)
        if (found.length >= limit) break
      }
      return found.sort(byTime).slice(0, limit)
    },
    claim: (id, owner, now, until) => turns.run(nameOf(id), () => claim(id, owner, now, until)),
    async record(id, owner, attempt, then) {
      return turns.run(nameOf(id), () => record(id, owner, attempt, then))
    },
    deliveries: (key, version) => deliveries.of(key, version),
    async nextDue() {
      return index.next()
    },
    async [Symbol.asyncDispose]() {},
  }
}

function isDue({ status, dueAt, claim }: Delivery, now: number): boolean {
  return status === 'waiting' && dueAt <= now && (claim === null || claim.until <= now)
}

const idOf = ({ key: { tenant, entity, alarm }, version, notification, step }: Delivery): DeliveryId => ({ key: { tenant, entity, alarm }, version, notification: notification.id, step })

function byTime(a: Delivery, b: Delivery): number {
  if (a.dueAt !== b.dueAt) return a.dueAt - b.dueAt
  const [left, right] = [columnsOf(idOf(a)), columnsOf(idOf(b))]
  const at = left.findIndex((value, i) => value !== right[i])
  return at === -1 ? 0 : left[at]! < right[at]! ? -1 : 1
}
