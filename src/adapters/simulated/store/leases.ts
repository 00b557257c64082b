import type { Leases } from '../../../contracts/leases.ts'
import type { Line } from './line.ts'

interface Held { readonly owner: string; readonly until: number }
export type LeaseTable = Map<string, Held>

export function simulatedLeases(table: LeaseTable, line: Line): Leases {
  return {
    acquire: (name, owner, now, ttl) => line.write('leases.acquire', () => {
      const held = table.get(name)
      if (held !== undefined && held.owner !== owner && held.until > now) return false
      table.set(name, { owner, until: now + ttl })
      return true
    }),
    release: (name, owner) => line.write('leases.release', () => {
      if (table.get(name)?.owner === owner) table.delete(name)
    }),
    holders: (prefix, now) => line.read('leases.holders', () => [...table]
      .filter(([name, held]) => name.startsWith(prefix) && held.until > now)
      .map(([name, held]) => ({ name, ...held }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))),
  }
}
