import type { Clock } from '../../contracts/clock.ts'
import type { Feed, FeedEvent } from '../../contracts/feed.ts'
import { Wake } from '../../contracts/wake.ts'
import type { NewsItem } from './wire.ts'

/** A page that hears nothing for a while says so; it has to hear this at least (ms). */
export const heartbeat = 4000
/** News are gathered this long (ms): a thousand observations a second are four messages. */
const gather = 250
const mostWaiting = 5000

/**
 * The news of a tenant as messages: a list at a time, of several observations of one zone the newest only, a heartbeat
 * when there is nothing to tell. Ends when aborted, or when `allowed` says that the listener may not listen any more.
 */
export async function* news(feed: Feed, tenant: string, clock: Clock, signal: AbortSignal, allowed: () => Promise<boolean>, troubles: () => readonly string[] = () => []): AsyncGenerator<readonly NewsItem[]> {
  const basket = new Basket()
  const beat = (): NewsItem => ({ kind: 'heartbeat', now: clock.now(), ...(troubles().length === 0 ? {} : { troubles: troubles() }) })
  const left = new AbortController()
  const over = AbortSignal.any([signal, left.signal])
  const gathering = Promise.allSettled([fill(basket, feed.subscribe(tenant, over))])
  try {
    yield [beat()]
    while (!over.aborted && (await allowed())) {
      await basket.wake.wait(clock, heartbeat, over)
      if (!basket.empty) await pause(clock, over)
      yield [...basket.take(), beat()]
    }
  } finally {
    left.abort()
    await gathering
  }
}

async function fill(basket: Basket, events: AsyncIterable<FeedEvent>): Promise<void> {
  for await (const event of events) basket.add(event)
}

async function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(gather, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** What waits to be told. */
class Basket {
  readonly wake = new Wake()
  readonly #items = new Map<string, FeedEvent>()
  #lost = false

  get empty(): boolean {
    return this.#items.size === 0 && !this.#lost
  }

  add(event: FeedEvent): void {
    const name = nameOf(event)
    if (this.#items.size >= mostWaiting && !this.#items.has(name)) this.#lost = true
    else this.#items.set(name, event)
    this.wake.ring()
  }

  take(): readonly NewsItem[] {
    const items: NewsItem[] = [...this.#items.values()]
    if (this.#lost) items.push({ kind: 'resync' })
    this.#items.clear()
    this.#lost = false
    return items
  }
}

/** Later news of the same name make earlier ones needless. */
function nameOf(event: FeedEvent): string {
  switch (event.kind) {
    case 'observation': return `o/${event.check}/${event.zone}`
    case 'state': return `s/${event.key.entity}/${event.key.alarm}`
    case 'delivery': return `d/${event.key.entity}/${event.key.alarm}/${event.version}/${event.notification}`
    case 'configuration': return `c/${event.entity ?? ''}`
  }
}
