import type { Leases } from '../../../contracts/leases.ts'
import type { Client } from './client.ts'
import type { Cells } from './cells.ts'
import { nameOf } from './names.ts'

interface Held { readonly owner: string; readonly until: number }
const table = nameOf('leases')

/** Weak on purpose: read and written at one replica. Two regions may both believe that they hold a name, and nothing depends on it. */
export function replicatedLeases(client: Client): Leases {
  const held = async (name: string) => heldIn((await client.read(table, { from: name, to: `${name}\u0000` }, 'LOCAL')).get(name))
  const write = (name: string, next: Held) => client.write(table, { [name]: { held: next } }, 'LOCAL')
  return {
    acquire: (name, owner, now, ttl) => client.inTurn(`lease ${name}`, async () => {
      const present = await held(name)
      if (present !== undefined && present.owner !== owner && present.until > now) return false
      await write(name, { owner, until: now + ttl })
      return true
    }),
    release: (name, owner) => client.inTurn(`lease ${name}`, async () => {
      if ((await held(name))?.owner === owner) await write(name, { owner, until: 0 })
    }),
    holders: async (prefix, now) => [...await client.read(table, { from: prefix, to: `${prefix}\uffff` }, 'LOCAL')].flatMap(([name, cells]) => {
      const one = heldIn(cells)
      return one === undefined || one.until <= now ? [] : [{ name, ...one }]
    }),
  }
}

/** What was written as a lease is one. */
const heldIn = (cells: Cells | undefined) => cells?.held?.value as Held | undefined
