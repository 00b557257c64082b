import type { DeliveryId } from '../../contracts/outbox.ts'
import type { AlarmKey, Delivery } from '../../core/alarm-row.ts'
import { columnsOf } from './due-index.ts'
import { readJson, writeJson } from './json-body.ts'
import type { Session } from './session.ts'
import { settled, type Patience } from './settle.ts'
import type { Settings } from './settings.ts'
import type { Statement } from './statement.ts'
import { together } from './together.ts'

const readsAtOnce = 32
const where = 'tenant = ? AND entity = ? AND alarm = ? AND version = ? AND notification = ? AND step = ?'

// SERIAL over all regions, committed at QUORUM: of many who make the same delivery, one does.
const create: Statement = {
  cql: 'INSERT INTO delivery (tenant, entity, alarm, version, notification, step, revision, change, body) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?) IF NOT EXISTS USING TTL ?',
  consistency: 'QUORUM', serialConsistency: 'SERIAL', idempotent: false, about: 'making a delivery',
}
// SERIAL and QUORUM, as above: of many who claim it, one gets it. Every column is written, so that all have one age.
const move: Statement = {
  cql: `UPDATE delivery USING TTL ? SET revision = ?, change = ?, body = ? WHERE ${where} IF revision = ? AND change = ?`, consistency: 'QUORUM', serialConsistency: 'SERIAL', idempotent: false, about: 'moving a delivery on',
}
// QUORUM: what was committed in any region is seen; whoever acts on it still has to win the compare-and-set.
const readOne: Statement = { cql: `SELECT revision, change, body FROM delivery WHERE ${where}`, consistency: 'QUORUM', idempotent: true, about: 'reading a delivery' }
// SERIAL: completes what was accepted and not committed, after somebody else was quicker.
const readAgain: Statement = { ...readOne, consistency: 'SERIAL' }
// QUORUM: it stands before its delivery, so that a change's deliveries are all found.
const name: Statement = { cql: 'INSERT INTO delivery_name (tenant, entity, alarm, version, notification, step) VALUES (?, ?, ?, ?, ?, ?) USING TTL ?', consistency: 'QUORUM', idempotent: true, about: 'naming a delivery' }
// QUORUM: as above.
const readNames: Statement = {
  cql: 'SELECT notification, step FROM delivery_name WHERE tenant = ? AND entity = ? AND alarm = ? AND version = ?', consistency: 'QUORUM', idempotent: true, about: "reading the names of a change's deliveries",
}

/** A delivery as it stands; `revision` and `change` say exactly which writing of it this is. */
export interface Standing { readonly delivery: Delivery; readonly revision: number; readonly change: string }

/** The rows of deliveries: a partition a notification of a change, so that they contend with nobody. */
export class Deliveries {
  readonly #session: Session
  readonly #patience: Patience
  readonly #ttl: number

  constructor(session: Session, patience: Patience, { deliveryRetention }: Pick<Settings, 'deliveryRetention'>) {
    this.#session = session
    this.#patience = patience
    this.#ttl = Math.ceil(deliveryRetention / 1000)
  }

  async read(id: DeliveryId, afterConflict = false): Promise<Standing | undefined> {
    const [row] = await this.#session.execute(afterConflict ? readAgain : readOne, columnsOf(id))
    if (row === undefined) return undefined
    // Our own writes made these rows.
    return { delivery: readJson(row.get('body')) as Delivery, revision: row.get('revision') as number, change: row.get('change') as string }
  }

  async create(id: DeliveryId, delivery: Delivery): Promise<'created' | 'exists'> {
    const [change, body] = [this.#token(), writeJson(delivery)]
    await this.#session.execute(name, [...columnsOf(id), this.#ttl])
    return settled(this.#patience, async () => {
      const { applied, standing } = await this.#session.compareAndSet(create, [...columnsOf(id), change, body, this.#ttl])
      return applied || standing?.get('change') === change ? 'created' : 'exists'
    })
  }

  /** Writes what follows on `from`; false when that stands no more. */
  async move(id: DeliveryId, from: Standing, to: Delivery): Promise<boolean> {
    const [change, body] = [this.#token(), writeJson(to)]
    return settled(this.#patience, async () => {
      const { applied, standing } = await this.#session.compareAndSet(move, [this.#ttl, from.revision + 1, change, body, ...columnsOf(id), from.revision, from.change])
      return applied || standing?.get('change') === change
    })
  }

  async of({ tenant, entity, alarm }: AlarmKey, version: number): Promise<readonly Delivery[]> {
    const names = await this.#session.execute(readNames, [tenant, entity, alarm, version])
    const ids = names.map((row): DeliveryId => ({ key: { tenant, entity, alarm }, version, notification: row.get('notification') as string, step: row.get('step') as number }))
    const found = await together(ids, readsAtOnce, (id) => this.read(id))
    return found.flatMap((standing) => standing?.delivery ?? [])
  }

  #token(): string {
    return Buffer.from(this.#patience.random.bytes(9)).toString('base64url')
  }
}
