import type { Clock } from '../../contracts/clock.ts'
import type { Session } from './session.ts'
import type { Statement } from './statement.ts'

/** ms after which the store's time is asked for again: no clock drifts apart a second meanwhile. */
const believedFor = 60_000
/** An answer that took longer (ms) tells too little; it is asked for again next time. */
const slowAnswer = 4000

// ONE: any node's clock will do; they are kept together, and seconds do not matter here.
const readTime: Statement = { cql: 'SELECT toTimestamp(now()) AS time FROM system.local', consistency: 'ONE', idempotent: true, about: 'reading the time of the store' }

/**
 * The time of the database, ms since the epoch, by our monotonic clock: the wall clocks of processes may be set wrong, and
 * what one of them writes another must find.
 */
export class StoreTime {
  readonly #session: Session
  readonly #clock: Clock
  #offset = 0
  #asked = Number.NEGATIVE_INFINITY
  #asking: Promise<void> | undefined

  constructor(session: Session, clock: Clock) {
    this.#session = session
    this.#clock = clock
  }

  async now(): Promise<number> {
    if (this.#clock.monotonic() - this.#asked > believedFor) await (this.#asking ??= this.#ask())
    return this.#clock.monotonic() + this.#offset
  }

  async #ask(): Promise<void> {
    try {
      const started = this.#clock.monotonic()
      const [row] = await this.#session.execute(readTime)
      const ended = this.#clock.monotonic()
      if (ended - started > slowAnswer && this.#asked > Number.NEGATIVE_INFINITY) return
      this.#offset = Number(row?.get('time')) - (started + ended) / 2
      this.#asked = ended
    } finally {
      this.#asking = undefined
    }
  }
}
