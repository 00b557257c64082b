import type { Leases } from '../../contracts/leases.ts'

/**
 * Leases of one process, in memory alone: whoever may hold one lives in the process that holds the store, and is gone
 * with it.
 */
export function memoryLeases(): Leases {
  const held = new Map<string, { owner: string; until: number }>()
  const forgetOld = (now: number) => {
    for (const [name, { until }] of held) if (until <= now) held.delete(name)
  }
  return {
    async acquire(name, owner, now, ttl) {
      const holder = held.get(name)
      if (holder !== undefined && holder.owner !== owner && holder.until > now) return false
      held.set(name, { owner, until: now + ttl })
      return true
    },
    async release(name, owner) {
      if (held.get(name)?.owner === owner) held.delete(name)
    },
    async holders(prefix, now) {
      forgetOld(now)
      const found = [...held].filter(([name]) => name.startsWith(prefix))
      return found.map(([name, { owner, until }]) => ({ name, owner, until })).sort((a, b) => (a.name < b.name ? -1 : 1))
    },
  }
}
