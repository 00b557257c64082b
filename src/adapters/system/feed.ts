import type { Clock } from '../../contracts/clock.ts'
import type { ConfirmBus } from '../../contracts/confirm-bus.ts'
import type { Feed, FeedEvent } from '../../contracts/feed.ts'
import type { ConfirmRequest } from '../../contracts/transport.ts'
import { Topics } from './topics.ts'

/** The feed of one process, a topic a tenant. */
export function systemFeed(clock: Clock): Feed {
  const topics = new Topics<FeedEvent>(clock)
  return {
    publish: (event) => topics.publish(event.tenant, event),
    subscribe: (tenant, signal) => topics.subscribe(tenant, signal),
  }
}

/** Confirm requests of one process, a topic a zone. */
export function systemConfirmBus(clock: Clock): ConfirmBus {
  const topics = new Topics<ConfirmRequest>(clock, 10_000)
  return {
    publish: (zone, request) => topics.publish(zone, request),
    subscribe: (zone, signal) => topics.subscribe(zone, signal),
  }
}
