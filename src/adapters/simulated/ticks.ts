import type { Clock } from '../../contracts/clock.ts'
import type { Partition } from '../../contracts/configuration.ts'
import { Wake } from '../../contracts/wake.ts'

interface Listener { readonly news: Partition[]; readonly wake: Wake }

/** Tells those who listen on this node which partitions of the configuration were changed through it. */
export class Ticks {
  readonly #listeners = new Set<Listener>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  tell(partition: Partition): void {
    for (const listener of this.#listeners) {
      listener.news.push(partition)
      listener.wake.ring()
    }
  }

  follow(signal: AbortSignal): AsyncIterable<Partition> {
    const listener: Listener = { news: [], wake: new Wake() }
    this.#listeners.add(listener)
    return this.#yield(listener, signal)
  }

  async *#yield(listener: Listener, signal: AbortSignal): AsyncGenerator<Partition> {
    try {
      while (!signal.aborted) {
        yield* listener.news.splice(0)
        await listener.wake.wait(this.#clock, 3_600_000, signal)
      }
    } finally {
      this.#listeners.delete(listener)
    }
  }
}
