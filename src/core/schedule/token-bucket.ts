/** Lets `rate` a second through, and `burst` at once after a pause. Time is whatever ms the caller counts, never backwards. */
export class TokenBucket {
  readonly #rate: number
  readonly #burst: number
  #tokens: number
  #at = Number.NEGATIVE_INFINITY

  constructor(rate: number, burst: number) {
    this.#rate = rate
    this.#burst = burst
    this.#tokens = burst
  }

  /** Takes a token if there is one. */
  take(now: number): boolean {
    const earned = this.#at === Number.NEGATIVE_INFINITY ? 0 : ((now - this.#at) * this.#rate) / 1000
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, earned))
    this.#at = now
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
