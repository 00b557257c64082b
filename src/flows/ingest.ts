import PQueue from 'p-queue'
import { observationId, type Observation } from '../core/observation.ts'
import { Window } from '../core/window.ts'
import type { Clock } from '../contracts/clock.ts'
import { StoreUnavailable } from '../contracts/errors.ts'
import type { Feed } from '../contracts/feed.ts'
import type { Log } from '../contracts/log.ts'
import type { ObservationStore } from '../contracts/observation-store.ts'
import type { Confirm } from './confirm.ts'
import type { Decider, Doubt } from './decide.ts'
import type { IngestHealth } from './ingest-health.ts'
import type { CheckPlan, Plans } from './plans.ts'

export { IngestHealth } from './ingest-health.ts'

/** A clock that differs more than this (ms) from ours is not believed (deciding, section 6). */
const clockTolerance = 5000
/** A clock that is behind is so by as much all the time: after this long (ms) it is known, and before it may be a message that was long on its way. */
const clockKnownAfter = 10_000
/** Checks that are decided at once: a slow decision delays few others, and a store that is slow is asked less: what takes longer than a decision lasts is done in vain. */
const parallel = { first: 16, least: 2, most: 32, step: 2, aim: 1000 }
/** An acknowledgement waits this long (ms) for decisions; a store that is slow to decide does not fill the pollers' disks. */
const patience = 1000

export interface IngestDeps {
  readonly plans: Plans
  readonly observations: ObservationStore
  readonly decider: Decider
  readonly confirm: Confirm
  readonly health: IngestHealth
  readonly clock: Clock
  readonly feed: Feed
  readonly log: Log
}

/** How an observation came: just made, or out of a spool; `age`: ms since it was made, by its poller's monotonic clock. */
interface Arrival { readonly observation: Observation; readonly live: boolean; readonly age: number | null }
interface Known { readonly observation: Observation; readonly plan: CheckPlan }

/** Takes observations in: durable first, acknowledged then, decided right after. */
export class Ingest {
  readonly #deps: IngestDeps
  readonly #deciding = new PQueue({ concurrency: parallel.first })
  readonly #window = new Window(parallel)
  /** check and zone → its decision that waits and has not begun: another observation meanwhile needs no other */
  readonly #waiting = new Map<string, Promise<void>>()
  readonly #heard = new Map<string, number>()
  readonly #wrongClocks = new Set<string>()
  /** by poller process: by how much (ms) its observations come too late, and since when they come so */
  readonly #behind = new Map<string, { readonly by: number; readonly since: number }>()
  /** for /metrics */
  readonly counts = { stored: 0, discarded: 0, clockOff: 0, failed: 0 }

  constructor(deps: IngestDeps) {
    this.#deps = deps
  }

  /**
   * Resolves with the identities that may leave the sender's spool: stored ones, and those of unknown or deleted checks,
   * which are discarded so that they do not block it. Rejects with StoreUnavailable when nothing can be promised.
   * `live: false`: they come out of a spool, and `ages` says how old each is.
   */
  async take(observations: readonly Observation[], live: boolean, ages: readonly (number | null)[] = []): Promise<readonly string[]> {
    const known = await this.#durable(observations.map((observation, index) => ({ observation, live, age: ages[index] ?? null })))
    for (const { observation: { tenant, entity, check, zone, at, available, status } } of known) this.#deps.feed.publish({ kind: 'observation', tenant, entity, check, zone, at, available, status })
    // A spool brings many of one check and zone at once: they are one decision.
    const last = new Map(known.map((item) => [nameOf(item.observation), item]))
    await this.#patiently(Promise.all([...last].map(([name, item]) => this.#waiting.get(name) ?? this.#decideInTurn(name, item))))
    return observations.map(observationId)
  }

  /** Resolves when everything that was taken in is decided. */
  async settled(): Promise<void> {
    await this.#deciding.onIdle()
  }

  /** ms since anything was last heard from a zone on this node; undefined when nothing ever was. */
  silentFor(zone: string): number | undefined {
    const at = this.#heard.get(zone)
    return at === undefined ? undefined : this.#deps.clock.monotonic() - at
  }

  /** Stores what belongs to a check that exists. */
  async #durable(arrivals: readonly Arrival[]): Promise<readonly Known[]> {
    try {
      const receivedAt = this.#deps.clock.now()
      const known = await this.#known(arrivals, receivedAt)
      if (known.length > 0) await this.#deps.observations.append(known.map((item) => item.observation))
      this.counts.stored += known.length
      this.counts.discarded += arrivals.length - known.length
      return known
    } catch (error) {
      this.counts.failed += arrivals.length
      this.#deps.health.failed()
      throw error
    }
  }

  async #known(arrivals: readonly Arrival[], receivedAt: number): Promise<readonly Known[]> {
    const looked = new Set<string>()
    const known: Known[] = []
    for (const arrival of arrivals) {
      const plan = await this.#plan(arrival.observation, looked)
      if (plan !== undefined) known.push({ observation: this.#stamp(arrival, plan, receivedAt), plan })
    }
    return known
  }

  /** The check's plan. Before a check counts as unknown its entity is read anew, once a batch: it may just have been made on another node. */
  async #plan({ tenant, entity, check }: Observation, looked: Set<string>): Promise<CheckPlan | undefined> {
    const plan = (await this.#deps.plans.of(tenant, entity)).get(check)
    const name = `${tenant}/${entity}`
    if (plan !== undefined || looked.has(name)) return plan
    looked.add(name)
    return (await this.#deps.plans.reload(tenant, entity)).get(check)
  }

  /** When it was made, by our clock: as it says, unless its own clock is off. */
  #stamp({ observation, live, age }: Arrival, { check }: CheckPlan, receivedAt: number): Observation {
    const { at, zone } = observation
    // A live one was made as long ago as its probe may have taken; of a spooled one the poller counted the time, unless it died meanwhile.
    const earliest = live ? receivedAt - check.timeout * 1000 : age === null ? Number.NEGATIVE_INFINITY : Math.round(receivedAt - age)
    const latest = live || age === null ? receivedAt : earliest
    if (at >= earliest - clockTolerance && at <= latest + clockTolerance) {
      this.#wrongClocks.delete(zone)
      this.#behind.delete(observation.boot)
      return { ...observation, receivedAt }
    }
    // What lay in the socket of a process that stood still is as old as it says: at its arrival it would pass for what the zone sees now.
    if (at < earliest && !this.#isBehind(observation.boot, latest - at, receivedAt)) return { ...observation, receivedAt }
    this.#noteClock(zone, at - latest)
    const stressed = live || age !== null ? observation.stressed : 'made at an unknown time, by a clock that was ahead'
    return { ...observation, receivedAt, at: latest, stressed }
  }

  /** Whether a poller process that seems to be late by so much (ms) is known to be so always: then it is its clock. */
  #isBehind(boot: string, by: number, receivedAt: number): boolean {
    const known = this.#behind.get(boot)
    const steady = known !== undefined && Math.abs(known.by - by) <= clockTolerance
    if (!steady) this.#behind.set(boot, { by, since: receivedAt })
    return steady && receivedAt - known.since >= clockKnownAfter
  }

  #noteClock(zone: string, difference: number): void {
    this.counts.clockOff += 1
    if (this.#wrongClocks.has(zone)) return
    this.#wrongClocks.add(zone)
    this.#deps.log.warn({ zone, difference }, 'the clock of a poller of this zone is off; its observations are taken at the time of their arrival')
  }

  #decideInTurn(name: string, item: Known): Promise<void> {
    let begun = false
    const decision = this.#deciding.add(async () => {
      begun = true
      this.#waiting.delete(name)
      const startedAt = this.#deps.clock.monotonic()
      await this.#decide(item)
      this.#window.took(1, startedAt, this.#deps.clock.monotonic())
      this.#deciding.concurrency = this.#window.size
    })
    if (!begun) this.#waiting.set(name, decision)
    return decision
  }

  /** The newest observations decide, whichever of them came now. */
  async #decide({ observation: { zone, check, trace }, plan }: Known): Promise<void> {
    this.#deps.confirm.seen(zone, check)
    this.#heard.set(zone, this.#deps.clock.monotonic())
    for (const doubt of await this.#unusual(plan, zone)) await this.#observed(doubt, zone, trace)
  }

  async #patiently(work: Promise<unknown>): Promise<void> {
    using deadline = this.#deps.clock.deadline(patience)
    const { promise, resolve } = Promise.withResolvers<void>()
    deadline.signal.addEventListener('abort', () => resolve(), { once: true })
    await Promise.race([work, promise])
  }

  /** When rows cannot be read all alarms are left to the careful way, which remembers what it could not decide. */
  async #unusual(plan: CheckPlan, zone: string): Promise<readonly Doubt[]> {
    try {
      return await this.#deps.decider.unusual(plan, zone)
    } catch {
      return plan.alarms.map((alarm) => ({ plan: alarm, row: undefined, readAt: this.#deps.clock.monotonic() }))
    }
  }

  /** The observation is stored whatever happens here; the decider owes a decision until it is made. */
  async #observed(doubt: Doubt, zone: string, trace: string): Promise<void> {
    try {
      await this.#deps.decider.observed(doubt, zone, trace)
    } catch (error) {
      if (error instanceof StoreUnavailable) this.#deps.health.failed()
      this.#deps.log.error({ alarm: doubt.plan.key.alarm, zone, trace, error: String(error) }, 'could not decide')
    }
  }
}

const nameOf = ({ tenant, entity, check, zone }: Observation) => `${tenant}/${entity}/${check}/${zone}`
