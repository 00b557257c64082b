import { standsUntil } from '../core/consensus/decide.ts'
import { inputsOf, nextStep, type Step } from '../core/consensus/step.ts'
import { voteDepth, zoneView, type ZoneView } from '../core/consensus/vote.ts'
import { timeUuid } from '../core/entities/ids.ts'
import type { AlarmRow, LedgerEntry } from '../core/alarm-row.ts'
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
import { bumpRow, createRow } from './alarm-rows.ts'
import type { Confirm } from './confirm.ts'
import { furnish } from './furnish.ts'
import type { AlarmPlan, CheckPlan, Plans } from './plans.ts'
import { nameOf, Unsettled } from './unsettled.ts'
import { zoneViews } from './zone-views.ts'
import { withoutZonesDown, type ZonesDown } from './zones-down.ts'

export interface DecideDeps {
  readonly plans: Plans
  readonly configuration: ConfigurationRepository
  readonly observations: ObservationStore
  readonly ledger: AlarmLedger
  readonly outbox: Outbox
  readonly confirm: Confirm
  /** makes an entry's deliveries and wakes a notifier; called again by the sweeper if this node dies before */
  readonly enqueueAll: (entry: LedgerEntry) => Promise<void>
  /** which of these silent zones are known to be down themselves; ALL decides without them. Absent: nobody knows */
  readonly zonesDown?: ZonesDown
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly feed: Feed
}

/** A decision older than this on the monotonic clock is thrown away: a process that was stopped must not wake and write. */
const staleAfter = 2000
/** A row that was read so long ago (ms) is read again: a decision from it would soon be thrown away. */
const readKept = staleAfter / 4
/** An alarm is tried so often, and for so long (ms); what is not decided by then is owed. */
const attempts = 8
const patience = 5000

/** What happened to an alarm: 'unchanged' (the usual), 'voted', 'changed'; 'gone' when there is nothing to decide, 'owed' when it was not to be done in time. */
export type Outcome = 'unchanged' | 'voted' | 'changed' | 'gone' | 'owed'
/** `standsUntil`: before that time (ms) silence alone changes nothing. */
export interface Reviewed { readonly outcome: Outcome; readonly standsUntil: number }

/** What a decision is asked for: one zone's observation, or a look at all of them. */
interface Why { readonly zone: string | undefined; readonly trace: string; readonly absence: boolean }

interface Read { readonly row: AlarmRow; readonly readAt: number }
/** An alarm to be decided; its row when it was read already, at `readAt` (monotonic ms), before any of its observations. */
export interface Doubt { readonly plan: AlarmPlan; readonly row: AlarmRow | undefined; readonly readAt: number }

const gone: Reviewed = { outcome: 'gone', standsUntil: Number.POSITIVE_INFINITY }

/** Decides alarms by the protocol of the deciding page: version first, then observations, then one compare-and-set. */
export class Decider {
  readonly #deps: DecideDeps
  readonly #unsettled = new Unsettled()
  /** decisions that could not be made, until they are */
  readonly #owed = new Map<string, { readonly plan: AlarmPlan; readonly why: Why }>()
  #count = 0
  /** for /metrics */
  readonly counts = { evaluations: 0, changes: 0, votes: 0, conflicts: 0, stale: 0, unknownOutcomes: 0 }

  constructor(deps: DecideDeps) {
    this.#deps = deps
  }

  /** how many decisions could not be made yet */
  get owed(): number {
    return this.#owed.size
  }

  /**
   * Which of a check's alarms have to be decided because of what `zone` saw. The usual observation ends here, with one
   * read of each alarm's row and one of its zone.
   */
  async unusual({ check, alarms }: CheckPlan, zone: string): Promise<readonly Doubt[]> {
    if (alarms[0]?.rule.zones.includes(zone) !== true) return []
    const readAt = this.#deps.clock.monotonic()
    const all = await Promise.all(alarms.map(async (plan) => ({ plan, row: await this.#deps.ledger.read(plan.key), readAt })))
    const byRow = all.map(({ plan, row }) => this.#isUsualByRow(plan, row))
    const observations = byRow.includes(undefined) ? await this.#deps.observations.newest(check.id, zone, voteDepth) : []
    return all.filter(({ plan, row }, index) => !(byRow[index] ?? this.#isUsual(plan, row, zone, observations)))
  }

  /** Decides an alarm because of what one of its zones saw. */
  async observed({ plan, row, readAt }: Doubt, zone: string, trace: string): Promise<Outcome> {
    return (await this.#decide(plan, { zone, trace, absence: false }, row && { row, readAt })).outcome
  }

  /** Looks at all zones again; `absence` says that silence may be judged (the caller knows that ingest was healthy). */
  async review(plan: AlarmPlan, trace: string, absence: boolean): Promise<Reviewed> {
    return this.#decide(plan, { zone: undefined, trace, absence })
  }

  /** What the row alone tells: undefined when it takes the zone's observations. */
  #isUsualByRow(plan: AlarmPlan, row: AlarmRow | undefined): boolean | undefined {
    if (row === undefined || row.deleted || row.generation !== plan.generation || this.#unsettled.has(plan.key)) return false
    if (isOff(plan, row)) return true
    // From UNKNOWN a vote that never changed leads back, together with the other zones'.
    return row.state === 'UNKNOWN' ? false : undefined
  }

  #isUsual(plan: AlarmPlan, row: AlarmRow | undefined, zone: string, observations: readonly Observation[]): boolean {
    this.counts.evaluations += 1
    const standing = row?.votes.find((vote) => vote.zone === zone)
    const view = zoneView(zone, observations, standing, plan.criteria, plan.rule)
    if (view.says !== undefined && view.says !== standing?.state) this.#deps.confirm.agreed(plan.check.id, zone, view.says)
    return !view.changed && view.suspicion === undefined && (view.settled || observations.length < voteDepth)
  }

  /** Makes the decisions that the store, or others, did not let us make: the next observation would, but it may be long in coming. */
  async catchUp(): Promise<void> {
    const begun = this.#deps.clock.monotonic()
    for (const { plan, why } of this.#owed.values().toArray()) {
      if (this.#deps.clock.monotonic() - begun > patience) return
      try {
        await this.#decide(plan, why)
      } catch (error) {
        // Without a store the others need not be tried; anything else is this alarm's own trouble.
        if (error instanceof StoreUnavailable) return
        this.#deps.log.error({ alarm: plan.key.alarm, trace: why.trace, error: String(error) }, 'could not decide')
      }
    }
  }

  /** What cannot be decided is owed until a later decision is made. */
  async #decide(plan: AlarmPlan, why: Why, read?: Read): Promise<Reviewed> {
    const name = nameOf(plan.key)
    const owed = this.#owed.get(name)
    // At the end of the queue, so that one which can never be decided stands before no other.
    const owe = () => {
      this.#owed.delete(name)
      this.#owed.set(name, { plan, why: { ...why, absence: false } })
    }
    try {
      const reviewed = await this.#attempts(plan, why, read)
      if (reviewed.outcome === 'owed') owe()
      else if (this.#owed.get(name) === owed) this.#owed.delete(name)
      return reviewed
    } catch (error) {
      owe()
      throw error
    }
  }

  async #attempts(first: AlarmPlan, why: Why, read?: Read): Promise<Reviewed> {
    const { clock, ledger, log } = this.#deps
    const begun = clock.monotonic()
    let plan = first
    let settled: Outcome = 'unchanged'
    for (let attempt = 0; attempt < attempts && clock.monotonic() - begun <= patience; attempt++) {
      const known = attempt === 0 && read !== undefined && clock.monotonic() - read.readAt < readKept ? read : undefined
      const started = known?.readAt ?? clock.monotonic()
      const row = known?.row ?? (await ledger.read(plan.key))
      const late = row && (await this.#unsettled.applied(row, ledger))
      if (late !== undefined) settled = await this.#announce(late)
      if (row === undefined || row.deleted || row.generation > plan.generation) {
        const current = await this.#current(plan, row)
        if (current === undefined) return gone
        plan = current
        continue
      }
      const reviewed = await this.#once(plan, row, why, started)
      if (reviewed !== 'again') return reviewed.outcome === 'unchanged' ? { ...reviewed, outcome: settled } : reviewed
    }
    log.warn({ alarm: first.key.alarm, trace: why.trace }, 'could not decide in time; it is tried again')
    return { outcome: 'owed', standsUntil: Number.NEGATIVE_INFINITY }
  }

  /** The alarm as it is configured now, when its row is missing, buried or ahead of us. Who dies between configuring and making a row leaves it to us. */
  async #current(plan: AlarmPlan, row: AlarmRow | undefined): Promise<AlarmPlan | undefined> {
    await this.#deps.plans.reload(plan.key.tenant, plan.key.entity)
    const current = await this.#deps.plans.alarm(plan.key)
    if (current === undefined || (row !== undefined && row.generation > current.generation)) return undefined
    if (row === undefined || row.deleted) await createRow(this.#deps, current, row)
    return current
  }

  async #once(plan: AlarmPlan, row: AlarmRow, why: Why, started: number): Promise<Reviewed | 'again'> {
    if (isOff(plan, row)) return { outcome: 'unchanged', standsUntil: Number.POSITIVE_INFINITY }
    const views = await zoneViews(this.#deps.observations, plan, row)
    this.#heed(plan, views.find((view) => view.zone === why.zone))
    const inputs = await withoutZonesDown(inputsOf(row, views, plan.rule, this.#deps.clock.now(), why.absence), this.#deps.zonesDown)
    this.#count = (this.#count + 1) % 10_000
    const id = timeUuid(inputs.now, this.#count, this.#deps.random.bytes(10))
    const step = nextStep(row, inputs, { id, decisionId: id, trace: why.trace, generation: plan.generation, criteria: plan.fingerprint })
    const wanted = step.stateChanged || row.generation < plan.generation || views.some((view) => view.changed)
    if (!wanted && !this.#unsettled.has(row.key)) return { outcome: 'unchanged', standsUntil: standsUntil(inputs) }
    const entry = wanted && step.stateChanged ? await this.#prepare(plan, row, step, views) : step.entry
    if (this.#deps.clock.monotonic() - started > staleAfter) {
      this.counts.stale += 1
      return 'again'
    }
    // Nothing may be to change any more; then what is unsettled must not apply either.
    const commit = wanted ? () => this.#deps.ledger.commit(row.version, step.row, entry) : () => bumpRow(this.#deps, row)
    if (!(await this.#apply(row, step, commit)) || !wanted) return 'again'
    return { outcome: await this.#announce(entry), standsUntil: standsUntil(inputs) }
  }

  /** What a zone's observation means to the others. */
  #heed(plan: AlarmPlan, view: ZoneView | undefined): void {
    if (view?.says === undefined) return
    if (view.suspicion !== undefined) this.#deps.confirm.suspect(plan, view.suspicion, view.says)
    if (view.changed) this.#deps.confirm.agreed(plan.check.id, view.zone, view.says)
  }

  /** Before a change of state is written: whom it tells, and the intent by which a sweeper finds it if we die in between. */
  async #prepare(plan: AlarmPlan, row: AlarmRow, step: Step, views: readonly ZoneView[]): Promise<LedgerEntry> {
    const { key, version, at } = step.entry
    const [entry] = await Promise.all([furnish(this.#deps, plan, row, step, views), this.#deps.outbox.intend({ key, version, at })])
    return entry
  }

  /** True when it applied. An unknown outcome is settled by the next attempt: another compare-and-set from the same version. */
  async #apply(row: AlarmRow, step: Step, commit: () => Promise<'applied' | 'conflict'>): Promise<boolean> {
    try {
      const applied = (await commit()) === 'applied'
      if (applied) this.#unsettled.settled(row.key)
      else this.counts.conflicts += 1
      return applied
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || error.outcome !== 'unknown') throw error
      this.counts.unknownOutcomes += 1
      this.#unsettled.add(row, step.row.decisionId)
      return false
    }
  }

  async #announce(entry: LedgerEntry): Promise<Outcome> {
    const { key, version, state, at } = entry
    if (entry.kind !== 'state') {
      this.counts.votes += 1
      return 'voted'
    }
    this.counts.changes += 1
    this.#deps.log.info({ alarm: key.alarm, version, state, was: entry.previousState, reason: entry.reason, trace: entry.trace }, 'alarm changed')
    this.#deps.feed.publish({ kind: 'state', tenant: key.tenant, key, version, state, at })
    try {
      await this.#deps.enqueueAll(entry)
      await this.#deps.outbox.settle({ key, version, at })
    } catch (error) {
      this.#deps.log.warn({ alarm: key.alarm, version, trace: entry.trace, error: String(error) }, 'could not make the deliveries of a change, or could not settle them; the sweeper finds its intent')
    }
    return 'changed'
  }
}

/** A disabled alarm that says so is not evaluated. */
function isOff(plan: AlarmPlan, row: AlarmRow): boolean {
  return plan.rule.disabled && row.state === 'DISABLED' && row.generation === plan.generation
}
