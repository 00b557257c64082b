import type { Clock } from '../contracts/clock.ts'

/** A clock may differ from the store's by so much (ms); beyond that it is not believed. */
export const clockTolerance = 2000
/** It is compared so often (ms). */
export const compareEvery = 10_000

/**
 * Compares this machine's clock with the store's (deciding, section 6). Between two comparisons the monotonic clock tells
 * at once when the wall clock was set, so nothing is ever stamped by a wrong one.
 */
export class ClockGuard {
  readonly #clock: Clock
  readonly #time: () => Promise<number>
  /** by how much our clock was ahead of the store's, and when: by both of our clocks */
  #measured: { readonly ahead: number; readonly now: number; readonly monotonic: number }

  constructor(clock: Clock, time: () => Promise<number>) {
    this.#clock = clock
    this.#time = time
    this.#measured = { ahead: 0, now: clock.now(), monotonic: clock.monotonic() }
  }

  /** One comparison; rejects when the store does not answer, and then what was known still holds. */
  async compare(): Promise<void> {
    const before = this.#clock.monotonic()
    const theirs = await this.#time()
    const [now, monotonic] = [this.#clock.now(), this.#clock.monotonic()]
    const half = (monotonic - before) / 2
    // An answer that took so long says too little.
    if (half <= clockTolerance / 2) this.#measured = { ahead: now - half - theirs, now, monotonic }
  }

  /** Compares again and again until aborted. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#clock.sleep(compareEvery, signal)
        await this.compare()
      } catch {
        // Stopped, or the store does not answer, which others say: the next time tells.
      }
    }
  }

  /** ms by which our clock is ahead of the store's, as far as anyone knows */
  ahead(): number {
    const { ahead, now, monotonic } = this.#measured
    return ahead + (this.#clock.now() - now) - (this.#clock.monotonic() - monotonic)
  }

  /** What is wrong with the clock, in words; undefined while it may be believed. */
  problem(): string | undefined {
    const ahead = this.ahead()
    if (Math.abs(ahead) <= clockTolerance) return undefined
    return `the clock of this machine is ${Math.round(Math.abs(ahead) / 100) / 10} s ${ahead > 0 ? 'ahead of' : 'behind'} the store's: this process takes nothing in and decides nothing`
  }
}
