import type { Clock } from '../../contracts/clock.ts'
import { StoreUnavailable } from '../../contracts/errors.ts'
import type { ConfirmRequest, EndpointLink } from '../../contracts/transport.ts'
import type { NodeClock, SimulatedClock } from './clock.ts'
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
  /** the share of posts that arrive once more, by themselves, up to a minute later */
  duplicate: number
  /** how long the sender waits for an answer */
  timeout: number
}

export const noLinkFaults: LinkFaults = { cut: false, delay: [0, 0], loseBefore: 0, loseAfter: 0, duplicate: 0, timeout: 5000 }

/** What is at the other end, on which machine; `gone` aborts when it breaks its connections. */
export interface Peer { readonly endpoint: EndpointLink; readonly node: NodeClock; readonly gone: AbortSignal }
export interface SimulatedLink extends EndpointLink { readonly faults: LinkFaults }

export interface LinkOptions {
  /** the other end as it is now: it may be started anew, or be another one */
  readonly peer: () => Peer | undefined
  /** the simulation's clock: messages travel whether or not the sender lives */
  readonly clock: SimulatedClock
  readonly sender: NodeClock
  readonly random: SimulatedRandom
  readonly faults?: Partial<LinkFaults>
  /** told of each identity that the sender was told is safe */
  readonly acknowledged?: (id: string) => void
}

/** A way to an endpoint that loses, delays, repeats and reorders; without faults it is the endpoint itself. */
export function simulatedLink(options: LinkOptions): SimulatedLink {
  return new Link(options)
}

class Link implements SimulatedLink {
  readonly faults: LinkFaults
  readonly #options: LinkOptions
  /** copies under way; they answer to nobody, and none is forgotten */
  readonly #copies = new Set<Promise<void>>()

  constructor(options: LinkOptions) {
    this.#options = options
    this.faults = { ...noLinkFaults, ...options.faults }
  }

  async post(...post: Parameters<EndpointLink['post']>): Promise<readonly string[]> {
    const send = (endpoint: EndpointLink) => endpoint.post(...post)
    if (this.#happens(this.faults.duplicate)) this.#repeat(send)
    const ids = await this.#call(send, this.faults.loseBefore, this.faults.loseAfter)
    for (const id of ids) this.#options.acknowledged?.(id)
    return ids
  }

  schedule(...request: Parameters<EndpointLink['schedule']>): ReturnType<EndpointLink['schedule']> {
    return this.#call((endpoint) => endpoint.schedule(...request), 0, 0)
  }

  async *confirmations(zone: string, signal: AbortSignal): AsyncGenerator<ConfirmRequest> {
    const { endpoint, gone } = this.#peer()
    for await (const request of endpoint.confirmations(zone, AbortSignal.any([signal, gone]))) {
      await this.#travel()
      await this.#options.sender.ready()
      if (!this.faults.cut) yield request
    }
  }

  async #call<T>(send: (endpoint: EndpointLink) => Promise<T>, lostBefore: number, lostAfter: number): Promise<T> {
    await this.#travel()
    if (this.faults.cut || this.#happens(lostBefore)) return this.#silence()
    const answer = await this.#arrive(send)
    await this.#travel()
    if (this.faults.cut || this.#happens(lostAfter)) return this.#silence()
    await this.#options.sender.ready()
    return answer
  }

  async #arrive<T>(send: (endpoint: EndpointLink) => Promise<T>): Promise<T> {
    const { endpoint, node, gone } = this.#peer()
    const work = async () => {
      await node.ready()
      return send(endpoint)
    }
    return firstOf(work(), this.#options.sender, this.faults.timeout, gone)
  }

  #repeat(send: (endpoint: EndpointLink) => Promise<unknown>): void {
    const copy = async () => {
      await this.#options.clock.sleep(this.#between([0, 60_000]))
      await Promise.allSettled([this.#arrive(send)])
      this.#copies.delete(sent)
    }
    const sent = copy()
    this.#copies.add(sent)
  }

  #peer(): Peer {
    const peer = this.#options.peer()
    if (peer === undefined) throw new StoreUnavailable('connection refused', 'not done')
    return peer
  }

  async #silence(): Promise<never> {
    await this.#options.sender.sleep(this.faults.timeout)
    throw new StoreUnavailable('the endpoint does not answer', 'unknown')
  }

  async #travel(): Promise<void> {
    if (this.faults.delay[1] > 0) await this.#options.clock.sleep(this.#between(this.faults.delay))
  }

  #between([from, to]: readonly [number, number]): number {
    return from + this.#options.random.float() * (to - from)
  }

  #happens(share: number): boolean {
    return share > 0 && this.#options.random.chance(share)
  }
}

/** What `work` gives, unless the sender's patience or the connection ends before. */
async function firstOf<T>(work: Promise<T>, sender: Clock, patience: number, gone: AbortSignal): Promise<T> {
  using deadline = sender.deadline(patience, gone)
  const { promise, reject } = Promise.withResolvers<never>()
  const over = () => reject(new StoreUnavailable('the connection broke before an answer came', 'unknown'))
  if (deadline.signal.aborted) over()
  else deadline.signal.addEventListener('abort', over, { once: true })
  return await Promise.race([work, promise])
}
