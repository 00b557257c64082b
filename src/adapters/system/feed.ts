import type { Feed, FeedEvent } from '../../contracts/feed.ts'
import { Wake } from '../../contracts/wake.ts'
import type { Clock } from '../../contracts/clock.ts'

const bufferSize = 1000
interface Subscriber { readonly tenant: string; readonly events: FeedEvent[]; readonly wake: Wake }

/** The feed of one process. */
export function systemFeed(clock: Clock): Feed {
  const subscribers = new Set<Subscriber>()
  return {
    publish(event) {
      for (const subscriber of subscribers) {
        if (subscriber.tenant !== event.tenant) continue
        subscriber.events.push(event)
        if (subscriber.events.length > bufferSize) subscriber.events.shift()
        subscriber.wake.ring()
      }
    },
    subscribe(tenant, signal) {
      const subscriber: Subscriber = { tenant, events: [], wake: new Wake() }
      subscribers.add(subscriber)
      return follow(subscriber, clock, signal, () => subscribers.delete(subscriber))
    },
  }
}

async function* follow(subscriber: Subscriber, clock: Clock, signal: AbortSignal, leave: () => void): AsyncGenerator<FeedEvent> {
  try {
    while (!signal.aborted) {
      yield* subscriber.events.splice(0)
      await subscriber.wake.wait(clock, 60_000, signal)
    }
  } finally {
    leave()
  }
}
