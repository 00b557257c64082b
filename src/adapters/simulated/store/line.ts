import { StoreUnavailable } from '../../../contracts/errors.ts'
import type { NodeClock, SimulatedClock } from '../clock.ts'
import type { SimulatedRandom } from '../random.ts'

/** What becomes of a write whose answer is lost: it was applied, it lies somewhere and is applied later, or never. */
export type Fate = 'now' | 'later' | 'never'
type Span = readonly [from: number, to: number]

/** What can go wrong between a process and the store; change it at any time. Times are ms. */
export interface StoreFaults {
  /** each way of each call */
  latency: Span
  /** nothing answers: calls under way end with outcome 'unknown', new ones with 'not done' */
  unavailable: boolean
  /** the share of calls that are refused, outcome 'not done' */
  refuse: number
  /** the share of writes whose answer is lost, outcome 'unknown' */
  lose: number
  /** what may become of those */
  fates: readonly Fate[]
  /** how long a lost write lies before it is applied later */
  parked: Span
  /** how long the caller waits before it hears that the outcome is unknown */
  timeout: number
}

export const noFaults: StoreFaults = {
  latency: [0, 0], unavailable: false, refuse: 0, lose: 0, fates: ['now', 'later', 'never'], parked: [1, 60_000], timeout: 2000,
}

/** The store's side of all lines: its faults, and single mishaps that a test asks for. */
export class Weather {
  readonly faults: StoreFaults
  readonly clock: SimulatedClock
  readonly random: SimulatedRandom
  /** true while a write is applied that lay somewhere before */
  parked = false
  readonly #mishaps: { readonly operation: string; readonly fate: Fate }[] = []

  constructor(clock: SimulatedClock, random: SimulatedRandom, faults: Partial<StoreFaults>) {
    this.clock = clock
    this.random = random
    this.faults = { ...noFaults, ...faults }
  }

  /** The answer of the next write with this name ('ledger.commit', …) is lost. */
  loseNext(operation: string, fate: Fate): void {
    this.#mishaps.push({ operation, fate })
  }

  fateOf(operation: string): Fate | undefined {
    const at = this.#mishaps.findIndex((mishap) => mishap.operation === operation)
    if (at >= 0) return this.#mishaps.splice(at, 1)[0]?.fate
    return this.faults.lose > 0 && this.random.chance(this.faults.lose) ? this.random.pick(this.faults.fates) : undefined
  }

  /** Lets a write lie for a while; then it is applied, whoever sent it. */
  park(work: () => unknown): void {
    this.clock.after(this.between(this.faults.parked), () => {
      this.parked = true
      work()
      this.parked = false
    })
  }

  refuses(): boolean {
    return this.faults.unavailable || (this.faults.refuse > 0 && this.random.chance(this.faults.refuse))
  }

  between([from, to]: Span): number {
    return from === to ? from : from + this.random.float() * (to - from)
  }
}

/** One process's way to the store. Each call takes effect at one moment, or not at all. */
export class Line {
  readonly #weather: Weather
  readonly #node: NodeClock
  #closed = false

  /** `node`: the machine whose calls these are; what a dead one sent may arrive, and no answer ever reaches it */
  constructor(weather: Weather, node: NodeClock) {
    this.#weather = weather
    this.#node = node
  }

  read<T>(operation: string, work: () => T): Promise<T> {
    return this.#call(operation, false, work)
  }

  write<T>(operation: string, work: () => T): Promise<T> {
    return this.#call(operation, true, work)
  }

  async *readEach<T>(operation: string, work: () => readonly T[]): AsyncGenerator<T> {
    yield* await this.read(operation, work)
  }

  close(): void {
    this.#closed = true
  }

  async #call<T>(operation: string, writes: boolean, work: () => T): Promise<T> {
    await this.#node.ready()
    if (this.#closed) throw new StoreUnavailable(`${operation}: the store is closed`, 'not done')
    await this.#travel()
    if (this.#weather.refuses()) throw new StoreUnavailable(`${operation}: the store does not answer`, 'not done')
    const fate = writes ? this.#weather.fateOf(operation) : undefined
    if (fate !== undefined) return this.#lose(operation, fate, work)
    const answer = work()
    await this.#travel()
    await this.#node.ready()
    if (this.#weather.faults.unavailable) throw new StoreUnavailable(`${operation}: the store went away`, writes ? 'unknown' : 'not done')
    return answer
  }

  async #lose<T>(operation: string, fate: Fate, work: () => T): Promise<never> {
    if (fate === 'now') work()
    if (fate === 'later') this.#weather.park(work)
    await this.#weather.clock.sleep(this.#weather.faults.timeout)
    await this.#node.ready()
    throw new StoreUnavailable(`${operation}: no answer came`, 'unknown')
  }

  async #travel(): Promise<void> {
    const { latency } = this.#weather.faults
    if (latency[1] > 0) await this.#weather.clock.sleep(this.#weather.between(latency))
  }
}
