import type { Observation } from '../../core/observation.ts'
import { observationId } from '../../core/observation.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { Log } from '../../contracts/log.ts'
import type { Random } from '../../contracts/random.ts'
import type { Spool, Spooled } from '../../contracts/spool.ts'
import type { EndpointLink } from '../../contracts/transport.ts'
import { Wake } from '../../contracts/wake.ts'
import type { PollerSettings } from './settings.ts'
import { backoff, late, rest, within } from './waiting.ts'

export interface CourierDeps {
  readonly link: EndpointLink
  readonly spool: Spool
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly settings: PollerSettings
  /** aborts when the poller stops: both loops end then */
  readonly signal: AbortSignal
}

/** What an endpoint acknowledged of a batch; undefined when the post failed. */
type Acknowledged = readonly string[] | undefined

/**
 * Brings observations to the endpoint and answers for them until they are acknowledged. Live ones travel first, from
 * memory; whatever is not acknowledged soon goes to disk as well, and follows behind the live ones, at its own pace.
 */
export class Courier {
  readonly #deps: CourierDeps
  readonly #wake = new Wake()
  #waiting: Observation[] = []
  #failures = 0
  #retryAt = Number.NEGATIVE_INFINITY
  /** a live post is under way for longer than usual */
  #overdue = false
  readonly counts = { taken: 0, acknowledged: 0, posts: 0, failedPosts: 0, lost: 0 }

  constructor(deps: CourierDeps) {
    this.#deps = deps
  }

  get waiting(): number {
    return this.#waiting.length
  }

  take(observation: Observation): void {
    this.counts.taken += 1
    if (this.#waiting.push(observation) === 1) this.#wake.ring()
    if (this.#waiting.length > this.#deps.settings.hold) {
      this.#waiting.shift()
      this.counts.lost += 1
    }
  }

  /** Posts what is taken, until the poller stops. */
  async live(): Promise<void> {
    const { clock, settings, signal } = this.#deps
    while (!signal.aborted) {
      if (this.#waiting.length === 0) await this.#wake.wait(clock, 60_000, signal)
      const pause = this.#retryAt - clock.monotonic()
      await rest(clock, pause > 0 ? Math.min(pause, settings.spoolAfter) : settings.linger, signal)
      if (signal.aborted) return
      if (pause > settings.spoolAfter) await this.#spoolWaiting()
      else await this.#postWaiting()
    }
  }

  /** Posts what is on disk, behind the live ones, until the poller stops. */
  async backlog(): Promise<void> {
    const { clock, spool, settings, random, signal } = this.#deps
    let failures = 0
    while (!signal.aborted) {
      const idle = spool.stats().count === 0 || this.#overdue
      if (!idle) failures = (await this.#postSpooled()) ? 0 : failures + 1
      const pause = idle ? settings.spoolAfter * 4 : failures > 0 ? backoff(random, failures, settings.retry) : settings.pace
      await rest(clock, pause, signal)
    }
  }

  /** Posts what is left, once; what is not acknowledged then is on disk when this ends. Both loops have ended before. */
  async close(): Promise<void> {
    for (let posts = Math.ceil(this.#waiting.length / this.#deps.settings.batch); posts > 0 && this.#failures === 0; posts--) await this.#postWaiting()
    await this.#spoolWaiting()
    if (this.#waiting.length > 0) this.#deps.log.error({ observations: this.#waiting.length }, 'stopped with observations that neither the endpoint nor the disk took')
  }

  async #postWaiting(): Promise<void> {
    const batch = this.#waiting.splice(0, this.#deps.settings.batch)
    if (batch.length === 0) return
    let onDisk = false
    const acknowledged = await this.#post(batch, undefined, async () => {
      onDisk ||= await this.#keep(batch)
      await this.#spoolWaiting()
    })
    this.#note(acknowledged)
    await this.#settle(batch, acknowledged ?? [], onDisk)
  }

  /** Of a live batch: what was acknowledged leaves the disk if it was there; what was not goes there, or waits on. */
  async #settle(batch: readonly Observation[], acknowledged: readonly string[], onDisk: boolean): Promise<void> {
    this.counts.acknowledged += acknowledged.length
    if (onDisk) await this.#release(acknowledged)
    if (onDisk || acknowledged.length === batch.length) return
    const known = new Set(acknowledged)
    const left = batch.filter((observation) => !known.has(observationId(observation)))
    if (!(await this.#keep(left))) this.#waiting.unshift(...left)
  }

  /** Whether it got on. */
  async #postSpooled(): Promise<boolean> {
    const batch = await this.#pending()
    const acknowledged = await this.#post(batch.map((item) => item.observation), batch.map((item) => item.age), async () => {})
    if (acknowledged === undefined || acknowledged.length === 0) return false
    this.counts.acknowledged += acknowledged.length
    await this.#release(acknowledged)
    return true
  }

  /** `whenLate` is called again and again while the endpoint takes its time. */
  async #post(batch: readonly Observation[], ages: readonly (number | null)[] | undefined, whenLate: () => Promise<void>): Promise<Acknowledged> {
    if (batch.length === 0) return []
    const { clock, settings, signal } = this.#deps
    const giveUp = new AbortController()
    const startedAt = clock.monotonic()
    const attempt = this.#attempt(batch, ages, giveUp.signal)
    for (;;) {
      const answer = await within(clock, settings.spoolAfter, attempt)
      if (ages === undefined) this.#overdue = answer === late
      if (answer !== late) return answer
      await whenLate()
      if (!signal.aborted && clock.monotonic() - startedAt < settings.postTimeout) continue
      giveUp.abort(new Error('The endpoint did not answer in time'))
      this.#overdue = false
      return undefined
    }
  }

  async #attempt(batch: readonly Observation[], ages: readonly (number | null)[] | undefined, signal: AbortSignal): Promise<Acknowledged> {
    this.counts.posts += 1
    try {
      return await this.#deps.link.post(batch, ages === undefined, signal, ages)
    } catch (error) {
      this.counts.failedPosts += 1
      if (this.#failures === 0) this.#deps.log.warn({ observations: batch.length, error: String(error) }, 'an endpoint did not take observations; they wait on disk')
      return undefined
    }
  }

  #note(acknowledged: Acknowledged): void {
    const { clock, random, settings } = this.#deps
    this.#failures = acknowledged === undefined ? this.#failures + 1 : 0
    if (this.#failures > 0) this.#retryAt = clock.monotonic() + backoff(random, this.#failures, settings.retry)
  }

  async #spoolWaiting(): Promise<void> {
    const batch = this.#waiting.splice(0)
    if (batch.length > 0 && !(await this.#keep(batch))) this.#waiting.unshift(...batch)
  }

  async #keep(batch: readonly Observation[]): Promise<boolean> {
    try {
      await this.#deps.spool.append(batch)
      return true
    } catch (error) {
      this.#deps.log.error({ observations: batch.length, error: String(error) }, 'the spool does not take observations; they wait in memory')
      return false
    }
  }

  async #release(ids: readonly string[]): Promise<void> {
    try {
      await this.#deps.spool.acknowledge(ids)
    } catch (error) {
      this.#deps.log.warn({ error: String(error) }, 'the spool could not be told; its observations will be posted twice')
    }
  }

  async #pending(): Promise<readonly Spooled[]> {
    try {
      return await this.#deps.spool.pending(this.#deps.settings.batch)
    } catch (error) {
      this.#deps.log.error({ error: String(error) }, 'the spool cannot be read')
      return []
    }
  }
}
