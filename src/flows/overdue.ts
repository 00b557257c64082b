import type { Observation } from '../core/observation.ts'
import type { Clock } from '../contracts/clock.ts'
import type { ConfigurationRepository, ScheduledCheck } from '../contracts/configuration.ts'
import type { ObservationStore } from '../contracts/observation-store.ts'
import type { Ingest, IngestHealth } from './ingest.ts'
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
}

/** How long (ms) ingest must have been healthy before silence is believed. */
const settled = 5000

/**
 * Writes an observation for a heartbeat that did not come: `overdue`, at its deadline, once a period. Its identity follows
 * from the deadline, so any number of sweepers write the same one.
 */
export class OverdueHeartbeats {
  readonly #deps: OverdueDeps
  readonly #heartbeats = new Map<string, ScheduledCheck>()
  #cursor = ''

  constructor(deps: OverdueDeps) {
    this.#deps = deps
  }

  async look(signal: AbortSignal): Promise<void> {
    if (this.#deps.health.healthyFor() < settled) return
    await this.#refresh()
    for (const { tenant, entity, check } of this.#heartbeats.values()) {
      if (signal.aborted) return
      const plan = (await this.#deps.plans.of(tenant, entity.id)).get(check.id)
      if (plan !== undefined && !plan.check.disabled) await this.#judge(tenant, plan)
    }
  }

  async #refresh(): Promise<void> {
    const delta = await this.#deps.configuration.schedule('', this.#cursor)
    if (delta.full) this.#heartbeats.clear()
    for (const id of delta.removes) this.#heartbeats.delete(id)
    for (const one of delta.upserts) if (one.check.type === 'heartbeat') this.#heartbeats.set(one.check.id, one)
    this.#cursor = delta.cursor
  }

  async #judge(tenant: string, plan: CheckPlan): Promise<void> {
    const { check } = plan
    const [newest] = await this.#deps.observations.newest(check.id, 'heartbeat', 1)
    const base = newest === undefined ? check.created_at : newest.kind === 'scheduled' && newest.boot === 'sweeper' ? newest.slot : newest.at
    const grace = typeof check.details.grace === 'number' ? check.details.grace * 1000 : 0
    const allowed = check.period * 1000 + (newest?.boot === 'sweeper' ? 0 : grace)
    const now = this.#deps.clock.now()
    if (now - base <= allowed || (await this.#deps.uptime(base, now)) <= allowed) return
    await this.#deps.ingest.take([overdue(tenant, plan, base + allowed, now)], false)
  }
}

function overdue(tenant: string, { entity, check }: CheckPlan, deadline: number, now: number): Observation {
  return {
    tenant, entity: entity.id, check: check.id, zone: 'heartbeat', slot: deadline, kind: 'scheduled', boot: 'sweeper', sequence: 0,
    at: now, receivedAt: now, available: false, status: `overdue: no heartbeat within ${check.period} s`, metrics: {}, target: null,
    startDelay: 0, lag: 0, stressed: null, trace: `overdue-${check.id}-${deadline}`,
  }
}
