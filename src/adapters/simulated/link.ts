import type { Clock } from '../../contracts/clock.ts'
import { StoreUnavailable } from '../../contracts/errors.ts'
import type { ConfirmRequest, EndpointLink } from '../../contracts/transport.ts'
import type { Observation } from '../../core/observation.ts'
import type { SimulatedClock } from './clock.ts'
import type { SimulatedRandom } from './random.ts'

/** What can go wrong between a poller and its endpoint; change it at any time. Times are ms, shares 0 … 1. */
export interface LinkFaults {
  /** nothing gets through either way */
  cut: boolean
  /** each message's way; different ways for messages under way at once reorder them */
  delay: readonly [from: number, to: number]
  /** the share of posts that never arrive */
  loseBefore: number
  /** the share of posts that arrive and whose acknowledgement is lost */
  loseAfter: number
  /** the share of posts that arrive once more, later, by themselves */
  duplicate: number
  /** how long the sender waits for an answer */
  timeout: number
}

export const noLinkFaults: LinkFaults = { cut: false, delay: [0, 0], loseBefore: 0, loseAfter: 0, duplicate: 0, timeout: 5000 }

export interface SimulatedLink extends EndpointLink { readonly faults: LinkFaults }
export interface LinkOptions {
  /** the endpoint at the other end now: a test may lead the link to another one */
  readonly inner: () => EndpointLink | undefined
  /** the simulation's clock: messages travel whether or not the sender lives */
  readonly clock: SimulatedClock
  /** the sender's clock: its waiting ends with it */
  readonly sender: Clock
  readonly random: SimulatedRandom
  readonly faults?: Partial<LinkFaults>
}

/** A way to an endpoint that loses, delays, repeats and reorders; without faults it is the endpoint itself. */
export function simulatedLink({ inner, clock, sender, random, faults: initial }: LinkOptions): SimulatedLink {
  const faults: LinkFaults = { ...noLinkFaults, ...initial }
  const between = ([from, to]: readonly [number, number]) => (from === to ? from : from + random.float() * (to - from))
  const travel = async () => { if (faults.delay[1] > 0) await clock.sleep(between(faults.delay)) }
  const happens = (share: number) => share > 0 && random.chance(share)
  const silence = async (): Promise<never> => {
    await sender.sleep(faults.timeout)
    throw new StoreUnavailable('the endpoint does not answer', 'unknown')
  }
  const other = (): EndpointLink => {
    const endpoint = inner()
    if (endpoint === undefined) throw new StoreUnavailable('there is no endpoint', 'not done')
    return endpoint
  }
  // Copies under way answer to nobody; they are held here so that none is forgotten.
  const copies = new Set<Promise<void>>()
  const repeat = (observations: readonly Observation[], live: boolean) => {
    const copy = async () => {
      await clock.sleep(between([0, 60_000]))
      await Promise.allSettled([other().post(observations, live)])
      copies.delete(sent)
    }
    const sent = copy()
    copies.add(sent)
  }
  return {
    faults,
    async post(observations, live, signal) {
      await travel()
      if (faults.cut || happens(faults.loseBefore)) return silence()
      if (happens(faults.duplicate)) repeat(observations, live)
      const taken = await other().post(observations, live, signal)
      await travel()
      if (faults.cut || happens(faults.loseAfter)) return silence()
      return taken
    },
    async schedule(zone, poller, cursor) {
      await travel()
      if (faults.cut) return silence()
      const delta = await other().schedule(zone, poller, cursor)
      await travel()
      return faults.cut ? silence() : delta
    },
    confirmations: (zone, signal) => throughLink(other().confirmations(zone, signal), () => faults.cut, travel),
  }
}

async function* throughLink(requests: AsyncIterable<ConfirmRequest>, cut: () => boolean, travel: () => Promise<void>): AsyncGenerator<ConfirmRequest> {
  for await (const request of requests) {
    await travel()
    if (!cut()) yield request
  }
}
