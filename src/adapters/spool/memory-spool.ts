import { observationId, type Observation } from '../../core/observation.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { Spool } from '../../contracts/spool.ts'

export interface MemorySpool extends Spool {
  /** what every call rejects with from now on, as a full disk would; undefined: it works */
  fault: Error | undefined
}

interface Kept { readonly observation: Observation; readonly bytes: number; readonly madeAt: number }

/** A spool for simulations, where there is no disk to wait for: it survives the poller and not the process. */
export function memorySpool(clock: Clock, maxBytes = 64 * 2 ** 20): MemorySpool {
  const kept = new Map<string, Kept>()
  let bytes = 0
  let dropped = 0
  const remove = (id: string, item: Kept) => {
    kept.delete(id)
    bytes -= item.bytes
  }
  const spool: MemorySpool = {
    fault: undefined,
    async append(observations) {
      if (spool.fault !== undefined) throw spool.fault
      for (const observation of observations) {
        const item = { observation, bytes: JSON.stringify(observation).length, madeAt: clock.monotonic() - Math.max(0, clock.now() - observation.at) }
        kept.set(observationId(observation), item)
        bytes += item.bytes
      }
      for (const [id, item] of kept) {
        if (bytes <= maxBytes) break
        remove(id, item)
        dropped += 1
      }
    },
    async acknowledge(ids) {
      if (spool.fault !== undefined) throw spool.fault
      for (const id of ids) {
        const item = kept.get(id)
        if (item !== undefined) remove(id, item)
      }
    },
    async pending(limit) {
      if (spool.fault !== undefined) throw spool.fault
      return kept.values().take(limit).map(({ observation, madeAt }) => ({ observation, age: clock.monotonic() - madeAt })).toArray()
    },
    stats: () => ({ count: kept.size, bytes, dropped, damaged: 0 }),
    async [Symbol.asyncDispose]() {},
  }
  return spool
}
