import { decide, silentZones, standsUntil } from '../core/consensus/decide.ts'
import { inputsOf, nextStep, type Step } from '../core/consensus/step.ts'
import { deepVoteDepth, voteDepth, zoneView, type ZoneView } from '../core/consensus/vote.ts'
import { timeUuid } from '../core/entities/ids.ts'
import type { AlarmKey, AlarmRow, DecisionInputs, LedgerEntry, Vote } from '../core/alarm-row.ts'
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
  readonly zonesDown?: (silent: readonly string[]) => Promise<readonly string[]>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly feed: Feed
}

/** A decision older than this on the monotonic clock is thrown away: a process that was stopped must not wake and write. */
const staleAfter = 2000
/** An alarm is tried so often, and for so long (ms); what is not decided by then is owed. */
const attempts = 8
const patience = 5000

/** What happened to an alarm: 'unchanged' (the usual), 'voted', 'changed'; 'gone' when there is nothing to decide, 'owed' when it was not to be done in time. */
export type Outcome = 'unchanged' | 'voted' | 'changed' | 'gone' | 'owed'
/** `standsUntil`: before that time (ms) silence alone changes nothing. */
export interface Reviewed { readonly outcome: Outcome; readonly standsUntil: number }

/** What a decision is asked for: one zone's observation, or a look at all of them. */
interface Why { readonly zone: string | undefined; readonly trace: string; readonly absence: boolean }
/** Compare-and-sets from version `expected` whose outcome nobody knows: they may apply at any time until another one does. */
interface Parked { readonly expected: number; readonly decisions: Set<string> }

const gone: Reviewed = { outcome: 'gone', standsUntil: Number.POSITIVE_INFINITY }

/** Decides alarms by the protocol of the deciding page: version first, then observations, then one compare-and-set. */
export class Decider {
  readonly #deps: DecideDeps
  readonly #parked = new Map<string, Parked>()
  /** decisions that could not be made, until they are */
  readonly #owed = new Map<string, { readonly plan: AlarmPlan; readonly why: Why }>()
  #count = 0
  /** for /metrics */
  readonly counts = { evaluations: 0, changes: 0, votes: 0, conflicts: 0, stale: 0, unknownOutcomes: 0 }

  constructor(deps: DecideDeps) {
    this.#deps = deps
  }

  /**
   * Which of a check's alarms have to be decided because of what `zone` saw. The usual observation ends here, with one
   * read of each alarm's row and one of its zone.
   */
  async unusual({ check, alarms }: CheckPlan, zone: string): Promise<readonly AlarmPlan[]> {
    if (alarms[0]?.rule.zones.includes(zone) !== true) return []
    const rows = await Promise.all(alarms.map((plan) => this.#deps.ledger.read(plan.key)))
    const observations = await this.#deps.observations.newest(check.id, zone, voteDepth)
    return alarms.filter((plan, index) => !this.#isUsual(plan, rows[index], zone, observations))
  }

  /** Decides an alarm because of what one of its zones saw. */
  async observed(plan: AlarmPlan, zone: string, trace: string): Promise<Outcome> {
    return (await this.#decide(plan, { zone, trace, absence: false })).outcome
  }

  /** Looks at all zones again; `absence` says that silence may be judged (the caller knows that ingest was healthy). */
  async review(plan: AlarmPlan, trace: string, absence: boolean): Promise<Reviewed> {
    return this.#decide(plan, { zone: undefined, trace, absence })
  }

  #isUsual(plan: AlarmPlan, row: AlarmRow | undefined, zone: string, observations: readonly Observation[]): boolean {
    if (row === undefined || row.deleted || row.generation !== plan.generation || this.#parked.has(nameOf(plan.key))) return false
    if (isOff(plan, row)) return true
    // From UNKNOWN a vote that never changed leads back, together with the other zones'.
    if (row.state === 'UNKNOWN') return false
    this.counts.evaluations += 1
    const standing = row.votes.find((vote) => vote.zone === zone)
    const view = zoneView(zone, observations, standing, plan.criteria, plan.rule)
    if (view.says !== undefined && view.says !== standing?.state) this.#deps.confirm.agreed(plan.check.id, zone, view.says)
    return !view.changed && view.suspicion === undefined && (view.settled || observations.length < voteDepth)
  }

  /** Makes the decisions that the store, or others, did not let us make: the next observation would, but it may be long in coming. */
  async catchUp(): Promise<void> {
    for (const { plan, why } of this.#owed.values()) {
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
  async #decide(plan: AlarmPlan, why: Why): Promise<Reviewed> {
    const name = nameOf(plan.key)
    const owed = this.#owed.get(name)
    const owe = () => { this.#owed.set(name, { plan, why: { ...why, absence: false } }) }
    try {
      const reviewed = await this.#attempts(plan, why)
      if (reviewed.outcome === 'owed') owe()
      else if (this.#owed.get(name) === owed) this.#owed.delete(name)
      return reviewed
    } catch (error) {
      owe()
      throw error
    }
  }

  async #attempts(first: AlarmPlan, why: Why): Promise<Reviewed> {
    const { clock, ledger, log } = this.#deps
    const begun = clock.monotonic()
    let plan = first
    let settled: Outcome = 'unchanged'
    for (let attempt = 0; attempt < attempts && clock.monotonic() - begun <= patience; attempt++) {
      const started = clock.monotonic()
      const row = await ledger.read(plan.key)
      if (row !== undefined) settled = (await this.#unpark(row)) ?? settled
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
    const views = await this.#views(plan, row)
    this.#heed(plan, views.find((view) => view.zone === why.zone))
    const inputs = await this.#inputs(plan, row, views, why.absence)
    this.#count = (this.#count + 1) % 10_000
    const id = timeUuid(inputs.now, this.#count, this.#deps.random.bytes(10))
    const step = nextStep(row, inputs, { id, decisionId: id, trace: why.trace, generation: plan.generation, criteria: plan.fingerprint })
    const wanted = step.stateChanged || row.generation < plan.generation || views.some((view) => view.changed)
    if (!wanted && !this.#parked.has(nameOf(row.key))) return { outcome: 'unchanged', standsUntil: standsUntil(inputs) }
    const entry = wanted && step.stateChanged ? await this.#prepare(plan, row, step, views) : step.entry
    if (this.#deps.clock.monotonic() - started > staleAfter) {
      this.counts.stale += 1
      return 'again'
    }
    // Nothing is to change any more, but what is parked must not apply either.
    const commit = wanted ? () => this.#deps.ledger.commit(row.version, step.row, entry) : () => bumpRow(this.#deps, row)
    if (!(await this.#apply(row, step, commit))) return 'again'
    if (!wanted) return 'again'
    return { outcome: await this.#announce(entry), standsUntil: standsUntil(inputs) }
  }

  async #views(plan: AlarmPlan, row: AlarmRow): Promise<readonly ZoneView[]> {
    const standing = standingVotes(row, plan)
    return Promise.all(plan.rule.zones.map((zone) => this.#view(plan, zone, standing.get(zone))))
  }

  async #view(plan: AlarmPlan, zone: string, standing: Vote | undefined): Promise<ZoneView> {
    const look = async (depth: number) => {
      const rows = await this.#deps.observations.newest(plan.check.id, zone, depth)
      return { view: zoneView(zone, rows, standing, plan.criteria, plan.rule), all: rows.length < depth }
    }
    const { view, all } = await look(voteDepth)
    return view.settled || all ? view : (await look(deepVoteDepth)).view
  }

  /** What a zone's observation means to the others. */
  #heed(plan: AlarmPlan, view: ZoneView | undefined): void {
    if (view?.says === undefined) return
    if (view.suspicion !== undefined) this.#deps.confirm.suspect(plan, view.suspicion, view.says)
    if (view.changed) this.#deps.confirm.agreed(plan.check.id, view.zone, view.says)
  }

  async #inputs(plan: AlarmPlan, row: AlarmRow, views: readonly ZoneView[], absence: boolean): Promise<DecisionInputs> {
    const inputs = inputsOf(row, views, plan.rule, this.#deps.clock.now(), absence)
    if (plan.rule.level !== 'ALL' || this.#deps.zonesDown === undefined || decide(inputs).kind !== 'blind') return inputs
    const down = await this.#deps.zonesDown(silentZones(inputs))
    return { ...inputs, rule: { ...inputs.rule, down } }
  }

  /** Before a change of state is written: whom it tells, and the intent by which a sweeper finds it if we die in between. */
  async #prepare(plan: AlarmPlan, row: AlarmRow, step: Step, views: readonly ZoneView[]): Promise<LedgerEntry> {
    const { key, version, at } = step.entry
    const [entry] = await Promise.all([furnish(this.#deps, plan, row, step, views), this.#deps.outbox.intend({ key, version, at })])
    return entry
  }

  /** True when it applied. An unknown outcome is parked: the next attempt settles it by another compare-and-set from the same version. */
  async #apply(row: AlarmRow, step: Step, commit: () => Promise<'applied' | 'conflict'>): Promise<boolean> {
    const name = nameOf(row.key)
    try {
      const applied = (await commit()) === 'applied'
      if (applied) this.#parked.delete(name)
      else this.counts.conflicts += 1
      return applied
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || error.outcome !== 'unknown') throw error
      this.counts.unknownOutcomes += 1
      const parked = this.#parked.get(name)
      const decisions = parked?.expected === row.version ? parked.decisions : new Set<string>()
      this.#parked.set(name, { expected: row.version, decisions: decisions.add(step.row.decisionId) })
      return false
    }
  }

  /** Once the version has moved on, the ledger tells whether what was parked had applied after all; then it is announced. */
  async #unpark(row: AlarmRow): Promise<Outcome | undefined> {
    const name = nameOf(row.key)
    const parked = this.#parked.get(name)
    if (parked === undefined || row.version === parked.expected) return undefined
    this.#parked.delete(name)
    const entry = await this.#deps.ledger.entry(row.key, parked.expected + 1)
    return entry !== undefined && parked.decisions.has(entry.decisionId) ? this.#announce(entry) : undefined
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

/** The votes that still mean something under this configuration: all of them go when the criteria changed. */
function standingVotes(row: AlarmRow, plan: AlarmPlan): ReadonlyMap<string, Vote> {
  if (row.criteria !== plan.fingerprint) return new Map()
  return new Map(row.votes.filter((vote) => plan.rule.zones.includes(vote.zone)).map((vote) => [vote.zone, vote]))
}

const nameOf = ({ tenant, entity, alarm }: AlarmKey): string => `${tenant}/${entity}/${alarm}`
