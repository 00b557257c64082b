import type { Clock } from '../../contracts/clock.ts'
import type { ConfigurationRepository } from '../../contracts/configuration.ts'
import type { ConfirmBus } from '../../contracts/confirm-bus.ts'
import type { Leases } from '../../contracts/leases.ts'
import type { EndpointLink } from '../../contracts/transport.ts'
import type { Ingest } from '../../flows/ingest.ts'

export interface EndpointDeps {
  readonly ingest: Ingest
  readonly configuration: ConfigurationRepository
  readonly leases: Leases
  readonly confirmBus: ConfirmBus
  readonly clock: Clock
}

/** A poller that did not ask for its schedule for this long (ms) is gone from its zone. */
const pollerLease = 5000

const places = 'pollers/'

/** Which of these zones are known to be down: no poller of theirs has asked any endpoint for its schedule lately. */
export function zonesWithoutPoller(leases: Leases, clock: Clock): (zones: readonly string[]) => Promise<readonly string[]> {
  return async (zones) => {
    const holders = await leases.holders(places, clock.now())
    return zones.filter((zone) => !holders.some((holder) => holder.name.startsWith(`${places}${zone}/`)))
  }
}

/** A zone that lost its pollers is lost for so long (ms); after that it is no news. */
const newsFor = 900_000

/** Asked again and again: which zones had pollers lately and have none now. */
export function zonesLost(leases: Leases, clock: Clock): () => Promise<ReadonlySet<string>> {
  const heard = new Map<string, number>()
  return async () => {
    const now = clock.monotonic()
    const served = new Set((await leases.holders(places, clock.now())).map((holder) => holder.name.slice(places.length).split('/')[0] ?? ''))
    for (const zone of served) heard.set(zone, now)
    for (const [zone, at] of heard) if (now - at > newsFor) heard.delete(zone)
    return new Set([...heard.keys()].filter((zone) => !served.has(zone)))
  }
}

/** The endpoint of this process: pollers of the same process use it directly. */
export function startEndpoint({ ingest, configuration, leases, confirmBus, clock }: EndpointDeps): EndpointLink {
  return {
    post: async (observations, live, _signal, ages) => ingest.take(observations, live, ages),
    async schedule(zone, poller, cursor) {
      const place = `${places}${zone}/`
      await leases.acquire(place + poller, poller, clock.now(), pollerLease)
      const holders = await leases.holders(place, clock.now())
      return { ...(await configuration.schedule(zone, cursor)), pollers: holders.map((holder) => holder.owner) }
    },
    confirmations: (zone, signal) => confirmBus.subscribe(zone, signal),
  }
}
