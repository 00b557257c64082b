import type { Clock } from '../../contracts/clock.ts'
import type { ScheduledCheck } from '../../contracts/configuration.ts'
import { StoreUnavailable } from '../../contracts/errors.ts'
import type { Log } from '../../contracts/log.ts'
import type { Random } from '../../contracts/random.ts'
import type { ConfirmRequest, EndpointLink } from '../../contracts/transport.ts'
import type { Observation } from '../../core/observation.ts'
import { Topics } from '../system/topics.ts'
import { inParcels } from './parcels.ts'
import { Line, type Open } from './line.ts'
import { methods, PostResult, problemOf, scheduledCheck, ScheduleHead, SchedulePage } from './messages.ts'
import { prefer } from './prefer.ts'
import { aborted } from './services.ts'
import { connectDefaults, type ConnectSettings } from './settings.ts'
import type { Address, Trust } from './tls.ts'

export interface ConnectOptions extends Trust {
  readonly addresses: readonly Address[]
  readonly token: string
  readonly zone: string
  /** the name of this poller among its zone's */
  readonly owner: string
  /** of this program */
  readonly version: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly settings?: Partial<ConnectSettings>
}

/** One endpoint as this poller sees it now, for /metrics; `latency` is ms, `problem` says why it is not connected. */
export interface EndpointState { readonly name: string; readonly connected: boolean; readonly preferred: boolean; readonly latency: number; readonly connections: number; readonly problem: string | undefined }

export interface Endpoints extends EndpointLink, AsyncDisposable {
  endpoints(): readonly EndpointState[]
}

type Delta = Awaited<ReturnType<EndpointLink['schedule']>>

/**
 * Holds a connection to each address, sends to one of them, and at once to another when that one fails. What an endpoint
 * may or may not have taken is sent again: an observation's identity makes that harmless.
 */
export function connectEndpoints(options: ConnectOptions): Endpoints {
  return new Connected(options)
}

class Connected implements Endpoints {
  readonly #options: ConnectOptions
  readonly #settings: ConnectSettings
  readonly #lines: readonly Line[]
  readonly #kept: Promise<unknown>
  readonly #stop = new AbortController()
  readonly #topics: Topics<ConfirmRequest>
  readonly #confirmed = new Map<string, number>()
  readonly #first = Promise.withResolvers<void>()
  #last: string | undefined
  #lastSince = 0

  constructor(options: ConnectOptions) {
    const { addresses, clock, random, ca, servername } = options
    const settings = { ...connectDefaults, ...options.settings }
    this.#options = options
    this.#settings = settings
    this.#topics = new Topics(clock)
    const guid = Buffer.from(random.bytes(16)).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    this.#lines = addresses.map((address) => new Line({
      ...options, settings, address, guid, trust: { ca, servername }, confirmed: (request) => this.#confirm(request), changed: () => this.#changed(),
    }))
    this.#kept = Promise.all(this.#lines.map((line) => line.keep(this.#stop.signal)))
  }

  /** In parcels of a bounded size, one after the other. What was acknowledged before one failed is the answer then. */
  async post(observations: readonly Observation[], live: boolean, signal?: AbortSignal, ages?: readonly (number | null)[]): Promise<readonly string[]> {
    const { parcels, tooLarge } = inParcels(observations, ages, this.#settings)
    if (tooLarge.length > 0) this.#options.log.error({ observations: tooLarge }, 'observations that no frame can carry are thrown away')
    const done: string[] = [...tooLarge]
    for (const parcel of parcels) {
      try {
        done.push(...await this.#anywhere((open) => this.#send(open, parcel, live, signal), signal))
      } catch (error) {
        if (done.length === 0) throw error
        return done
      }
    }
    return done
  }

  async schedule(zone: string, poller: string, cursor: string, signal?: AbortSignal): Promise<Delta> {
    if (this.#last === undefined) await this.#firstConnection(signal)
    return this.#anywhere((open) => this.#pull(open, zone, poller, cursor, signal), signal)
  }

  confirmations(zone: string, signal: AbortSignal): AsyncIterable<ConfirmRequest> {
    return this.#topics.subscribe(zone, signal)
  }

  endpoints(): readonly EndpointState[] {
    const preferred = this.#choose(new Set())
    return this.#lines.map((line) => ({ name: line.name, connected: line.open !== undefined, preferred: line === preferred, latency: line.latency, connections: line.connections, problem: line.problem }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('this poller stops'))
    await this.#kept
  }

  /** Tries the endpoints, the preferred one first, until one does it. */
  async #anywhere<T>(ask: (open: Open) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const tried = new Set<Line>()
    let failure: Error | undefined
    for (let line = this.#preferred(tried); line?.open !== undefined; line = this.#preferred(tried)) {
      signal?.throwIfAborted()
      tried.add(line)
      try {
        return await ask(line.open)
      } catch (error) {
        signal?.throwIfAborted()
        line.distrust()
        failure = error instanceof Error ? error : new Error(String(error))
        this.#options.log.debug({ endpoint: line.name, error: failure.message }, 'an endpoint failed; trying another')
      }
    }
    if (failure === undefined) throw new StoreUnavailable(`no endpoint is connected: ${this.#lines.map((line) => `${line.name}: ${line.problem ?? ''}`).join('; ')}`, 'not done')
    throw new StoreUnavailable(`no endpoint did it: ${failure.message}`, 'unknown', { cause: failure })
  }

  #choose(tried: ReadonlySet<Line>): Line | undefined {
    const candidates = this.#lines.filter((line) => line.open !== undefined && !tried.has(line))
    const habit = { name: this.#last, since: this.#options.clock.monotonic() - this.#lastSince }
    const name = prefer(candidates, this.#options.owner, habit, this.#settings)
    return candidates.find((line) => line.name === name)
  }

  #preferred(tried: ReadonlySet<Line>): Line | undefined {
    const line = this.#choose(tried)
    if (line === undefined || line.name === this.#last) return line
    this.#options.log.info({ endpoint: line.name, before: this.#last }, 'sending to this endpoint from now on')
    this.#last = line.name
    this.#lastSince = this.#options.clock.monotonic()
    return line
  }

  async #send({ peer }: Open, { observations, ids, ages }: ReturnType<typeof inParcels>['parcels'][number], live: boolean, signal?: AbortSignal): Promise<readonly string[]> {
    const result = await peer.request(methods.post, { observations, live, ...(ages === undefined ? {} : { ages }) }, this.#settings.postPatience, signal)
    if (!PostResult.Check(result)) throw new Error(`the answer to a post is none: ${problemOf(PostResult, result)}`)
    const { acknowledged, refused = [] } = result
    // What an endpoint will never take must not stand in the way of everything behind it.
    if (refused.length > 0) this.#options.log.error({ observations: refused.length, reason: refused[0]?.reason }, 'an endpoint refuses observations; they are thrown away')
    return [...acknowledged, ...refused.flatMap(({ index }) => ids[index] ?? [])]
  }

  /** A cursor holds for the endpoint that gave it, and for its life; another one is asked from the beginning. */
  async #pull({ peer, endpoint }: Open, zone: string, poller: string, cursor: string, signal: AbortSignal | undefined): Promise<Delta> {
    const [of, own = ''] = cut(cursor)
    const head: unknown = await peer.request(methods.schedule, { zone, poller, cursor: of === endpoint ? own : '' }, this.#settings.schedulePatience, signal)
    if (!ScheduleHead.Check(head)) throw new Error(`the answer is no schedule: ${problemOf(ScheduleHead, head)}`)
    const upserts: ScheduledCheck[] = []
    const removes = [...head.removes]
    for (let page: unknown = head; ;) {
      if (!SchedulePage.Check(page)) throw new Error(`the answer is no page of a schedule: ${problemOf(SchedulePage, page)}`)
      for (const check of page.upserts) upserts.push(scheduledCheck(check))
      removes.push(...page.unopened ?? [])
      if (page.next === null) return { cursor: `${endpoint}/${head.cursor}`, full: head.full, upserts, removes, pollers: head.pollers }
      page = await peer.request(methods.schedule, { page: page.next }, this.#settings.schedulePatience, signal)
    }
  }

  #confirm(request: ConfirmRequest): void {
    const now = this.#options.clock.monotonic()
    for (const [known, at] of this.#confirmed) {
      if (now - at < this.#settings.confirmationMemory) break
      this.#confirmed.delete(known)
    }
    const key = JSON.stringify([request.check, request.slot, request.askedBy, request.trace])
    if (this.#confirmed.has(key)) return
    this.#confirmed.set(key, now)
    this.#topics.publish(this.#options.zone, request)
  }

  #changed(): void {
    if (this.#lines.some((line) => line.open !== undefined)) this.#first.resolve()
  }

  /** A start takes a moment; what is asked before is not turned away at once. */
  async #firstConnection(signal?: AbortSignal): Promise<void> {
    using deadline = this.#options.clock.deadline(this.#settings.firstConnection, signal)
    await Promise.race([this.#first.promise, aborted(deadline.signal)])
  }
}

/** The endpoint's life and its own cursor, out of one of ours. */
function cut(cursor: string): readonly [string, string?] {
  const at = cursor.indexOf('/')
  return at < 0 ? [''] : [cursor.slice(0, at), cursor.slice(at + 1)]
}
