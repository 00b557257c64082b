import type { Leases } from '../../contracts/leases.ts'
import type { Session } from './session.ts'
import { settled, type Patience } from './settle.ts'
import type { Row, Statement } from './statement.ts'
import { OneAtATime } from './together.ts'

/** Rows stay a little (s) beyond their time, because it is their `until` and the reader's clock that tell whether they live. */
const afterlife = 60

// LOCAL_QUORUM: leases only make things cheap, and the next renewal repairs what a lost region knew.
const writeOwn: Statement = { cql: 'INSERT INTO lease (place, name, owner, until) VALUES (?, ?, ?, ?) USING TTL ?', consistency: 'LOCAL_QUORUM', idempotent: true, about: 'renewing a lease' }
// LOCAL_QUORUM: as above.
const deleteOwn: Statement = { cql: 'DELETE FROM lease WHERE place = ? AND name = ?', consistency: 'LOCAL_QUORUM', idempotent: true, about: 'giving back a lease' }
// LOCAL_QUORUM: as above.
const readPlace: Statement = { cql: 'SELECT name, owner, until FROM lease WHERE place = ? AND name >= ? AND name < ?', consistency: 'LOCAL_QUORUM', idempotent: true, about: 'reading leases' }
// QUORUM: who can see that somebody holds it pays no compare-and-set.
const readOne: Statement = { cql: 'SELECT owner, until FROM lease WHERE place = ? AND name = ?', consistency: 'QUORUM', idempotent: true, about: 'reading a lease' }
// SERIAL over all regions, committed at QUORUM: of many who want it, one gets it.
const take: Statement = {
  cql: 'UPDATE lease USING TTL ? SET owner = ?, until = ? WHERE place = ? AND name = ? IF owner = ? AND until = ?', consistency: 'QUORUM', serialConsistency: 'SERIAL', idempotent: false, about: 'taking a lease',
}

/**
 * Leases, those of one place (a name's part up to its first '/') in one partition. A name that ends in its owner's belongs
 * to nobody else and is a plain write; the others are taken by compare-and-set.
 */
export function leases(session: Session, patience: Patience): Leases {
  const turns = new OneAtATime()

  async function change(name: string, standing: Row | undefined, to: { owner: string | null; until: number | null; ttl: number }): Promise<boolean> {
    const from = [standing?.get('owner') ?? null, standing?.get('until') ?? null] as [string | null, number | null]
    return settled(patience, async () => {
      const answer = await session.compareAndSet(take, [Math.ceil(to.ttl / 1000) + afterlife, to.owner, to.until, placeOf(name), name, ...from])
      return answer.applied || (to.owner !== null && answer.standing?.get('owner') === to.owner && answer.standing.get('until') === to.until)
    })
  }

  async function look(name: string): Promise<Row | undefined> {
    return (await session.execute(readOne, [placeOf(name), name]))[0]
  }

  return {
    async acquire(name, owner, now, ttl) {
      if (isOwn(name, owner)) {
        await session.execute(writeOwn, [placeOf(name), name, owner, now + ttl, Math.ceil(ttl / 1000) + afterlife])
        return true
      }
      return turns.run(name, async () => {
        const standing = await look(name)
        const free = standing === undefined || standing.get('owner') === owner || (standing.get('until') as number) <= now
        return free && change(name, standing, { owner, until: now + ttl, ttl })
      })
    },
    async release(name, owner) {
      if (isOwn(name, owner)) {
        await session.execute(deleteOwn, [placeOf(name), name])
        return
      }
      await turns.run(name, async () => {
        const standing = await look(name)
        if (standing?.get('owner') === owner) await change(name, standing, { owner: null, until: null, ttl: 0 })
      })
    },
    async holders(prefix, now) {
      // Nothing that starts with the prefix stands behind it and the last of all characters.
      const rows = await Array.fromAsync(session.page(readPlace, [placeOf(prefix), prefix, `${prefix}\u{10FFFF}`]))
      const found = rows.map((row) => ({ name: row.get('name') as string, owner: row.get('owner') as string, until: row.get('until') as number }))
      return found.filter(({ until }) => until > now)
    },
  }
}

/** Names without a place have this one, which no other can be. */
const nowhere = 'single'

const placeOf = (name: string): string => name.slice(0, name.indexOf('/') + 1) || nowhere

const isOwn = (name: string, owner: string): boolean => name.endsWith(`/${owner}`)
