import { StoreUnavailable } from '../contracts/errors.ts'
import type { Store } from '../contracts/store.ts'

/**
 * The same store, which refuses every write of this process while `problem` names one: whoever asked is told that nothing
 * was done, and goes to another process. What a write carries was stamped before it is refused, never after: so a wrong
 * clock leaves no trace.
 */
export function guardedStore(store: Store, problem: () => string | undefined): Store {
  const { configuration, observations, metrics, ledger, outbox, leases } = store
  const guard = <A extends readonly unknown[], R>(write: (...given: A) => Promise<R>) => async (...given: A): Promise<R> => {
    const wrong = problem()
    if (wrong !== undefined) throw new StoreUnavailable(wrong, 'not done')
    return write(...given)
  }
  const shared = async () => {} // who opened the store ends it
  return {
    metrics,
    configuration: {
      get: (...of) => configuration.get(...of), list: (...of) => configuration.list(...of), entities: (of) => configuration.entities(of), tree: (...of) => configuration.tree(...of),
      schedule: (...of) => configuration.schedule(...of), changes: (signal) => configuration.changes(signal),
      commit: guard((...of) => configuration.commit(...of)), [Symbol.asyncDispose]: shared,
    },
    observations: {
      newest: (...of) => observations.newest(...of), range: (...of) => observations.range(...of), zones: (of) => observations.zones(of),
      append: guard((of) => observations.append(of)), [Symbol.asyncDispose]: shared,
    },
    ledger: {
      read: (of) => ledger.read(of), entry: (...of) => ledger.entry(...of), entries: (...of) => ledger.entries(...of), changes: (...of) => ledger.changes(...of),
      rows: (...of) => ledger.rows(...of), allRows: (of) => ledger.allRows(of),
      commit: guard((...of) => ledger.commit(...of)), [Symbol.asyncDispose]: shared,
    },
    outbox: {
      intents: (...of) => outbox.intents(...of), due: (...of) => outbox.due(...of), deliveries: (...of) => outbox.deliveries(...of), nextDue: () => outbox.nextDue(),
      intend: guard((of) => outbox.intend(of)), settle: guard((of) => outbox.settle(of)), enqueue: guard((of) => outbox.enqueue(of)),
      claim: guard((...of) => outbox.claim(...of)), record: guard((...of) => outbox.record(...of)), [Symbol.asyncDispose]: shared,
    },
    leases: { acquire: guard((...of) => leases.acquire(...of)), release: guard((...of) => leases.release(...of)), holders: (...of) => leases.holders(...of) },
    ...(store.confirmBus === undefined ? {} : { confirmBus: store.confirmBus }), ...(store.feed === undefined ? {} : { feed: store.feed }),
    problems: () => store.problems(), time: () => store.time(), backup: (to) => store.backup(to), stats: () => store.stats(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}
