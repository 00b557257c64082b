import type { Clock } from '../../contracts/clock.ts'
import type { Prober, ProbedCheck } from '../../contracts/prober.ts'
import { rest } from './waiting.ts'

/** Targets that the operator knows to answer whenever this zone's network works. */
export interface CanarySettings {
  readonly checks: readonly ProbedCheck[]
  /** ms between two looks while nothing fails */
  readonly every: number
}

/** However many probes fail, canaries are not looked at more often (ms). */
const leastPause = 200

/** Whether this zone can see anything at all: silent only when none of its canaries answers. Without canaries, never. */
export class Canaries {
  readonly #settings: CanarySettings
  readonly #prober: Prober
  readonly #clock: Clock
  readonly #signal: AbortSignal
  #silent = false
  #lookedAt = Number.NEGATIVE_INFINITY
  #looking: Promise<void> | undefined

  constructor(settings: CanarySettings, prober: Prober, clock: Clock, signal: AbortSignal) {
    this.#settings = settings
    this.#prober = prober
    this.#clock = clock
    this.#signal = signal
  }

  /** As of the last look. */
  get silent(): boolean {
    return this.#silent
  }

  /** As of a look that began after `since` (monotonic): a failed probe asks, since the network may have gone meanwhile. */
  async silentSince(since: number): Promise<boolean> {
    if (this.#settings.checks.length === 0) return false
    while (this.#lookedAt < since && !this.#signal.aborted) {
      this.#looking ??= this.#look()
      await this.#looking
    }
    return this.#silent
  }

  /** Looks every now and then until the signal aborts. */
  async watch(): Promise<void> {
    if (this.#settings.checks.length === 0) return
    while (!this.#signal.aborted) {
      await this.silentSince(this.#clock.monotonic())
      await rest(this.#clock, this.#settings.every, this.#signal)
    }
  }

  async #look(): Promise<void> {
    await rest(this.#clock, Math.max(0, this.#lookedAt + leastPause - this.#clock.monotonic()), this.#signal)
    const startedAt = this.#clock.monotonic()
    const answers = await Promise.allSettled(this.#settings.checks.map((check) => this.#prober.run({ ip_addresses: null }, check, { signal: this.#signal })))
    this.#looking = undefined
    if (this.#signal.aborted) return
    this.#silent = !answers.some((answer) => answer.status === 'fulfilled' && answer.value.available)
    this.#lookedAt = startedAt
  }
}
