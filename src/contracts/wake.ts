import type { Clock } from './clock.ts'

/** A bell for one sleeper: `ring` ends the present `wait`, or makes the next one end at once. */
export class Wake {
  #rung = false
  #bell: PromiseWithResolvers<void> | undefined

  ring(): void {
    this.#rung = true
    this.#bell?.resolve()
  }

  /** Ends after `ms`, when rung, or when the signal aborts; never rejects for an abort. */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    if (!this.#rung) {
      this.#bell = Promise.withResolvers()
      using deadline = clock.deadline(ms, signal)
      const over = () => this.#bell?.resolve()
      deadline.signal.addEventListener('abort', over, { once: true })
      await this.#bell.promise
      this.#bell = undefined
    }
    this.#rung = false
  }
}
