import type { Happening } from '../event-queue.ts'
import type { NodeClock } from '../clock.ts'
import type { SimulatedRandom } from '../random.ts'

/** A process on a machine of its own, in a region. */
export interface Place { readonly region: string; readonly clock: NodeClock }
type Span = readonly [from: number, to: number]

/** What can go wrong with messages; change it at any time. Times are ms, shares 0 … 1. */
export interface WireFaults {
  /** the way of a message inside a region, and between two; different ways of messages under way at once reorder them */
  near: Span
  far: Span
  /** the share of messages that are lost, and of those that arrive once more */
  loss: number
  duplicate: number
  /** what meets a way that is cut may lie in a buffer and arrive up to so much later, when it is joined or not */
  held: Span
}

export const calmWires: WireFaults = { near: [0.2, 0.6], far: [4, 12], loss: 0, duplicate: 0, held: [100, 30_000] }
/** the share of messages on a way that is cut which are held instead of lost */
const heldShare = 0.2

/** The network between regions: one-way ways, each of which can be cut. */
export class Wires {
  readonly faults: WireFaults = { ...calmWires }
  readonly #random: SimulatedRandom
  readonly #cut = new Set<string>()
  /** for whoever wants to know what a run costs */
  sent = 0

  constructor(random: SimulatedRandom) {
    this.#random = random
  }

  /** Nothing gets from one region to the other; the way back is another one. */
  cut(from: string, to: string): void {
    this.#cut.add(wayOf(from, to))
  }

  join(from: string, to: string): void {
    this.#cut.delete(wayOf(from, to))
  }

  isCut(from: string, to: string): boolean {
    return this.#cut.has(wayOf(from, to))
  }

  /** Everything works again. */
  mend(): void {
    this.#cut.clear()
    Object.assign(this.faults, calmWires)
  }

  /** Brings a message: `arrive` is called on the other machine, later, twice, or never. */
  send(from: Place, to: Place, arrive: Happening): void {
    const { near, far, loss, duplicate, held } = this.faults
    this.sent += 1
    if (loss > 0 && this.#random.chance(loss)) return
    const way = from.region === to.region ? near : far
    if (this.isCut(from.region, to.region)) {
      if (this.#random.chance(heldShare)) to.clock.after(this.#between(held), arrive)
      return
    }
    to.clock.after(this.#between(way), arrive)
    if (duplicate > 0 && this.#random.chance(duplicate)) to.clock.after(this.#between(way) * 3, arrive)
  }

  #between([from, to]: Span): number {
    return from + this.#random.float() * (to - from)
  }
}

const wayOf = (from: string, to: string) => `${from}>${to}`
