import PQueue from 'p-queue'
import { deliveryKey, type Attempt, type Delivery, type LedgerEntry } from '../core/alarm-row.ts'
import { afterFailure, retryDefaults, type RetrySchedule } from '../core/routing/retry.ts'
import type { AlarmLedger } from '../contracts/alarm-ledger.ts'
import type { DeliveryOutcome } from '../contracts/channel.ts'
import type { Feed } from '../contracts/feed.ts'
import type { DeliveryId, Outbox } from '../contracts/outbox.ts'
import type { Random } from '../contracts/random.ts'
import { Wake } from '../contracts/wake.ts'
import { messageOf, type MessageDeps } from './delivery-message.ts'
import { send, type SendDeps } from './send.ts'

/** ms; `lease` outlives `attemptTimeout`, so that nobody else takes a delivery that is being attempted. */
export interface DeliverSettings {
  readonly schedule: RetrySchedule
  readonly attemptTimeout: number
  readonly lease: number
  /** attempts at once: in all, and at one notification while it answers well (one at a time after a failure) */
  readonly parallel: number
  readonly perTarget: number
  /** how long a delivery lets an older one of its alarm and notification go first */
  readonly keepOrderFor: number
}
export const deliverDefaults: DeliverSettings = {
  schedule: retryDefaults, attemptTimeout: 20_000, lease: 30_000, parallel: 64, perTarget: 4, keepOrderFor: 3_600_000,
}

export interface DeliverDeps extends SendDeps, MessageDeps {
  readonly outbox: Outbox
  readonly ledger: AlarmLedger
  readonly random: Random
  readonly feed: Feed
  readonly settings: DeliverSettings
  /** this process, in claims and in the `from` of attempts */
  readonly owner: string
}

/** How many deliveries this process looks ahead, holds in all and for one failing target, and how many versions back an older one may be. */
const page = 100
const mostHeld = 5000
const mostInLane = 200
const lookBack = 30
/** An outage of a day makes hundreds of attempts; beyond this many only the last one is kept. */
const keptAttempts = 50

type Settled = Exclude<Delivery['status'], 'waiting'>
type Count<K extends string> = Record<K, number>
/** For /metrics: attempts and settled deliveries by channel type. */
export interface ChannelCounts { readonly attempts: Count<DeliveryOutcome['kind']>; readonly deliveries: Count<Settled> }

/** The way to one notification: how many deliveries are on it, and whether the last one got through. */
interface Lane { readonly target: string; readonly queue: PQueue; inside: number; well: boolean }
const crowded = ({ well, inside }: Lane) => !well && inside > mostInLane

/** Brings deliveries from the outbox to their channels. Any number of processes may do it at once: claims keep them apart. */
export class Deliver {
  readonly #deps: DeliverDeps
  readonly #all: PQueue
  readonly #lanes = new Map<string, Lane>()
  readonly #held = new Map<string, Promise<void>>()
  /** rings when there may be something to do before it was expected */
  readonly wake = new Wake()
  readonly counts = { created: 0, channels: new Map<string, ChannelCounts>() }

  constructor(deps: DeliverDeps) {
    this.#deps = deps
    this.#all = new PQueue({ concurrency: deps.settings.parallel })
  }

  /** deliveries in the hands of this process, waiting for their turn or being attempted */
  get held(): number {
    return this.#held.size
  }

  /** Makes the deliveries of a change, once, however often it is called; a suppressed change has none. */
  async enqueueAll(entry: LedgerEntry): Promise<void> {
    if (entry.suppressedBy.length > 0 || entry.notifications.length === 0) return
    const { key, version, at, trace } = entry
    await Promise.all(entry.notifications.map(async ({ notification, step }) => {
      const made = await this.#deps.outbox.enqueue({ key, version, notification, step, createdAt: at, status: 'waiting', dueAt: at, claim: null, attempts: [], trace })
      if (made === 'created') this.counts.created += 1
    }))
    this.wake.ring()
  }

  /** Takes up what is due now and returns without waiting for it. `stop`: begin no more; `cut`: end attempts and give them back. */
  async runDue(stop: AbortSignal, cut: AbortSignal = stop): Promise<void> {
    while (!stop.aborted && this.#held.size < mostHeld) {
      // What is held and not yet claimed is still due: look past it, so that one slow receiver's backlog hides nobody's.
      const due = await this.#deps.outbox.due(this.#deps.clock.now(), this.#held.size + page)
      const fresh = due.filter((delivery) => !this.#held.has(nameOf(delivery)))
      for (const delivery of fresh) this.#held.set(nameOf(delivery), this.#inTurn(delivery, stop, cut))
      if (fresh.length < page) return
    }
  }

  /** Resolves when everything that this process holds is finished or given back. */
  async settled(): Promise<void> {
    while (this.#held.size > 0) await Promise.all(this.#held.values())
  }

  /** First the target's lane, then one of the common places: who waits for a slow target takes no place from others. */
  async #inTurn(delivery: Delivery, stop: AbortSignal, cut: AbortSignal): Promise<void> {
    const lane = this.#enter(delivery)
    try {
      if (crowded(lane)) await this.#putOffCrowded(delivery)
      else await lane.queue.add(() => this.#all.add(async () => {
        if (!stop.aborted) await this.#takeTurn(delivery, lane, cut)
      }))
      // With much in hand there is no hurry to look for more.
      if (this.#held.size < page) this.wake.ring()
    } catch (error) {
      // Whatever was claimed is free again when its lease ends. No bell: what cannot be written now is not asked for in a circle.
      this.#deps.log.warn({ delivery: deliveryKey(delivery), error: String(error) }, 'a delivery was put off: the store did not answer')
    } finally {
      this.#held.delete(nameOf(delivery))
      lane.inside -= 1
      if (lane.inside === 0) this.#lanes.delete(lane.target)
    }
  }

  /** While its receiver fails a lane lets one through at a time, and takes no more than a few hundred. */
  async #takeTurn(delivery: Delivery, lane: Lane, cut: AbortSignal): Promise<void> {
    if (crowded(lane)) return this.#putOffCrowded(delivery)
    const kind = await this.#attempt(delivery, cut)
    if (kind === undefined) return
    lane.well = kind === 'delivered'
    lane.queue.concurrency = lane.well ? this.#deps.settings.perTarget : 1
  }

  /** It comes back later, and others are seen in its place. */
  async #putOffCrowded(due: Delivery): Promise<void> {
    const delivery = await this.#claim(due)
    if (delivery !== undefined) await this.#putOff(delivery, this.#deps.clock.now() + Math.ceil(this.#deps.random.float() * this.#deps.settings.schedule.cap))
  }

  async #claim(due: Delivery): Promise<Delivery | undefined> {
    const { clock, outbox, owner, settings } = this.#deps
    const now = clock.now()
    return outbox.claim(idOf(due), owner, now, now + settings.lease)
  }

  #enter({ key, notification }: Delivery): Lane {
    const target = `${key.tenant}/${notification.id}`
    const lane = this.#lanes.get(target) ?? { target, queue: new PQueue({ concurrency: this.#deps.settings.perTarget }), inside: 0, well: true }
    this.#lanes.set(target, lane)
    lane.inside += 1
    return lane
  }

  /** One attempt, unless it turns out not to be this one's turn: how it went. */
  async #attempt(due: Delivery, signal: AbortSignal): Promise<DeliveryOutcome['kind'] | undefined> {
    const now = this.#deps.clock.now()
    const delivery = await this.#claim(due)
    if (delivery === undefined) return undefined
    const recent = await this.#deps.ledger.entries(delivery.key, Math.max(1, delivery.version - lookBack), lookBack + 1)
    const older = await this.#olderWaiting(delivery, recent)
    if (older !== undefined) return this.#putOff(delivery, Math.max(older.dueAt, now) + 1000)
    const outcome = await this.#send(delivery, recent.find((entry) => entry.version === delivery.version), signal)
    if (signal.aborted && outcome.kind !== 'delivered') return this.#putOff(delivery, delivery.dueAt)
    await this.#record(delivery, outcome, now)
    return outcome.kind
  }

  /** "Resolved" before "triggered" would leave an incident open for ever, so changes reach a receiver in order while it can wait. */
  async #olderWaiting(delivery: Delivery, recent: readonly LedgerEntry[]): Promise<Delivery | undefined> {
    if (this.#deps.clock.now() - delivery.createdAt > this.#deps.settings.keepOrderFor) return undefined
    const told = (entry: LedgerEntry) => entry.suppressedBy.length === 0 && entry.notifications.some((frozen) => same(frozen, delivery))
    const before = recent.findLast((entry) => entry.version < delivery.version && told(entry))
    if (before === undefined) return undefined
    const deliveries = await this.#deps.outbox.deliveries(before.key, before.version)
    return deliveries.find((other) => same(other, delivery) && other.status === 'waiting')
  }

  async #putOff(delivery: Delivery, dueAt: number): Promise<undefined> {
    await this.#deps.outbox.record(idOf(delivery), this.#deps.owner, null, { status: 'waiting', dueAt })
    return undefined
  }

  async #send(delivery: Delivery, entry: LedgerEntry | undefined, signal: AbortSignal): Promise<DeliveryOutcome> {
    if (entry === undefined) return { kind: 'try-again', message: 'The change is not in the ledger yet' }
    const message = await messageOf(this.#deps, entry, deliveryKey(delivery))
    return send(this.#deps, delivery.notification, message, this.#deps.settings.attemptTimeout, signal)
  }

  async #record(delivery: Delivery, outcome: DeliveryOutcome, startedAt: number): Promise<void> {
    const { clock, outbox, owner } = this.#deps
    const now = clock.now()
    const then = this.#then(delivery, outcome, now)
    const attempt: Attempt = { at: startedAt, took: Math.max(0, now - startedAt), outcome: outcome.kind, message: outcome.message, from: owner }
    const kept = delivery.attempts.length < keptAttempts || then.status !== 'waiting'
    const recorded = await outbox.record(idOf(delivery), owner, kept ? attempt : null, then)
    this.#count(delivery, outcome.kind, recorded === 'applied' ? then.status : 'waiting')
    this.#tell(delivery, outcome, then.status)
  }

  #then(delivery: Delivery, outcome: DeliveryOutcome, now: number): Pick<Delivery, 'status' | 'dueAt'> {
    if (outcome.kind === 'delivered') return { status: 'delivered', dueAt: now }
    const notBefore = outcome.kind === 'try-again' ? outcome.notBefore : undefined
    return afterFailure(delivery, { now, kind: outcome.kind, notBefore }, this.#deps.random.float(), this.#deps.settings.schedule)
  }

  #count({ notification }: Delivery, kind: DeliveryOutcome['kind'], status: Delivery['status']): void {
    const found = this.counts.channels.get(notification.type) ?? { attempts: { delivered: 0, 'try-again': 0, 'give-up': 0 }, deliveries: { delivered: 0, 'given up': 0, expired: 0 } }
    this.counts.channels.set(notification.type, found)
    found.attempts[kind] += 1
    if (status !== 'waiting') found.deliveries[status] += 1
  }

  #tell({ key, version, notification, trace, ...delivery }: Delivery, { message }: DeliveryOutcome, status: Delivery['status']): void {
    const facts = { alarm: key.alarm, version, notification: notification.id, channel: notification.type, attempt: delivery.attempts.length + 1, status, outcome: message, trace }
    switch (status) {
      case 'delivered': this.#deps.log.info(facts, 'delivered'); break
      case 'waiting': this.#deps.log.warn(facts, 'a delivery failed and is tried again'); break
      case 'given up': case 'expired': this.#deps.log.error(facts, 'a notification did not reach anybody'); break
    }
    this.#deps.feed.publish({ kind: 'delivery', tenant: key.tenant, key, version, notification: notification.id, status })
  }
}

const idOf = ({ key, version, notification, step }: Delivery): DeliveryId => ({ key, version, notification: notification.id, step })
const nameOf = (delivery: Delivery) => `${delivery.key.tenant}/${delivery.key.entity}/${deliveryKey(delivery)}`
const same = (a: Pick<Delivery, 'notification' | 'step'>, b: Pick<Delivery, 'notification' | 'step'>) => a.notification.id === b.notification.id && a.step === b.step
