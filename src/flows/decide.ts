import { decide } from '../core/consensus/decide.ts'
import { freeze, listFor, nextStep, withNotifications, type Step } from '../core/consensus/step.ts'
import { voteDepth, zoneView, type ZoneView } from '../core/consensus/vote.ts'
import type { AlarmRow, DecisionInputs, LedgerEntry, Vote } from '../core/alarm-row.ts'
import type { Notification } from '../core/entities/resources.ts'
import { timeUuid } from '../core/entities/ids.ts'
import type { Observation } from '../core/observation.ts'
import type { AlarmLedger } from '../contracts/alarm-ledger.ts'
import type { Clock } from '../contracts/clock.ts'
import type { ConfigurationRepository } from '../contracts/configuration.ts'
import { StoreUnavailable } from '../contracts/errors.ts'
import type { Feed } from '../contracts/feed.ts'
import type { Log } from '../contracts/log.ts'
import type { ObservationStore } from '../contracts/observation-store.ts'
import type { Outbox } from '../contracts/outbox.ts'
import type { Random } from '../contracts/random.ts'
import type { Confirm } from './confirm.ts'
import type { AlarmPlan, Plans } from './plans.ts'

export interface DecideDeps {
  readonly plans: Plans
  readonly configuration: ConfigurationRepository
  readonly observations: ObservationStore
  readonly ledger: AlarmLedger
  readonly outbox: Outbox
  readonly confirm: Confirm
  /** makes an entry's deliveries and wakes a notifier; called again by the sweeper if this node dies before */
  readonly enqueueAll: (entry: LedgerEntry) => Promise<void>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly feed: Feed
}

/** A decision older than this on the monotonic clock is thrown away: a process that was stopped must not wake and write. */
const staleAfter = 2000
const attempts = 8

/** What happened to an alarm: 'unchanged' (the usual), 'voted', 'changed', or 'gone' when there is nothing to decide. */
export type Outcome = 'unchanged' | 'voted' | 'changed' | 'gone'

/** Decides alarms by the protocol of the deciding page: version first, then observations, then one compare-and-set. */
export class Decider {
  readonly #deps: DecideDeps
  #count = 0
  /** for /metrics */
  readonly counts = { evaluations: 0, changes: 0, votes: 0, conflicts: 0, stale: 0, unknownOutcomes: 0 }

  constructor(deps: DecideDeps) {
    this.#deps = deps
  }

  /** A zone has a new observation: its vote is computed, and only a changed vote reads the other zones. */
  async observed(plan: AlarmPlan, zone: string, trace: string): Promise<Outcome> {
    return this.#decide(plan, { zone, trace, absence: false })
  }

  /** Looks at all zones again; `absence` says that silence may be judged (the caller knows that ingest was healthy). */
  async review(plan: AlarmPlan, trace: string, absence: boolean): Promise<Outcome> {
    return this.#decide(plan, { zone: undefined, trace, absence })
  }

  async #decide(first: AlarmPlan, why: { zone: string | undefined; trace: string; absence: boolean }): Promise<Outcome> {
    let plan: AlarmPlan | undefined = first
    for (let attempt = 0; attempt < attempts; attempt++) {
      const started = this.#deps.clock.monotonic()
      const row = await this.#deps.ledger.read(plan.key)
      if (row === undefined || row.deleted) return 'gone'
      if (row.generation > plan.generation) {
        plan = await this.#reload(plan)
        if (plan === undefined || row.generation > plan.generation) return 'gone'
        continue
      }
      const outcome = await this.#once(plan, row, why, started)
      if (outcome !== 'again') return outcome
    }
    this.#deps.log.warn({ alarm: first.key.alarm, trace: why.trace }, 'gave up deciding after repeated conflicts; the next observation decides')
    return 'unchanged'
  }

  async #reload(plan: AlarmPlan): Promise<AlarmPlan | undefined> {
    const { tenant, entity, alarm } = plan.key
    const checks = await this.#deps.plans.reload(tenant, entity)
    return [...checks.values()].flatMap((check) => check.alarms).find((candidate) => candidate.key.alarm === alarm)
  }

  async #once(plan: AlarmPlan, row: AlarmRow, why: { zone: string | undefined; trace: string; absence: boolean }, started: number): Promise<Outcome | 'again'> {
    const standing = standingVotes(row, plan)
    const adopts = row.generation < plan.generation
    if (why.zone !== undefined && !adopts) {
      this.counts.evaluations += 1
      const view = await this.#view(plan, why.zone, standing)
      if (view.suspicion !== undefined) this.#deps.confirm.suspect(plan, view.suspicion)
      if (!view.changed) return 'unchanged'
      this.#deps.confirm.agreed(plan.check.id)
    }
    const views = await this.#allViews(plan, standing)
    const votes = views.flatMap((view) => view.vote ?? [])
    const inputs: DecisionInputs = { previous: { state: row.state, lastKnown: row.lastKnown }, votes, rule: plan.rule, now: this.#deps.clock.now() }
    const decision = decide(inputs)
    const step = nextStep(row, inputs, decision, this.#facts(plan, inputs.now, why))
    if (!adopts && !step.stateChanged && !views.some((view) => view.changed)) return 'unchanged'
    if (this.#deps.clock.monotonic() - started > staleAfter) {
      this.counts.stale += 1
      return 'again'
    }
    return this.#commit(plan, row, step, views)
  }

  #facts(plan: AlarmPlan, now: number, why: { trace: string; absence: boolean }) {
    this.#count = (this.#count + 1) % 10_000
    const id = timeUuid(now, this.#count, this.#deps.random.bytes(10))
    return { id, decisionId: id, trace: why.trace, generation: plan.generation, criteria: plan.fingerprint, absence: why.absence }
  }

  async #view(plan: AlarmPlan, zone: string, standing: ReadonlyMap<string, Vote>): Promise<ZoneView> {
    const rows = await this.#deps.observations.newest(plan.check.id, zone, voteDepth)
    return zoneView(zone, rows, standing.get(zone), plan.criteria, plan.rule)
  }

  async #allViews(plan: AlarmPlan, standing: ReadonlyMap<string, Vote>): Promise<readonly ZoneView[]> {
    return Promise.all(plan.rule.zones.map((zone) => this.#view(plan, zone, standing)))
  }

  async #commit(plan: AlarmPlan, row: AlarmRow, step: Step, views: readonly ZoneView[]): Promise<Outcome | 'again'> {
    const entry = step.stateChanged ? await this.#furnish(plan, row, step, views) : step.entry
    if (step.stateChanged) await this.#deps.outbox.intend({ key: row.key, version: step.row.version, at: entry.at })
    if (await this.#settle(row.version, step.row, entry) === 'conflict') {
      this.counts.conflicts += 1
      return 'again'
    }
    if (!step.stateChanged) {
      this.counts.votes += 1
      return 'voted'
    }
    this.counts.changes += 1
    await this.#announce(entry)
    return 'changed'
  }

  /** An unknown outcome is settled by another compare-and-set from the same version with the same decision id. */
  async #settle(expected: number, next: AlarmRow, entry: LedgerEntry): Promise<'applied' | 'conflict'> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#deps.ledger.commit(expected, next, entry)
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || error.outcome !== 'unknown' || attempt === attempts) throw error
        this.counts.unknownOutcomes += 1
      }
    }
  }

  async #announce(entry: LedgerEntry): Promise<void> {
    const { key, version, state, at } = entry
    this.#deps.log.info({ alarm: key.alarm, version, state, was: entry.previousState, reason: entry.reason, trace: entry.trace }, 'alarm changed')
    await this.#deps.enqueueAll(entry)
    await this.#deps.outbox.settle({ key, version, at })
    this.#deps.feed.publish({ kind: 'state', tenant: key.tenant, key, version, state, at })
  }

  /** What a change shows and whom it tells, frozen in its compare-and-set. */
  async #furnish(plan: AlarmPlan, row: AlarmRow, step: Step, views: readonly ZoneView[]): Promise<LedgerEntry> {
    const { tenant } = plan.key
    const { entity, check, alarm } = plan
    const observation = views.find((view) => view.zone === step.entry.zone)?.newest ?? newestOf(views)
    const stored = await this.#deps.configuration.get('notificationPlan', { tenant }, alarm.notification_plan_id)
    const list = stored === undefined ? [] : listFor(stored.value, row.state, row.lastKnown, step.row.state)
    const suppressions = await this.#suppressions(plan, step.entry.at)
    return withNotifications(step.entry, { entity, check, alarm, observation: observation ?? null }, alarm.notification_plan_id, freeze(list, await this.#notifications(tenant, list)), suppressions)
  }

  async #notifications(tenant: string, list: readonly string[]): Promise<ReadonlyMap<string, Notification>> {
    const found = await Promise.all(list.map((id) => this.#deps.configuration.get('notification', { tenant }, id)))
    return new Map(found.flatMap((stored) => (stored === undefined ? [] : [[stored.id, stored.value] as const])))
  }

  /** Ids of the suppressions that hold this alarm's notifications back now (reference, section 21). */
  async #suppressions({ key, check, alarm }: AlarmPlan, now: number): Promise<readonly string[]> {
    const page = await this.#deps.configuration.list('suppression', { tenant: key.tenant }, { limit: 1000 })
    return page.values.map((stored) => stored.value).filter((one) => {
      if (one.start_time > now || one.end_time <= now) return false
      const plans = one.notification_plans.includes(alarm.notification_plan_id)
      const scoped = one.entities.length + one.checks.length + one.alarms.length > 0
      const inScope = one.entities.includes(key.entity) || one.checks.includes(`${key.entity}:${check.id}`) || one.alarms.includes(`${key.entity}:${key.alarm}`)
      return scoped ? inScope && (one.notification_plans.length === 0 || plans) : plans
    }).map((one) => one.id)
  }
}

function newestOf(views: readonly ZoneView[]): Observation | undefined {
  return views.flatMap((view) => view.newest ?? []).toSorted((a, b) => b.at - a.at)[0]
}

/** The votes that still mean something under this configuration: all of them go when the criteria changed. */
function standingVotes(row: AlarmRow, plan: AlarmPlan): ReadonlyMap<string, Vote> {
  if (row.criteria !== plan.fingerprint) return new Map()
  return new Map(row.votes.filter((vote) => plan.rule.zones.includes(vote.zone)).map((vote) => [vote.zone, vote]))
}

/** The first row of an alarm: nothing is known. */
export function firstRow(plan: AlarmPlan, decisionId: string, now: number, version: number): AlarmRow {
  return {
    key: plan.key, check: plan.check.id, version, state: plan.rule.disabled ? 'DISABLED' : 'UNKNOWN', lastKnown: null, status: '', zone: null,
    reason: plan.rule.disabled ? 'the alarm or its check is disabled' : 'never evaluated', votes: [], generation: plan.generation,
    criteria: plan.fingerprint, decisionId, changedAt: now, changelogId: null, deleted: false,
  }
}

