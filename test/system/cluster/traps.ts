import type { Ring } from '../../../src/adapters/simulated/replicas/ring.ts'
import type { Store } from '../../../src/contracts/store.ts'

/** Steps of deciding at which something may happen: before its intent, any compare-and-set or one that changes the state, or its deliveries are written. */
export type Step = 'intend' | 'commit' | 'change' | 'enqueue'
/** What happens then: to the process, to the replica that it asks, or to both: the request lies in a socket, and nobody waits for it. */
export type Mishap = 'kill' | 'pause' | 'kill replica' | 'pause replica' | 'orphan'
/** `ms`: how long what stands still does so. `also` happens at the same moment. */
export interface Trap { readonly step: Step; readonly mishap: Mishap; readonly ms: number; readonly also: () => void }

interface Victim { kill(): void; pause(ms: number): void; readonly host: number }
/** ms within which a compare-and-set is somewhere on its way between replicas */
const way = 50

/** A process's store in which traps are set: the first process that comes to a trap's step springs it. */
export function trapped(store: Store, traps: Trap[], victim: Victim, ring: Ring): Store {
  const spring = (step: Step) => {
    const at = traps.findIndex((trap) => trap.step === step || (trap.step === 'commit' && step === 'change'))
    const [trap] = at < 0 ? [] : traps.splice(at, 1)
    trap?.also()
    switch (trap?.mishap) {
      case 'kill': return victim.kill()
      case 'pause': return victim.pause(trap.ms)
      case 'kill replica': ring.clock.after(trap.ms % way, () => ring.kill(victim.host)); return
      // Now, and the request waits to be read; or a little later, and it is half done.
      case 'pause replica': ring.clock.after(trap.ms % 2 === 0 ? 0 : trap.ms % way, () => ring.pause(victim.host, trap.ms)); return
      case 'orphan': ring.pause(victim.host, trap.ms); ring.clock.after(1, () => victim.kill()); return
      case undefined:
    }
  }
  const { ledger, outbox } = store
  return {
    ...store,
    ledger: { ...ledger, commit: (expected, next, entry) => { spring(entry.kind === 'state' ? 'change' : 'commit'); return ledger.commit(expected, next, entry) } },
    outbox: {
      ...outbox,
      intend: (intent) => { spring('intend'); return outbox.intend(intent) },
      enqueue: (delivery) => { spring('enqueue'); return outbox.enqueue(delivery) },
    },
  }
}
