import type { Leases } from '../../contracts/leases.ts'

/** Past this many, those that are over are forgotten. */
const leaseLimit = 10_000

/**
 * Leases of one process, in memory alone: whoever may hold one lives in the process that holds the store, and is gone
 * with it.
 */
export function memoryLeases(): Leases {
  const held = new Map<string, { owner: string; until: number }>()
  return {
    async acquire(name, owner, now, ttl) {
      const holder = held.get(name)
      if (holder !== undefined && holder.owner !== owner && holder.until > now) return false
      held.set(name, { owner, until: now + ttl })
      if (held.size > leaseLimit) for (const [old, { until }] of held) if (until <= now) held.delete(old)
      return true
    },
    async release(name, owner) {
      if (held.get(name)?.owner === owner) held.delete(name)
    },
    async holders(prefix, now) {
      const found = [...held].filter(([name, { until }]) => name.startsWith(prefix) && until > now)
      return found.map(([name, { owner, until }]) => ({ name, owner, until })).sort((a, b) => (a.name < b.name ? -1 : 1))
    },
  }
}
