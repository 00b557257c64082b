import type { Clock } from '../contracts/clock.ts'

/** A wall clock that moves differently from monotonic time by more than this (ms) was set: ages mean nothing for a while. */
const stepLimit = 2000

/**
 * Since when ingest has worked without a break, on the monotonic clock: silence is judged only after a healthy while.
 * A time in which this process stood still, or slept with its machine, was no healthy one.
 */
export class IngestHealth {
  readonly #clock: Clock
  #healthySince: number
  #pulse: { readonly now: number; readonly monotonic: number }

  constructor(clock: Clock) {
    this.#clock = clock
    this.#healthySince = clock.monotonic()
    this.#pulse = { now: clock.now(), monotonic: this.#healthySince }
  }

  failed(): void {
    this.#healthySince = this.#clock.monotonic()
  }

  /** To be called again and again: whoever comes later than `within` ms after the time before stood still meanwhile. */
  pulse(within: number): void {
    const [now, monotonic] = [this.#clock.now(), this.#clock.monotonic()]
    const passed = monotonic - this.#pulse.monotonic
    const stepped = Math.abs(now - this.#pulse.now - passed)
    if (passed > within || stepped > stepLimit) this.failed()
    this.#pulse = { now, monotonic }
  }

  /** ms since the last failure, or since the start */
  healthyFor(): number {
    return this.#clock.monotonic() - this.#healthySince
  }
}
