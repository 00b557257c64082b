import { observationId, type Observation } from '../core/observation.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Feed } from '../contracts/feed.ts'
import type { Log } from '../contracts/log.ts'
import type { ObservationStore } from '../contracts/observation-store.ts'
import type { Confirm } from './confirm.ts'
import type { Decider } from './decide.ts'
import type { CheckPlan, Plans } from './plans.ts'

/** A live frame whose clock differs more than this (ms) is taken at the time of its arrival (deciding, section 6). */
const clockTolerance = 5000

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

/** An observation of a check that is there. */
interface Known { readonly observation: Observation; readonly plan: CheckPlan }

/** Since when ingest has worked without a break, on the monotonic clock: silence is judged only after a healthy while. */
export class IngestHealth {
  readonly #clock: Clock
  #healthySince: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#healthySince = clock.monotonic()
  }

  failed(): void {
    this.#healthySince = this.#clock.monotonic()
  }

  /** ms since the last failure, or since the start */
  healthyFor(): number {
    return this.#clock.monotonic() - this.#healthySince
  }
}

/** Takes observations in: durable first, acknowledged then, decided right after. */
export class Ingest {
  readonly #deps: IngestDeps
  /** for /metrics */
  readonly counts = { stored: 0, discarded: 0, clockOff: 0, failed: 0 }

  constructor(deps: IngestDeps) {
    this.#deps = deps
  }

  /**
   * Resolves with the identities that may leave the sender's spool: stored ones, and those of unknown or deleted checks,
   * which are discarded so that they do not block it. Rejects with StoreUnavailable when nothing can be promised.
   */
  async take(observations: readonly Observation[], live: boolean): Promise<readonly string[]> {
    const receivedAt = this.#deps.clock.now()
    const known: Known[] = []
    for (const observation of observations) {
      const plan = (await this.#deps.plans.of(observation.tenant, observation.entity)).get(observation.check)
      if (plan === undefined) this.counts.discarded += 1
      else known.push({ observation: this.#stamp(observation, receivedAt, live), plan })
    }
    await this.#store(known.map((item) => item.observation))
    await this.#decide(known)
    return observations.map(observationId)
  }

  #stamp(observation: Observation, receivedAt: number, live: boolean): Observation {
    if (!live || Math.abs(receivedAt - observation.at) <= clockTolerance + observation.startDelay) return { ...observation, receivedAt }
    this.counts.clockOff += 1
    return { ...observation, receivedAt, at: receivedAt }
  }

  async #store(observations: readonly Observation[]): Promise<void> {
    if (observations.length === 0) return
    try {
      await this.#deps.observations.append(observations)
      this.counts.stored += observations.length
    } catch (error) {
      this.counts.failed += observations.length
      this.#deps.health.failed()
      throw error
    }
  }

  /** Checks are decided side by side, so that a thousand that turn at once share their commits; each in its own order. */
  async #decide(known: readonly Known[]): Promise<void> {
    const checks = Map.groupBy(known, ({ observation }) => observation.check)
    await Promise.all([...checks.values()].map((seen) => this.#decideCheck(seen)))
  }

  async #decideCheck(seen: readonly Known[]): Promise<void> {
    for (const { observation, plan } of seen) {
      const { tenant, entity, check, zone, at, available, status, trace } = observation
      this.#deps.confirm.seen(zone, check)
      for (const alarm of plan.alarms) await this.#observed(alarm, zone, trace)
      this.#deps.feed.publish({ kind: 'observation', tenant, entity, check, zone, at, available, status })
    }
  }

  /** The observation is stored whatever happens here; the next one, or the sweeper, decides again. */
  async #observed(alarm: CheckPlan['alarms'][number], zone: string, trace: string): Promise<void> {
    try {
      await this.#deps.decider.observed(alarm, zone, trace)
    } catch (error) {
      this.#deps.health.failed()
      this.#deps.log.error({ alarm: alarm.key.alarm, zone, trace, error: String(error) }, 'could not decide')
    }
  }
}
