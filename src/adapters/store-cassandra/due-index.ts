import type { Clock } from '../../contracts/clock.ts'
import type { DeliveryId } from '../../contracts/outbox.ts'
import type { Delivery } from '../../core/alarm-row.ts'
import { Buckets, heldUp } from './buckets.ts'
import type { Session } from './session.ts'
import type { Settings } from './settings.ts'
import type { Row, Statement } from './statement.ts'
import { together } from './together.ts'

const readsAtOnce = 16

// QUORUM: it stands before the delivery, or its next attempt, so that any region's notifier finds it.
const write: Statement = {
  cql: 'INSERT INTO due (bucket, due_at, tenant, entity, alarm, version, notification, step) VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TTL ?', consistency: 'QUORUM', idempotent: true, about: 'noting when a delivery is due',
}
// QUORUM: as above.
const read: Statement = { cql: 'SELECT due_at, tenant, entity, alarm, version, notification, step FROM due WHERE bucket = ?', consistency: 'QUORUM', idempotent: true, about: 'reading what is due' }

/** What this process last heard of a delivery. `absent`: it is noted, and not there (yet). */
export interface Heard { readonly id: DeliveryId; readonly status: Delivery['status'] | 'absent'; readonly dueAt: number; readonly until: number }

/**
 * When which delivery is due, in buckets of a minute. A row is written before what it tells of, and is never changed: a
 * delivery that moves on leaves it behind and has another one.
 */
export class DueIndex {
  readonly #session: Session
  readonly #clock: Clock
  readonly #buckets: Buckets
  readonly #ttl: number
  readonly #heard = new Map<string, Heard>()

  constructor(session: Session, clock: Clock, { dueRetention }: Pick<Settings, 'dueRetention'>) {
    this.#session = session
    this.#clock = clock
    this.#buckets = new Buckets(session, clock, 'due', dueRetention)
    this.#ttl = Math.ceil(dueRetention / 1000) + 86_400
  }

  /** Does `work`, which makes this delivery due at `dueAt`, so that nobody can miss it whatever happens in between. */
  async around<T>(id: DeliveryId, dueAt: number, work: () => Promise<T>): Promise<T> {
    const started = this.#clock.monotonic()
    await this.#note(id, dueAt)
    const result = await work()
    // A process that was stopped in between may find that all others have left its bucket behind.
    if (this.#clock.monotonic() - started > heldUp) await this.#note(id, dueAt)
    return result
  }

  hear(id: DeliveryId, delivery: Delivery | undefined): void {
    this.#heard.set(nameOf(id), { id, status: delivery?.status ?? 'absent', dueAt: delivery?.dueAt ?? 0, until: delivery?.claim?.until ?? 0 })
  }

  /** When the earliest of what this process knows may be tried. */
  next(): number | undefined {
    const times = [...this.#heard.values()].filter(({ status }) => status === 'waiting').map(({ dueAt, until }) => Math.max(dueAt, until))
    return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b))
  }

  /** Ids of deliveries that may be due, by the minute, oldest first; nothing that is known not to be. Whoever reads them tells what it `hear`s. */
  async *candidates(now: number): AsyncGenerator<readonly DeliveryId[]> {
    const buckets = await this.#buckets.toRead(now)
    for (let at = 0; at < buckets.length; at += readsAtOnce) {
      const part = buckets.slice(at, at + readsAtOnce)
      const rows = await together(part, readsAtOnce, (bucket) => Array.fromAsync(this.#session.page(read, [bucket])))
      const noted = rows.map((each) => each.map(notedOf))
      const ids = new Map(noted.flat().filter((one) => this.#mayBeDue(one, now)).map(({ id }) => [nameOf(id), id]))
      if (ids.size > 0) yield [...ids.values()]
      for (const [i, bucket] of part.entries()) this.#closeIfDone(bucket, noted[i] ?? [], now)
    }
  }

  async #note(id: DeliveryId, dueAt: number): Promise<void> {
    const places = this.#buckets.places(dueAt)
    await Promise.all(places.flatMap((bucket) => [this.#buckets.note(bucket), this.#session.execute(write, [bucket, dueAt, ...columnsOf(id), this.#ttl])]))
  }

  #mayBeDue({ id, dueAt }: Noted, now: number): boolean {
    const heard = this.#heard.get(nameOf(id))
    if (heard === undefined && dueAt > now) this.#heard.set(nameOf(id), { id, status: 'waiting', dueAt, until: 0 })
    if (heard === undefined || heard.status === 'absent') return dueAt <= now
    return heard.status === 'waiting' && heard.dueAt <= now && heard.until <= now
  }

  /** Nothing is left: each delivery is settled, has moved on, or never came. */
  #closeIfDone(bucket: number, noted: readonly Noted[], now: number): void {
    if (!this.#buckets.isOver(bucket, now)) return
    const left = noted.some(({ id, dueAt }) => {
      const heard = this.#heard.get(nameOf(id))
      return heard === undefined || (heard.status === 'waiting' && heard.dueAt <= dueAt)
    })
    if (left) return
    this.#buckets.close(bucket, now)
    for (const { id } of noted) if (this.#heard.get(nameOf(id))?.status !== 'waiting') this.#heard.delete(nameOf(id))
  }
}

interface Noted { readonly id: DeliveryId; readonly dueAt: number }

export const columnsOf = ({ key: { tenant, entity, alarm }, version, notification, step }: DeliveryId) => [tenant, entity, alarm, version, notification, step] as const

export const nameOf = (id: DeliveryId): string => JSON.stringify(columnsOf(id))

function notedOf(row: Row): Noted {
  // The columns' types are those of our own table.
  const [text, number] = [(column: string) => row.get(column) as string, (column: string) => row.get(column) as number]
  const key = { tenant: text('tenant'), entity: text('entity'), alarm: text('alarm') }
  return { id: { key, version: number('version'), notification: text('notification'), step: number('step') }, dueAt: number('due_at') }
}
