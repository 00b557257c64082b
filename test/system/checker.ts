import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { simulationStart } from '../../src/adapters/simulated/clock.ts'
import type { Applied } from '../../src/adapters/simulated/store/history.ts'
import { compileText, type Compiled } from '../../src/core/alarm-language/index.ts'
import type { AlarmRow, Heard, LedgerEntry, Rule, Vote } from '../../src/core/alarm-row.ts'
import { recompute } from '../../src/core/consensus/decide.ts'
import { ruleOf, type TypeFacts } from '../../src/core/consensus/rule.ts'
import { inputsOf } from '../../src/core/consensus/step.ts'
import { deepVoteDepth, stressedLimit, zoneView, type ZoneView } from '../../src/core/consensus/vote.ts'
import type { Alarm, Check } from '../../src/core/entities/resources.ts'
import { observationId, type Observation } from '../../src/core/observation.ts'

/** ms from deciding to writing that even a slow store and clocks that differ may take; beyond it who decided had slept. */
const latest = 15_000

/** ms from the first to the last answer of a read that several replicas answer: what comes in between may be seen or not. */
const readTakes = 3000
/** so many of those are told apart, seen or not */
const mostBetween = 6

/** ms from deciding to asking, which the decider itself bounds, and by which clocks may differ */
const latestAsked = 5000

/** Something that must not be: which law of the deciding page (section 3, and 2 for what is written late), and where. */
export interface Problem { readonly law: 'a' | 'b' | 'c' | 'd' | 'late'; readonly alarm: string; readonly version: number; readonly what: string }

interface Arrival { readonly place: number; readonly moment: number; readonly observation: Observation }
interface Chain { row: AlarmRow; entry: LedgerEntry; place: number }
interface Configured { readonly version: number; readonly check: Check; readonly alarm: Alarm; readonly criteria: Compiled; readonly rule: Rule }

/**
 * Reads the history of a run from its start and names everything in it that breaks a law of deciding. It knows nothing
 * of who decided what and why: rows, observations and configuration must fit together by themselves.
 */
export class Checker {
  readonly problems: Problem[] = []
  readonly #types: ReadonlyMap<string, TypeFacts>
  readonly #arrivals = new Map<string, Arrival[]>()
  readonly #chains = new Map<string, Chain>()
  readonly #stored = new Map<string, { version: number; value: Check | Alarm | null }>()
  /** alarm:generation → what it meant */
  readonly #configured = new Map<string, Configured>()
  #place = 0

  constructor(types: ReadonlyMap<string, TypeFacts>) {
    this.#types = types
  }

  read(history: readonly Applied[]): void {
    for (const write of history.slice(this.#place)) {
      this.#place += 1
      if (write.kind === 'observation') this.#arrive(write.observation, write.moment)
      else if (write.kind === 'version') this.#version(write)
      else for (const change of write.changes) if (change.kind === 'check' || change.kind === 'alarm') this.#configure(change.id, change.value)
    }
  }

  /** Law (d), to be asked when nothing is under way: what stands is what the observations say at `now`. */
  quiet(now: number): void {
    for (const { row } of this.#chains.values()) {
      if (row.deleted) continue
      const configured = this.#configured.get(`${row.key.alarm}:${row.generation}`)
      if (configured === undefined) continue
      const standing = standingVotes(row, row.criteria, configured.rule)
      const views = configured.rule.zones.map((zone) => zoneView(zone, this.#newest(row.check, zone, this.#place), standing.get(zone), configured.criteria, configured.rule))
      const { decision, state } = recompute(inputsOf(row, views, configured.rule, now, true))
      if (state !== row.state) this.#problem('d', row, `stands at ${row.state}, but decides to ${state}: ${decision.reason}`)
      // Nobody asks the zones of what is switched off.
      const changed = configured.rule.disabled ? undefined : views.find((view) => view.changed)
      if (changed !== undefined) this.#problem('d', row, `${changed.zone} votes ${changed.vote?.state}, which is not recorded`)
    }
  }

  /** The present row of an alarm. */
  row(alarm: string): AlarmRow | undefined {
    return this.#chains.get(alarm)?.row
  }

  #arrive(observation: Observation, moment: number): void {
    const name = `${observation.check}:${observation.zone}`
    const list = this.#arrivals.get(name) ?? []
    this.#arrivals.set(name, list)
    const arrival = { place: this.#place, moment, observation }
    let at = list.length
    while (at > 0 && list[at - 1]!.observation.at > observation.at) at -= 1 // at - 1 is inside
    list.splice(at, 0, arrival)
  }

  #configure(id: string, value: Check | Alarm | null): void {
    const version = (this.#stored.get(id)?.version ?? 0) + 1
    this.#stored.set(id, { version, value })
    for (const [alarmId, alarm] of this.#stored) {
      if (alarm.value === null || !('criteria' in alarm.value) || (alarmId !== id && alarm.value.check_id !== id)) continue
      const check = this.#stored.get(alarm.value.check_id)
      if (check?.value !== null && check !== undefined && 'period' in check.value) this.#remember(alarmId, alarm.version + check.version, alarm.value, check.value)
    }
  }

  #remember(id: string, version: number, alarm: Alarm, check: Check): void {
    const result = compileText(alarm.criteria)
    assert.ok(result.ok, `the criteria of ${id} do not compile`)
    const type = this.#types.get(check.type)
    assert.ok(type !== undefined, check.type)
    this.#configured.set(`${id}:${version}`, { version, check, alarm, criteria: result.compiled, rule: ruleOf(check, alarm, result.compiled, type) })
  }

  #version({ row, entry, moment, parked, asked }: Extract<Applied, { kind: 'version' }>): void {
    const name = row.key.alarm
    const before = this.#chains.get(name)
    this.#chains.set(name, { row, entry, place: this.#place })
    if (row.version !== (before?.row.version ?? 0) + 1) this.#problem('c', row, `follows version ${before?.row.version ?? 0}`)
    if (entry.version !== row.version || entry.state !== row.state || entry.decisionId !== row.decisionId) this.#problem('a', row, 'the row and its entry differ')
    if (row.generation < (before?.row.generation ?? 0)) this.#problem('c', row, `was decided under generation ${row.generation}, after ${before?.row.generation}`)
    this.#votesMoveOn(row, before?.row)
    if (entry.inputs === null) return
    const age = simulationStart + moment - entry.inputs.now
    if (age > latest && !parked) this.#problem('late', row, `was decided ${age} ms before it was written`)
    const thought = simulationStart + (asked ?? 0) - entry.inputs.now
    if (thought > latestAsked) this.#problem('late', row, `was decided ${thought} ms before it was asked for`)
    this.#recomputes(row, entry, before?.row)
    this.#votesFit(row, entry, before)
  }

  /** (c): no vote of a zone goes back in time, nor what was last seen of it. */
  #votesMoveOn(row: AlarmRow, before: AlarmRow | undefined): void {
    for (const old of before?.votes ?? []) {
      const vote = row.votes.find((one) => one.zone === old.zone)
      if (vote === undefined || before?.criteria !== row.criteria) continue
      if (vote.at < old.at || vote.seenAt < old.seenAt) this.#problem('c', row, `the vote of ${vote.zone} went back from ${old.at} to ${vote.at}, or was seen at ${vote.seenAt} after ${old.seenAt}`)
    }
  }

  /** (a): the entry says what `decide` says of its inputs. */
  #recomputes(row: AlarmRow, entry: LedgerEntry, before: AlarmRow | undefined): void {
    const { inputs } = entry
    if (inputs === null) return
    const { decision, state } = recompute(inputs)
    if (entry.state !== state) this.#problem('a', row, `says ${entry.state}, recomputes to ${state}`)
    if (entry.reason !== decision.reason) this.#problem('a', row, `says "${entry.reason}", recomputes to "${decision.reason}"`)
    if (entry.previousState !== before?.state || inputs.previous.state !== before.state || inputs.previous.lastKnown !== before.lastKnown) this.#problem('a', row, 'was decided from another row than the one before it')
    if (!isDeepStrictEqual(row.votes, inputs.votes)) this.#problem('a', row, 'keeps other votes than it was decided from')
    if ((entry.kind === 'state') !== (entry.state !== before?.state)) this.#problem('a', row, `is of kind ${entry.kind} from ${before?.state} to ${entry.state}`)
  }

  /** (b): each vote is what the zone's observations gave at some moment between the version before and this one. */
  #votesFit(row: AlarmRow, entry: LedgerEntry, before: Chain | undefined): void {
    const configured = this.#configured.get(`${row.key.alarm}:${row.generation}`)
    if (configured === undefined) return this.#problem('b', row, `was decided under generation ${row.generation}, which never was`)
    const { inputs } = entry
    if (inputs === null || !isDeepStrictEqual({ ...inputs.rule, down: [] }, configured.rule)) this.#problem('b', row, 'was decided by another rule than its generation has')
    const standing = before === undefined ? new Map<string, Vote>() : standingVotes(before.row, row.criteria, configured.rule)
    for (const zone of configured.rule.zones) {
      const said = { vote: row.votes.find((one) => one.zone === zone), undecided: inputs?.undecided?.find((one) => one.zone === zone) }
      const fits = (rows: readonly Observation[]) => agrees(zoneView(zone, rows, standing.get(zone), configured.criteria, configured.rule), said)
      const moments = this.#moments(row.check, zone, before?.place ?? 0)
      if (!moments.some((place) => fits(this.#newest(row.check, zone, place))) && !moments.some((place) => this.#mixtures(row.check, zone, place).some(fits))) this.#problem('b', row, `what ${zone} said, ${JSON.stringify(said)}, is not what its observations give`)
    }
  }

  /** The places in history between which this zone's observations differ, latest first. */
  #moments(check: string, zone: string, from: number): readonly number[] {
    const places = (this.#arrivals.get(`${check}:${zone}`) ?? []).map((arrival) => arrival.place).filter((place) => place > from)
    return [this.#place, ...places.toSorted((a, b) => b - a).map((place) => place - 1)]
  }

  /** What a read that began at a place in history may have given: what was there, and some of what came while it went on. */
  #mixtures(check: string, zone: string, place: number): readonly (readonly Observation[])[] {
    const later = (this.#arrivals.get(`${check}:${zone}`) ?? []).filter((arrival) => arrival.place > place)
    const begun = Math.min(...later.map((arrival) => arrival.moment))
    const between = later.filter((arrival) => arrival.moment <= begun + readTakes).slice(-mostBetween)
    const there = this.#newest(check, zone, place)
    return Array.from({ length: 2 ** between.length }, (_, bits) => {
      const seen = between.filter((__, n) => (bits & (1 << n)) !== 0).map((arrival) => arrival.observation)
      return [...there, ...seen].toSorted((a, b) => b.at - a.at).slice(0, deepVoteDepth)
    })
  }

  /** What the newest rows of a zone were at a place in history. */
  #newest(check: string, zone: string, place: number): readonly Observation[] {
    const found: Observation[] = []
    const list = this.#arrivals.get(`${check}:${zone}`) ?? []
    for (let at = list.length - 1; at >= 0 && found.length < deepVoteDepth; at--) if (list[at]!.place <= place) found.push(list[at]!.observation) // at is inside
    return found
  }

  #problem(law: Problem['law'], { key, version }: AlarmRow, what: string): void {
    this.problems.push({ law, alarm: key.alarm, version, what })
  }
}

/** Beyond the limit it does not matter how many runs in a row were stressed, and nobody looks. */
function agrees(view: Pick<ZoneView, 'vote' | 'undecided'>, said: Pick<ZoneView, 'vote' | 'undecided'>): boolean {
  const capped = <H extends Heard>(heard: H | undefined) => heard && { ...heard, stressedRun: Math.min(heard.stressedRun, stressedLimit + 1) }
  return isDeepStrictEqual([capped(view.vote), capped(view.undecided)], [capped(said.vote), capped(said.undecided)])
}

function standingVotes(row: AlarmRow, criteria: string, rule: Rule): ReadonlyMap<string, Vote> {
  if (row.criteria !== criteria) return new Map()
  return new Map(row.votes.filter((vote) => rule.zones.includes(vote.zone)).map((vote) => [vote.zone, vote]))
}

/** Acknowledged observations that the history does not have, unless their check was ever deleted: there must be none (P1). */
export function lost(history: readonly Applied[], acknowledged: ReadonlySet<string>): readonly string[] {
  const stored = new Set(history.flatMap((write) => (write.kind === 'observation' ? [observationId(write.observation)] : [])))
  const deleted = new Set(history.flatMap((write) => (write.kind === 'configuration' ? write.changes.filter((change) => change.value === null).map((change) => change.id) : [])))
  return [...acknowledged].filter((id) => !stored.has(id) && !deleted.has(id.split(':')[0] ?? ''))
}
