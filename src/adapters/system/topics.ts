import { Wake } from '../../contracts/wake.ts'
import type { Clock } from '../../contracts/clock.ts'

interface Subscriber<T> { readonly topic: string; readonly items: T[]; readonly wake: Wake }

/**
 * Publish and subscribe by topic inside one process. `publish` never waits; a subscriber that is slower than `bufferSize`
 * items loses the oldest. A subscription hears what is published after `subscribe` returned.
 */
export class Topics<T> {
  readonly #subscribers = new Set<Subscriber<T>>()
  readonly #clock: Clock
  readonly #bufferSize: number

  constructor(clock: Clock, bufferSize = 1000) {
    this.#clock = clock
    this.#bufferSize = bufferSize
  }

  publish(topic: string, item: T): void {
    for (const subscriber of this.#subscribers) {
      if (subscriber.topic !== topic) continue
      subscriber.items.push(item)
      if (subscriber.items.length > this.#bufferSize) subscriber.items.shift()
      subscriber.wake.ring()
    }
  }

  subscribe(topic: string, signal: AbortSignal): AsyncIterable<T> {
    const subscriber: Subscriber<T> = { topic, items: [], wake: new Wake() }
    this.#subscribers.add(subscriber)
    return this.#follow(subscriber, signal)
  }

  async *#follow(subscriber: Subscriber<T>, signal: AbortSignal): AsyncGenerator<T> {
    try {
      while (!signal.aborted) {
        yield* subscriber.items.splice(0)
        await subscriber.wake.wait(this.#clock, 60_000, signal)
      }
    } finally {
      this.#subscribers.delete(subscriber)
    }
  }
}
