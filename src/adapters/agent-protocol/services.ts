import type { Clock } from '../../contracts/clock.ts'
import type { Log } from '../../contracts/log.ts'
import type { ConfirmRequest, EndpointLink } from '../../contracts/transport.ts'
import { observationId, type Observation } from '../../core/observation.ts'
import type { Access, Hello } from './hello.ts'
import { methods, PageParams, PostParams, problemOf, readObservation, ScheduleParams, SubscribeParams } from './messages.ts'
import { observationOf } from './original.ts'
import { Refused, type Peer } from './peer.ts'
import { SchedulePages, type OpenDetails } from './schedule-pages.ts'
import type { ListenSettings } from './settings.ts'

/** A check as an agent of the original kind gets it. */
export interface AgentCheck { readonly id: string; readonly type: string; readonly details: Readonly<Record<string, unknown>>; readonly period: number; readonly timeout: number; readonly disabled: boolean }

/** What the listening side counts, for /metrics. */
export interface AgentCounts { accepted: number; refused: number; badFrames: number; observations: number; rejected: number; confirmations: number; confirmationsLeftOut: number }

export interface ServiceDeps {
  readonly endpoint: EndpointLink
  readonly open: OpenDetails
  readonly agentChecks: (tenant: string, entity: string) => Promise<readonly AgentCheck[]>
  readonly clock: Clock
  readonly settings: ListenSettings
  readonly counts: AgentCounts
}
export type Known = Exclude<Access, { kind: 'refused' }>
type Params = Readonly<Record<string, unknown>>
interface Schema<T> { Check(value: unknown): value is T; Errors(value: unknown): readonly { readonly instancePath: string; readonly message: string }[] }

/** A subscription that broke begins anew after so long (ms). */
const resubscribe = 1000

/** What one greeted connection may ask for, and what it gets. */
export class Services {
  readonly #deps: ServiceDeps
  readonly #access: Known
  readonly #hello: Hello
  readonly #peer: Peer
  readonly #log: Log
  readonly #subscriptions = new Map<string, Promise<void>>()
  #pages: SchedulePages | undefined
  #schedules = 0
  #sequence = 0

  constructor(deps: ServiceDeps, access: Known, hello: Hello, peer: Peer, log: Log) {
    this.#deps = deps
    this.#access = access
    this.#hello = hello
    this.#peer = peer
    this.#log = log
  }

  /** The result of a request; throws Refused, or whatever the endpoint throws. */
  call(method: string, params: Params): Promise<unknown> {
    switch (method) {
      case methods.post: return this.#post(params)
      case methods.schedule: return this.#schedule(params)
      case methods.subscribe: return this.#subscribe(params)
      case 'check_metrics.post':
      case 'check_metrics.post_multi': return this.#originalPost(params)
      case 'check_schedule.get': return this.#agentSchedule()
      default: throw new Refused({ code: 400, type: 'unknownMethod', message: `the method ${method.slice(0, 64)} is not known here` })
    }
  }

  /** Ends when all subscriptions have, which is when the connection is over. */
  async ended(): Promise<void> {
    await Promise.all(this.#subscriptions.values())
  }

  async #post(params: Params): Promise<object> {
    const { observations: items, live, ages } = fitting(PostParams, params)
    const read = items.map((item) => this.#ours(item))
    const observations = read.filter((item) => typeof item !== 'string')
    const agesOfOurs = ages?.filter((_, index) => typeof read[index] !== 'string')
    const acknowledged = observations.length === 0 ? [] : await this.#deps.endpoint.post(observations, live, this.#peer.gone, agesOfOurs)
    const refused = read.flatMap((item, index) => (typeof item === 'string' ? [{ index, reason: item }] : []))
    this.#deps.counts.observations += observations.length
    this.#deps.counts.rejected += refused.length
    return { acknowledged, ...(refused.length > 0 ? { refused } : {}) }
  }

  /** An observation that this connection may report, or why it may not. */
  #ours(item: unknown): Observation | string {
    const observation = readObservation(item)
    if (typeof observation === 'string' || this.#access.kind === 'agent') return typeof observation === 'string' ? observation : 'an agent serves no zone'
    const { zones, tenant } = this.#access
    if (!zones.includes(observation.zone)) return `this connection does not serve zone ${observation.zone}`
    if (tenant !== null && observation.tenant !== tenant) return `zone ${observation.zone} is of another account`
    return observation
  }

  async #schedule(params: Params): Promise<object> {
    if (PageParams.Check(params)) return this.#nextPage(params.page)
    const { zone, poller, cursor } = fitting(ScheduleParams, params)
    const tenant = this.#mustServe(zone)
    const delta = await this.#deps.endpoint.schedule(zone, poller, cursor)
    this.#schedules += 1
    this.#pages = new SchedulePages(this.#schedules, delta, { tenant, open: this.#deps.open, size: this.#deps.settings.page, log: this.#log })
    return this.#pages.first()
  }

  #nextPage(token: string): object {
    const page = this.#pages?.page(token)
    if (page === undefined) throw new Refused({ code: 400, type: 'unknownPage', message: 'this page is of no schedule that was asked for last; ask from the beginning' })
    return page
  }

  async #subscribe(params: Params): Promise<object> {
    const { zone } = fitting(SubscribeParams, params)
    this.#mustServe(zone)
    if (!this.#subscriptions.has(zone)) this.#subscriptions.set(zone, this.#follow(zone))
    return {}
  }

  async #follow(zone: string): Promise<void> {
    const { endpoint, clock } = this.#deps
    const { gone } = this.#peer
    while (!gone.aborted) {
      try {
        for await (const request of endpoint.confirmations(zone, gone)) this.#confirm(zone, request)
      } catch (error) {
        if (!gone.aborted) this.#log.warn({ zone, error: String(error) }, 'lost the way on which confirmations come')
      }
      using pause = clock.deadline(resubscribe, gone)
      await aborted(pause.signal)
    }
  }

  /** Losing one is harmless, holding up everything else is not. */
  #confirm(zone: string, request: ConfirmRequest): void {
    const { counts, settings } = this.#deps
    if (this.#peer.gone.aborted) return
    if (this.#peer.unsent > settings.mostUnsentForConfirmations) {
      counts.confirmationsLeftOut += 1
      return
    }
    counts.confirmations += 1
    this.#peer.tell(methods.confirm, { zone, ...request })
  }

  async #originalPost(params: Params): Promise<object> {
    this.#sequence += 1
    const { guid } = this.#hello
    const observation = observationOf(params, { access: this.#access, guid, sequence: this.#sequence, trace: `${guid.slice(0, 64)}-${this.#sequence}` })
    await this.#deps.endpoint.post([observation], true, this.#peer.gone)
    this.#deps.counts.observations += 1
    this.#log.debug({ id: observationId(observation) }, 'took metrics of the original kind')
    return {}
  }

  async #agentSchedule(): Promise<object> {
    if (this.#access.kind !== 'agent' || this.#access.entity === null) return { checks: [] }
    const checks = await this.#deps.agentChecks(this.#access.tenant, this.#access.entity)
    // Agents ignore `disabled`, so what is disabled must not be there.
    return { checks: checks.filter((check) => !check.disabled).flatMap((check) => this.#opened(check)) }
  }

  #opened(check: AgentCheck): readonly AgentCheck[] {
    try {
      return [{ ...check, details: this.#deps.open(check.details) }]
    } catch (error) {
      this.#log.error({ check: check.id, error: String(error) }, 'the secrets of a check cannot be opened; no agent gets it')
      return []
    }
  }

  /** The tenant whose checks this connection may see in a zone; null: everybody's. */
  #mustServe(zone: string): string | null {
    if (this.#access.kind === 'poller' && this.#access.zones.includes(zone)) return this.#access.tenant
    throw new Refused({ code: 403, type: 'forbidden', message: `this connection does not serve zone ${zone.slice(0, 64)}` })
  }
}

function fitting<T>(schema: Schema<T>, params: unknown): T {
  if (schema.Check(params)) return params
  throw new Refused({ code: 400, type: 'badRequest', message: problemOf(schema, params) })
}

/** Ends when the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
}
