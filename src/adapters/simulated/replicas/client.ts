import { StoreUnavailable } from '../../../contracts/errors.ts'
import type { StoreProblem } from '../../../contracts/store.ts'
import type { Rows, Slice, Values } from './cells.ts'
import { NoQuorum, type Coordinator, type Level } from './coordinator.ts'
import type { Host, Ring } from './ring.ts'
import type { Place } from './wires.ts'

/** ms: for an answer of one host to what may be asked twice, and to a compare-and-set; how long a host that failed is asked last */
const patience = 1200
const casPatience = 2500
const shunned = 3000

/** Why a host gave no answer: nothing listens there; or it was asked, and whatever it was may be done. */
type Failure = 'refused' | 'silent'
type Outcome<T> = { readonly value: T } | { readonly failure: Failure; readonly why: string }

/**
 * One process's driver: asks the replica of its own region first, and the others when that fails. What may be done twice
 * is asked of one host after the other; a compare-and-set only of one that could be reached.
 */
export class Client {
  readonly #ring: Ring
  readonly #place: Place
  readonly #shunned = new Map<Host, number>()
  readonly #turns = new Map<string, Promise<unknown>>()
  #troubled: StoreProblem | undefined
  #closed = false

  constructor(ring: Ring, place: Place) {
    this.#ring = ring
    this.#place = place
  }

  read(partition: string, slice: Slice = {}, level: Level = 'QUORUM'): Promise<Rows> {
    return this.#ask('not done', patience, (coordinator) => coordinator.read(partition, slice, level))
  }

  write(partition: string, values: Values, level: Level = 'QUORUM'): Promise<void> {
    return this.#ask('unknown', patience, (coordinator) => coordinator.write(partition, values, level))
  }

  /** One at a time for each partition: a process does not race itself. */
  compareAndSet(partition: string, holds: (rows: Rows) => boolean, values: Values): Promise<{ readonly applied: boolean; readonly rows: Rows }> {
    return this.inTurn(partition, () => this.#ask('unknown', casPatience, (coordinator) => coordinator.compareAndSet(partition, holds, values), true))
  }

  /** The clock of the host that is asked, ms. */
  time(): Promise<number> {
    return this.#ask('not done', patience, async (coordinator) => Math.floor(coordinator.time() / 1000))
  }

  problems(): readonly StoreProblem[] {
    return this.#troubled === undefined ? [] : [this.#troubled]
  }

  close(): void {
    this.#closed = true
  }

  /** Runs `work` when what was asked for under this name before has ended. */
  async inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(name)
    const turn = after(before, work)
    this.#turns.set(name, turn)
    try {
      return await turn
    } finally {
      if (this.#turns.get(name) === turn) this.#turns.delete(name)
    }
  }

  /** `outcome`: what is known of it when a host was asked and none answered. */
  async #ask<T>(outcome: 'unknown' | 'not done', wait: number, work: (coordinator: Coordinator) => Promise<T>, once = false): Promise<T> {
    await this.#place.clock.ready()
    if (this.#closed) throw new StoreUnavailable('the store is closed', 'not done')
    let reached = false
    let why = 'nobody listens'
    for (const host of this.#hosts()) {
      const answer = await this.#try(host, wait, work)
      if ('value' in answer) {
        this.#troubled = undefined
        return answer.value
      }
      this.#shunned.set(host, this.#place.clock.monotonic() + shunned)
      reached ||= answer.failure === 'silent'
      why = answer.why
      if (once && reached) break
    }
    this.#troubled ??= { kind: 'unavailable', about: why, since: this.#place.clock.monotonic() }
    throw new StoreUnavailable(why, reached ? outcome : 'not done')
  }

  async #try<T>(host: Host, wait: number, work: (coordinator: Coordinator) => Promise<T>): Promise<Outcome<T>> {
    const { clock } = this.#place
    if (!host.alive) {
      await clock.sleep(1)
      return { failure: 'refused', why: 'connection refused' }
    }
    const { promise, resolve } = Promise.withResolvers<Outcome<T>>()
    // The connection breaks where the host is; the news travels, unless this process is gone as well.
    const broken = () => { this.#ring.wires.send(host.place, this.#place, () => resolve({ failure: 'silent', why: 'the connection broke' })) }
    host.waiting.add(broken)
    const end = clock.after(wait, () => resolve({ failure: 'silent', why: 'no answer in time' }))
    this.#ring.wires.send(this.#place, host.place, () => this.#begin(host, work, resolve))
    const answer = await promise
    host.waiting.delete(broken)
    end()
    return answer
  }

  /** What a host is at is its own until it is done, or for ever when it dies. */
  #begin<T>(host: Host, work: (coordinator: Coordinator) => Promise<T>, answer: (outcome: Outcome<T>) => void): void {
    const serve = async () => {
      await this.#serve(host, work, answer)
      host.serving.delete(serving)
    }
    const serving = serve()
    host.serving.add(serving)
  }

  async #serve<T>(host: Host, work: (coordinator: Coordinator) => Promise<T>, answer: (outcome: Outcome<T>) => void): Promise<void> {
    let outcome: Outcome<T>
    try {
      outcome = { value: await work(host.coordinator) }
    } catch (error) {
      if (!(error instanceof NoQuorum)) throw error
      outcome = { failure: 'silent', why: error.message }
    }
    this.#ring.wires.send(host.place, this.#place, () => answer(outcome))
  }

  /** Its own region's first, then by number; who failed lately comes last. */
  #hosts(): readonly Host[] {
    const now = this.#place.clock.monotonic()
    const rank = (host: Host) => ((this.#shunned.get(host) ?? 0) > now ? 2 : 0) + (host.place.region === this.#place.region ? 0 : 1)
    return this.#ring.hosts.toSorted((a, b) => rank(a) - rank(b))
  }
}

async function after<T>(before: Promise<unknown> | undefined, work: () => Promise<T>): Promise<T> {
  if (before !== undefined) await Promise.allSettled([before])
  return work()
}
