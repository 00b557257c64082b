import type { Observation } from '../core/observation.ts'
import type { Check } from '../core/entities/resources.ts'
import type { Clock } from '../contracts/clock.ts'
import type { ConfigurationRepository, ScheduledCheck } from '../contracts/configuration.ts'
import type { Log } from '../contracts/log.ts'
import type { ObservationStore } from '../contracts/observation-store.ts'
import type { Ingest } from './ingest.ts'
import type { IngestHealth } from './ingest-health.ts'
import type { CheckPlan, Plans } from './plans.ts'

export interface OverdueDeps {
  readonly plans: Plans
  readonly configuration: ConfigurationRepository
  readonly observations: ObservationStore
  readonly ingest: Ingest
  readonly health: IngestHealth
  /** ms of [from, to) in which ingest was up somewhere: our own outage makes no job overdue */
  readonly uptime: (from: number, to: number) => Promise<number>
  readonly clock: Clock
  readonly log?: Log
}

/** How long (ms) ingest must have been healthy before silence is believed. */
const settled = 5000
/** A heartbeat that could not be judged is left alone for so long (ms). */
const restAfterFailure = 30_000
const boot = 'sweeper'

interface Heartbeat { readonly what: ScheduledCheck; /** it cannot be overdue before this time (monotonic ms) */ notBefore: number }

/**
 * Writes an observation for a heartbeat that did not come: `overdue`, at its deadline, once a period. Its identity follows
 * from the deadline, so any number of sweepers write the same one.
 */
export class OverdueHeartbeats {
  readonly #deps: OverdueDeps
  readonly #heartbeats = new Map<string, Heartbeat>()
  #cursor = ''

  constructor(deps: OverdueDeps) {
    this.#deps = deps
  }

  /** Those whose entities are `ours`. */
  async look(signal: AbortSignal, ours: (tenant: string, entity: string) => boolean = () => true): Promise<void> {
    if (this.#deps.health.healthyFor() < settled) return
    await this.#refresh()
    for (const heartbeat of this.#heartbeats.values()) {
      if (signal.aborted) return
      const now = this.#deps.clock.monotonic()
      const { tenant, entity } = heartbeat.what
      if (now >= heartbeat.notBefore && ours(tenant, entity.id)) heartbeat.notBefore = now + (await this.#rest(heartbeat.what))
    }
  }

  async #refresh(): Promise<void> {
    const delta = await this.#deps.configuration.schedule('', this.#cursor)
    if (delta.full) this.#heartbeats.clear()
    for (const id of delta.removes) this.#heartbeats.delete(id)
    for (const what of delta.upserts) if (what.check.type === 'heartbeat') this.#heartbeats.set(what.check.id, { what, notBefore: Number.NEGATIVE_INFINITY })
    this.#cursor = delta.cursor
  }

  /** For how long (ms) it need not be looked at again. */
  async #rest({ tenant, entity, check }: ScheduledCheck): Promise<number> {
    try {
      const plan = (await this.#deps.plans.of(tenant, entity.id)).get(check.id)
      return plan === undefined || plan.check.disabled ? 0 : await this.#judge(tenant, plan)
    } catch (error) {
      this.#deps.log?.warn({ check: check.id, error: String(error) }, 'could not tell whether a heartbeat is overdue; it is tried again')
      return restAfterFailure
    }
  }

  async #judge(tenant: string, plan: CheckPlan): Promise<number> {
    const { check } = plan
    const [newest] = await this.#deps.observations.newest(check.id, 'heartbeat', 1)
    const { base, allowed } = expectation(check, newest)
    const now = this.#deps.clock.now()
    if (now - base <= allowed) return base + allowed - now
    const up = await this.#deps.uptime(base, now)
    if (up <= allowed) return allowed - up
    // The moment at which the time allowed was used up: a report that comes right now is newer, and wins.
    await this.#deps.ingest.take([overdue(tenant, plan, base + allowed, Math.min(now, now - (up - allowed)))], false)
    return 0
  }
}

/** From when a report is waited for, and for how long (ms). */
function expectation(check: Check, newest: Observation | undefined): { readonly base: number; readonly allowed: number } {
  const grace = typeof check.details.grace === 'number' ? check.details.grace * 1000 : 0
  const allowed = check.period * 1000 + (newest?.boot === boot ? 0 : grace)
  const base = newest === undefined ? check.created_at : newest.boot === boot ? newest.slot : newest.at
  // What was due before the check was last configured, and is not marked, was not waited for then: it was off, or had another period.
  return base + allowed < check.updated_at ? { base: check.updated_at, allowed } : { base, allowed }
}

function overdue(tenant: string, { entity, check }: CheckPlan, deadline: number, at: number): Observation {
  return {
    tenant, entity: entity.id, check: check.id, zone: 'heartbeat', slot: deadline, kind: 'scheduled', boot, sequence: 0,
    at, receivedAt: at, available: false, status: `overdue: no heartbeat within ${check.period} s`, metrics: {}, target: null,
    startDelay: 0, lag: 0, stressed: null, trace: `overdue-${check.id}-${deadline}`,
  }
}
