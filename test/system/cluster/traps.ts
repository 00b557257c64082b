import type { Ring } from '../../../src/adapters/simulated/replicas/ring.ts'
import type { Store } from '../../../src/contracts/store.ts'

/** Steps of deciding at which something may happen: before its intent, its compare-and-set, or its deliveries are written. */
export type Step = 'intend' | 'commit' | 'enqueue'
/** What happens then: to the process, or to the replica that it asks. ms */
export type Mishap = 'kill' | 'pause' | 'kill replica' | 'pause replica'
export interface Trap { readonly step: Step; readonly mishap: Mishap; readonly ms: number }

interface Victim { kill(): void; pause(ms: number): void; readonly host: number }

/** A process's store in which traps are set: the first process that comes to a trap's step springs it. */
export function trapped(store: Store, traps: Trap[], victim: Victim, ring: Ring): Store {
  const spring = (step: Step) => {
    const at = traps.findIndex((trap) => trap.step === step)
    const [trap] = at < 0 ? [] : traps.splice(at, 1)
    switch (trap?.mishap) {
      case 'kill': return victim.kill()
      case 'pause': return victim.pause(trap.ms)
      // The request is on its way when its replica stops.
      case 'kill replica': ring.clock.after(trap.ms % 50, () => ring.kill(victim.host)); return
      case 'pause replica': ring.clock.after(trap.ms % 50, () => ring.pause(victim.host, trap.ms)); return
      case undefined:
    }
  }
  const { ledger, outbox } = store
  return {
    ...store,
    ledger: { ...ledger, commit: (...commit) => { spring('commit'); return ledger.commit(...commit) } },
    outbox: {
      ...outbox,
      intend: (intent) => { spring('intend'); return outbox.intend(intent) },
      enqueue: (delivery) => { spring('enqueue'); return outbox.enqueue(delivery) },
    },
  }
}
