import type { AlarmState } from '../alarm-language/index.ts'
import type { Decision, DecisionInputs, Heard, Rule, State, Vote } from '../alarm-row.ts'
import { stressedLimit } from './vote.ts'

const worstFirst: readonly AlarmState[] = ['CRITICAL', 'WARNING', 'OK']

/** Zones that make a majority of the configured ones. */
const majority = (rule: Rule): number => Math.floor(rule.zones.length / 2) + 1

/** How many fresh zones the level asks for: ONE one, QUORUM a majority, ALL every zone not known to be down, and a majority. */
export function needed(rule: Rule): number {
  switch (rule.level) {
    case 'ONE': return 1
    case 'QUORUM': return majority(rule)
    case 'ALL': return Math.max(rule.zones.length - rule.down.length, majority(rule))
  }
}

/** Whether a zone counts at all: a configured one that trusts itself, and under ALL none that is known to be down. */
function counts({ zone, stressedRun }: Heard, rule: Rule): boolean {
  return rule.zones.includes(zone) && stressedRun <= stressedLimit && !(rule.level === 'ALL' && rule.down.includes(zone))
}

/** Those that count at `now`: heard within the rule's freshness. */
function fresh<H extends Heard>(zones: readonly H[], rule: Rule, now: number): readonly H[] {
  return zones.filter((zone) => counts(zone, rule) && now - zone.seenAt <= rule.freshFor)
}

/** Zones from which nothing fresh was heard. */
export function silentZones({ votes, undecided = [], rule, now }: DecisionInputs): readonly string[] {
  const heard = [...votes, ...undecided].filter((zone) => now - zone.seenAt <= rule.freshFor).map((zone) => zone.zone)
  return rule.zones.filter((zone) => !heard.includes(zone))
}

/**
 * What the votes of an alarm's zones amount to at `now`. Pure: the same inputs give the same decision on every node.
 * `hold` keeps the recorded state (no state has enough votes); `blind` says that too few zones report to say anything.
 */
export function decide({ votes, undecided = [], rule, now }: DecisionInputs): Decision {
  if (rule.disabled) return { kind: 'state', state: 'DISABLED', zone: null, reason: 'the alarm or its check is disabled' }
  const voting = fresh(votes, rule, now)
  const open = fresh(undecided, rule, now)
  const enough = needed(rule)
  if (voting.length + open.length < enough) return blind([...votes, ...undecided], voting.length + open.length, rule, enough)
  if (rule.level === 'ONE' && voting.length > 0) return newestVote(voting)
  const winner = worstFirst.find((state) => voting.filter((vote) => vote.state === state).length >= enough)
  if (winner === undefined) return { kind: 'hold', reason: `no state has ${enough} of ${rule.zones.length} zones: ${tally(voting, open)}` }
  return { kind: 'state', state: winner, zone: completedBy(voting, winner).zone, reason: `${tally(voting, open)}: ${rule.level} of ${rule.zones.length} zones needs ${enough}` }
}

/** Until when (ms) a decision from these inputs stands if nothing more is heard; in the past when it is blind already. */
export function standsUntil({ votes, undecided = [], rule, now }: DecisionInputs): number {
  const seen = fresh<Heard>([...votes, ...undecided], rule, now).map((zone) => zone.seenAt).toSorted((a, b) => b - a)
  // Under ONE the zone that falls silent may be the one that decided.
  const last = rule.level === 'ONE' ? seen.at(-1) : seen[needed(rule) - 1]
  return last === undefined ? Number.NEGATIVE_INFINITY : last + rule.freshFor
}

/**
 * ONE: the newest vote is the state. (Literally "the newest vote that differs from the state" would flap for ever
 * between two zones that disagree; a vote's time is that of its last change, so this settles. See decision 0003.)
 */
function newestVote(voting: readonly Vote[]): Decision {
  const newest = voting.reduce((best, vote) => (later(vote, best) ? vote : best))
  return { kind: 'state', state: newest.state, zone: newest.zone, reason: `ONE: ${newest.zone} changed last and says ${newest.state}` }
}

/** Of one moment the worse state comes last, and then the order of the zones' names decides. */
function later(a: Vote, b: Vote): boolean {
  if (a.at !== b.at) return a.at > b.at
  return a.state === b.state ? a.zone < b.zone : worstFirst.indexOf(a.state) < worstFirst.indexOf(b.state)
}

/** The vote that completed the majority: the newest of those that gave the state. */
function completedBy(voting: readonly Vote[], state: AlarmState): Vote {
  return voting.filter((vote) => vote.state === state).reduce((best, vote) => (later(vote, best) ? vote : best))
}

function tally(voting: readonly Vote[], open: readonly Heard[]): string {
  return [...voting.map((vote) => `${vote.zone} ${vote.state}`), ...open.map((zone) => `${zone.zone} undecided`)].join(', ')
}

function blind(zones: readonly Heard[], heard: number, rule: Rule, enough: number): Decision {
  const stressed = zones.filter((zone) => zone.stressedRun > stressedLimit).map((zone) => zone.zone)
  const why = stressed.length > 0 ? `; stressed: ${stressed.join(', ')}` : ''
  return { kind: 'blind', reason: `${heard} of ${rule.zones.length} zones report, ${rule.level} needs ${enough}${why}` }
}

/** The state to record after a decision. Blindness is recorded only by who may judge absence (`absence`). */
export function stateAfter(previous: State, decision: Decision, absence: boolean): State {
  switch (decision.kind) {
    case 'state': return decision.state
    // Waking from DISABLED there is nothing to hold on to.
    case 'hold': return previous === 'DISABLED' ? 'UNKNOWN' : previous
    case 'blind': return absence || previous === 'DISABLED' ? 'UNKNOWN' : previous
  }
}

/** What the inputs of a ledger entry give: anyone can compare it with the entry. */
export function recompute(inputs: DecisionInputs): { readonly decision: Decision; readonly state: State } {
  const decision = decide(inputs)
  return { decision, state: stateAfter(inputs.previous.state, decision, inputs.absence ?? false) }
}
