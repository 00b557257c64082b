import type { Clock } from '../../contracts/clock.ts'
import type { Intent } from '../../contracts/outbox.ts'
import { bucketOf, Buckets } from './buckets.ts'
import type { Session } from './session.ts'
import type { Settings } from './settings.ts'
import type { Row, Statement } from './statement.ts'
import { together } from './together.ts'

const readsAtOnce = 16

// QUORUM: it stands before the compare-and-set, and any region's sweeper must find it when the writer is gone.
const write: Statement = { cql: 'INSERT INTO intent (bucket, at, tenant, entity, alarm, version) VALUES (?, ?, ?, ?, ?, ?) USING TTL ?', consistency: 'QUORUM', idempotent: true, about: 'writing an intent' }
// QUORUM: seen by one region only, others would settle it again and again.
const markSettled: Statement = {
  cql: 'UPDATE intent USING TTL ? SET settled = true WHERE bucket = ? AND at = ? AND tenant = ? AND entity = ? AND alarm = ? AND version = ?', consistency: 'QUORUM', idempotent: true, about: 'settling an intent',
}
// QUORUM: as above.
const read: Statement = { cql: 'SELECT at, tenant, entity, alarm, version, settled FROM intent WHERE bucket = ?', consistency: 'QUORUM', idempotent: true, about: 'reading intents' }

/** Intents in buckets of a minute; settled ones are marked, never deleted, and leave by TTL. */
export class Intents {
  readonly #session: Session
  readonly #buckets: Buckets
  readonly #ttl: number

  constructor(session: Session, clock: Clock, { intentRetention }: Pick<Settings, 'intentRetention'>) {
    this.#session = session
    this.#buckets = new Buckets(session, clock, 'intent', intentRetention)
    this.#ttl = Math.ceil(intentRetention / 1000)
  }

  async add(intent: Intent): Promise<void> {
    await Promise.all([this.#buckets.note(bucketOf(intent.at)), this.#session.execute(write, [...keyOf(intent), this.#ttl])])
  }

  async settle(intent: Intent): Promise<void> {
    await this.#session.execute(markSettled, [this.#ttl, ...keyOf(intent)])
  }

  /** Unsettled ones older than `before`, oldest first. */
  async before(before: number, limit: number): Promise<readonly Intent[]> {
    const buckets = (await this.#buckets.toRead(before)).filter((bucket) => bucket <= bucketOf(before))
    const found: Intent[] = []
    for (let at = 0; at < buckets.length && found.length < limit; at += readsAtOnce) {
      const parts = await together(buckets.slice(at, at + readsAtOnce), readsAtOnce, (bucket) => this.#unsettledIn(bucket, before))
      found.push(...parts.flat().filter((intent) => intent.at < before))
    }
    return found.slice(0, limit)
  }

  async #unsettledIn(bucket: number, now: number): Promise<readonly Intent[]> {
    const rows = await Array.fromAsync(this.#session.page(read, [bucket]))
    const unsettled = rows.filter((row) => row.get('settled') !== true).map(intentOf)
    if (unsettled.length === 0) this.#buckets.close(bucket, now)
    return unsettled
  }
}

function keyOf({ key: { tenant, entity, alarm }, version, at }: Intent) {
  return [bucketOf(at), at, tenant, entity, alarm, version]
}

function intentOf(row: Row): Intent {
  // The columns' types are those of our own table.
  const text = (column: string) => row.get(column) as string
  return { key: { tenant: text('tenant'), entity: text('entity'), alarm: text('alarm') }, version: row.get('version') as number, at: row.get('at') as number }
}
