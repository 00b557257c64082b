export interface WindowSettings {
  /** what is taken on at once: at first, at least and at most */
  readonly first: number
  readonly least: number
  readonly most: number
  /** how much it grows when a whole window was done in time */
  readonly step: number
  /** ms: what takes longer was too much */
  readonly aim: number
}

/**
 * How much to take on at once, learned from how long it takes: a step more after what was done in time, half after what
 * was not (additive increase, multiplicative decrease: Chiu and Jain 1989). Whoever is slow gets less, instead of the
 * same again and again.
 */
export class Window {
  readonly #settings: WindowSettings
  #size: number
  #shrunkAt = Number.NEGATIVE_INFINITY

  constructor(settings: WindowSettings) {
    this.#settings = settings
    this.#size = settings.first
  }

  get size(): number {
    return Math.floor(this.#size)
  }

  /** So much took from `begun` to `ended` (monotonic ms). What began before the window shrank says nothing of its size now. */
  took(amount: number, begun: number, ended: number): void {
    const { least, most, step, aim } = this.#settings
    if (begun < this.#shrunkAt) return
    if (ended - begun <= aim) {
      this.#size = Math.min(most, this.#size + (step * amount) / this.#size)
      return
    }
    this.#size = Math.max(least, this.#size / 2)
    this.#shrunkAt = ended
  }
}
