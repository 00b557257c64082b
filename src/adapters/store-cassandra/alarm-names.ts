import { createHash } from 'node:crypto'
import type { AlarmKey } from '../../core/alarm-row.ts'
import type { Session } from './session.ts'
import type { Statement } from './statement.ts'

/** A tenant's alarms are named in so many partitions, by entity, so that none grows with the tenant. */
const shares = 16

// QUORUM: an alarm's name stands before its first row, so that every region finds whatever was ever decided.
const write: Statement = { cql: 'INSERT INTO alarm_name (tenant, share, entity, alarm) VALUES (?, ?, ?, ?)', consistency: 'QUORUM', idempotent: true, about: 'naming an alarm' }
// QUORUM: as above.
const readEntity: Statement = { cql: 'SELECT alarm FROM alarm_name WHERE tenant = ? AND share = ? AND entity = ?', consistency: 'QUORUM', idempotent: true, about: 'reading the names of alarms' }
// QUORUM: as above.
const readShare: Statement = { cql: 'SELECT entity, alarm FROM alarm_name WHERE tenant = ? AND share = ?', consistency: 'QUORUM', idempotent: true, about: 'reading the names of alarms' }

export class AlarmNames {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  async add({ tenant, entity, alarm }: AlarmKey): Promise<void> {
    await this.#session.execute(write, [tenant, shareOf(entity), entity, alarm])
  }

  async of(tenant: string, entity: string): Promise<readonly string[]> {
    return (await this.#session.execute(readEntity, [tenant, shareOf(entity), entity])).map((row) => row.get('alarm') as string)
  }

  /** All entities of a tenant that ever had an alarm, each with its alarms. */
  async *all(tenant: string): AsyncGenerator<{ readonly entity: string; readonly alarms: readonly string[] }> {
    for (let share = 0; share < shares; share++) {
      let present: { entity: string; alarms: string[] } | undefined
      for await (const row of this.#session.page(readShare, [tenant, share])) {
        const entity = row.get('entity') as string
        if (present !== undefined && present.entity !== entity) yield present
        if (present?.entity !== entity) present = { entity, alarms: [] }
        present.alarms.push(row.get('alarm') as string)
      }
      if (present !== undefined) yield present
    }
  }
}

function shareOf(entity: string): number {
  return (createHash('md5').update(entity).digest()[0] ?? 0) % shares
}
