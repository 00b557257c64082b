import type { Observation } from '../../core/observation.ts'
import { observationId } from '../../core/observation.ts'
import { Window } from '../../core/window.ts'
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

/** An observation that travels live, since `takenAt` (monotonic ms); whether it is on disk as well. */
interface Live { readonly observation: Observation; readonly takenAt: number; onDisk: boolean }

/**
 * Brings observations to the endpoint and answers for them until they are acknowledged. Live ones travel first, from
 * memory; whatever is not acknowledged soon goes to disk as well, and once it is no longer young it follows behind the
 * live ones, at its own pace. How many travel together follows from how long an answer takes: an endpoint that is slow
 * is not sent the same large batch again and again, of which nothing ever ends in time.
 */
export class Courier {
  readonly #deps: CourierDeps
  readonly #wake = new Wake()
  #waiting: Live[] = []
  /** identities that are on disk and travel live: no backlog yet */
  readonly #alive = new Set<string>()
  #failures = 0
  #retryAt = Number.NEGATIVE_INFINITY
  /** how many travel together */
  readonly #live: Window
  readonly #spooled: Window
  /** a live post is under way for longer than usual */
  #overdue = false
  readonly counts = { taken: 0, acknowledged: 0, posts: 0, failedPosts: 0, lost: 0 }

  constructor(deps: CourierDeps) {
    this.#deps = deps
    const { batch, window } = deps.settings
    const settings = { ...window, most: batch, first: Math.min(batch, window.first) }
    this.#live = new Window(settings)
    this.#spooled = new Window(settings)
  }

  get waiting(): number {
    return this.#waiting.length
  }

  take(observation: Observation): void {
    this.counts.taken += 1
    if (this.#waiting.push({ observation, takenAt: this.#deps.clock.monotonic(), onDisk: false }) === 1) this.#wake.ring()
    if (this.#waiting.length <= this.#deps.settings.hold) return
    const oldest = this.#waiting.shift()
    if (oldest?.onDisk === true) this.#alive.delete(observationId(oldest.observation))
    else this.counts.lost += 1
  }

  /** Posts what is taken, until the poller stops. */
  async live(): Promise<void> {
    const { clock, settings, signal } = this.#deps
    while (!signal.aborted) {
      if (this.#waiting.length === 0) await this.#wake.wait(clock, 60_000, signal)
      const pause = this.#retryAt - clock.monotonic()
      await rest(clock, pause > 0 ? Math.min(pause, settings.spoolAfter) : settings.linger, signal)
      if (signal.aborted) return
      if (pause > settings.spoolAfter) await this.#keep(this.#waiting)
      else await this.#postWaiting()
      this.#retire()
    }
  }

  /** Posts what is on disk, behind the live ones, until the poller stops. */
  async backlog(): Promise<void> {
    const { clock, spool, settings, random, signal } = this.#deps
    let failures = 0
    while (!signal.aborted) {
      const idle = spool.stats().count <= this.#alive.size || this.#overdue
      if (!idle) failures = (await this.#postSpooled()) ? 0 : failures + 1
      const pause = idle ? settings.spoolAfter * 4 : failures > 0 ? backoff(random, failures, settings.retry) : settings.pace
      await rest(clock, pause, signal)
    }
  }

  /** Posts what is left, once; what is not acknowledged then is on disk when this ends. Both loops have ended before. */
  async close(): Promise<void> {
    const left = this.#waiting.length
    for (let posted = 0; posted < left && this.#waiting.length > 0 && this.#failures === 0; posted += this.#live.size) await this.#postWaiting()
    await this.#keep(this.#waiting)
    const lost = this.#waiting.filter(({ onDisk }) => !onDisk).length
    if (lost > 0) this.#deps.log.error({ observations: lost }, 'stopped with observations that neither the endpoint nor the disk took')
  }

  async #postWaiting(): Promise<void> {
    const batch = this.#waiting.splice(0, this.#live.size)
    if (batch.length === 0) return
    const acknowledged = await this.#post(batch.map(({ observation }) => observation), undefined, () => this.#keep([...batch, ...this.#waiting]))
    this.#note(acknowledged)
    await this.#settle(batch, acknowledged)
  }

  /** Of a live batch: what was acknowledged leaves the disk if it was there; what the answer does not name goes there; all of it waits on when there was no answer. */
  async #settle(batch: readonly Live[], acknowledged: Acknowledged): Promise<void> {
    this.counts.acknowledged += acknowledged?.length ?? 0
    if (acknowledged?.length === batch.length && !batch.some(({ onDisk }) => onDisk)) return
    const known = new Set(acknowledged)
    const left = batch.filter(({ observation }) => !known.has(observationId(observation)))
    if (acknowledged !== undefined) await this.#release(batch.filter(({ onDisk }) => onDisk).map(({ observation }) => observationId(observation)).filter((id) => known.has(id)))
    await this.#keep(left)
    this.#waiting.unshift(...left.filter((item) => acknowledged === undefined || !item.onDisk))
    if (acknowledged !== undefined) for (const { observation } of left) this.#alive.delete(observationId(observation))
  }

  /** What has waited for long and is on disk is backlog from now on. */
  #retire(): void {
    const young = this.#deps.clock.monotonic() - this.#deps.settings.young
    for (let first = this.#waiting[0]; first !== undefined && first.onDisk && first.takenAt < young; first = this.#waiting[0]) {
      this.#alive.delete(observationId(first.observation))
      this.#waiting.shift()
    }
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
    const window = ages === undefined ? this.#live : this.#spooled
    const giveUp = new AbortController()
    const startedAt = clock.monotonic()
    const attempt = this.#attempt(batch, ages, giveUp.signal)
    for (;;) {
      const answer = await within(clock, settings.spoolAfter, attempt)
      if (ages === undefined) this.#overdue = answer === late
      if (answer !== late) {
        window.took(batch.length, startedAt, clock.monotonic())
        return answer
      }
      await whenLate()
      if (!signal.aborted && clock.monotonic() - startedAt < settings.postTimeout) continue
      giveUp.abort(new Error('The endpoint did not answer in time'))
      this.#overdue = false
      window.took(batch.length, startedAt, clock.monotonic())
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

  /** Writes those to disk that are not there yet. */
  async #keep(items: readonly Live[]): Promise<void> {
    const fresh = items.filter(({ onDisk }) => !onDisk)
    if (fresh.length === 0) return
    const ids = fresh.map(({ observation }) => observationId(observation))
    for (const id of ids) this.#alive.add(id)
    try {
      await this.#deps.spool.append(fresh.map(({ observation }) => observation))
      for (const item of fresh) item.onDisk = true
    } catch (error) {
      for (const id of ids) this.#alive.delete(id)
      this.#deps.log.error({ observations: fresh.length, error: String(error) }, 'the spool does not take observations; they wait in memory')
    }
  }

  async #release(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#alive.delete(id)
    if (ids.length === 0) return
    try {
      await this.#deps.spool.acknowledge(ids)
    } catch (error) {
      this.#deps.log.warn({ error: String(error) }, 'the spool could not be told; its observations will be posted twice')
    }
  }

  async #pending(): Promise<readonly Spooled[]> {
    try {
      const oldest = await this.#deps.spool.pending(this.#spooled.size)
      return oldest.filter(({ observation }) => !this.#alive.has(observationId(observation)))
    } catch (error) {
      this.#deps.log.error({ error: String(error) }, 'the spool cannot be read')
      return []
    }
  }
}
