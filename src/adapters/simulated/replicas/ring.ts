import type { NodeClock, SimulatedClock } from '../clock.ts'
import type { SimulatedRandom } from '../random.ts'
import { Coordinator, type Peer } from './coordinator.ts'
import { Replica, type CommitLog, type Witness } from './replica.ts'
import { Wires } from './wires.ts'

/** A replica's process as its clients know it. */
export interface Host extends Peer {
  readonly coordinator: Coordinator
  alive: boolean
  /** who waits for an answer on a connection to it: told when it breaks */
  readonly waiting: Set<() => void>
  /** requests that it is at */
  readonly serving: Set<Promise<void>>
}

export interface RingOptions {
  readonly clock: SimulatedClock
  readonly random: SimulatedRandom
  readonly regions: readonly string[]
  readonly commitLog?: CommitLog
  readonly witness?: Witness
}

/** ms that filling an empty disk takes: longer than any request lives */
const rebuilding = 11_000

/** One replica a region, their processes, and the hands that kill, stop and start them. */
export class Ring {
  readonly wires: Wires
  readonly clock: SimulatedClock
  readonly random: SimulatedRandom
  readonly regions: readonly string[]
  readonly hosts: Host[] = []
  readonly #replicas: readonly Replica[]
  readonly #lost = new Set<number>()

  constructor({ clock, random, regions, commitLog = 'batch', witness = () => {} }: RingOptions) {
    this.clock = clock
    this.random = random
    this.regions = regions
    this.wires = new Wires(random.fork('wires'))
    this.#replicas = regions.map((_, index) => new Replica(index, commitLog, () => clock.monotonic(), witness))
    for (const index of regions.keys()) this.#boot(index, 0)
  }

  /** SIGKILL: what it was doing is forgotten, its connections break; its disk stays. */
  kill(index: number): void {
    const host = this.#host(index)
    if (!host.alive) return
    host.alive = false
    host.place.clock.kill()
    host.replica.killed()
    for (const tell of host.waiting) tell()
  }

  /** Its disk goes too; the next start fills a new one from the others. */
  lose(index: number): void {
    this.kill(index)
    this.#lost.add(index)
  }

  /** `skew`: how far (ms) its clock is ahead. */
  start(index: number, skew = 0): void {
    if (this.#host(index).alive) return
    if (this.#lost.has(index)) this.clock.after(rebuilding, () => this.#rebuild(index, skew))
    else this.#boot(index, skew)
  }

  /** SIGSTOP for `ms`: requests lie in its sockets and are served afterwards. */
  pause(index: number, ms: number): void {
    this.#host(index).place.clock.pause(ms)
  }

  /** Streaming and repair need the others: without them it waits. */
  #rebuild(index: number, skew: number): void {
    if (!this.#lost.has(index)) return
    if (this.hosts.some((host, other) => other !== index && !host.alive)) {
      this.clock.after(1000, () => this.#rebuild(index, skew))
      return
    }
    this.#lost.delete(index)
    const { replica } = this.#host(index)
    replica.rebuild(this.#replicas.filter((other) => other !== replica))
    this.#boot(index, skew)
  }

  #host(index: number): Host {
    const host = this.hosts[index]
    if (host === undefined) throw new RangeError(`There is no replica ${index}`)
    return host
  }

  #boot(index: number, skew: number): void {
    const replica = this.#replicas[index]
    const region = this.regions[index]
    if (replica === undefined || region === undefined) throw new RangeError(`There is no replica ${index}`)
    const clock: NodeClock = this.clock.node(`${region} replica`, { skew })
    const peer: Peer = { replica, place: { region, clock } }
    const coordinator = new Coordinator(peer, () => this.hosts, this.wires, this.random.fork(`coordinator ${index} ${this.clock.monotonic()}`))
    const host: Host = Object.assign(peer, { coordinator, alive: true, waiting: new Set<() => void>(), serving: new Set<Promise<void>>() })
    this.hosts[index] = host
  }
}
