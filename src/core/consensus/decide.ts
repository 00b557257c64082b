import type { AlarmState } from '../alarm-language/index.ts'
import type { Decision, DecisionInputs, Rule, State, Vote } from '../alarm-row.ts'
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

/** Votes that count at `now`: of a configured zone that was heard within the rule's freshness and trusts itself. */
export function freshVotes(votes: readonly Vote[], rule: Rule, now: number): readonly Vote[] {
  return votes.filter((vote) => rule.zones.includes(vote.zone) && now - vote.seenAt <= rule.freshFor && vote.stressedRun <= stressedLimit)
}

/**
 * What the votes of an alarm's zones amount to at `now`. Pure: the same inputs give the same decision on every node.
 * `hold` keeps the recorded state (no state has enough votes); `blind` says that too few zones report to say anything.
 */
export function decide({ votes, rule, now }: DecisionInputs): Decision {
  if (rule.disabled) return { kind: 'state', state: 'DISABLED', zone: null, reason: 'the alarm or its check is disabled' }
  const fresh = freshVotes(votes, rule, now)
  const enough = needed(rule)
  if (fresh.length < enough) return blind(votes, fresh, rule, enough)
  if (rule.level === 'ONE') return newestVote(fresh)
  const winner = worstFirst.find((state) => fresh.filter((vote) => vote.state === state).length >= enough)
  if (winner === undefined) return { kind: 'hold', reason: `no state has ${enough} of ${rule.zones.length} zones: ${tally(fresh)}` }
  return { kind: 'state', state: winner, zone: completedBy(fresh, winner).zone, reason: `${tally(fresh)}: ${rule.level} of ${rule.zones.length} zones needs ${enough}` }
}

/**
 * ONE: the newest vote is the state. (Literally "the newest vote that differs from the state" would flap for ever
 * between two zones that disagree; a vote's time is that of its last change, so this settles. See decision 0003.)
 */
function newestVote(fresh: readonly Vote[]): Decision {
  const newest = fresh.reduce((best, vote) => (vote.at > best.at || (vote.at === best.at && worse(vote.state, best.state)) ? vote : best))
  return { kind: 'state', state: newest.state, zone: newest.zone, reason: `ONE: ${newest.zone} changed last and says ${newest.state}` }
}

const worse = (a: AlarmState, b: AlarmState): boolean => worstFirst.indexOf(a) < worstFirst.indexOf(b)

/** The vote that completed the majority: the newest of those that gave the state. */
function completedBy(fresh: readonly Vote[], state: AlarmState): Vote {
  return fresh.filter((vote) => vote.state === state).reduce((best, vote) => (vote.at > best.at ? vote : best))
}

function tally(votes: readonly Vote[]): string {
  return votes.map((vote) => `${vote.zone} ${vote.state}`).join(', ')
}

function blind(votes: readonly Vote[], fresh: readonly Vote[], rule: Rule, enough: number): Decision {
  const stressed = votes.filter((vote) => vote.stressedRun > stressedLimit).map((vote) => vote.zone)
  const why = stressed.length > 0 ? `; stressed: ${stressed.join(', ')}` : ''
  return { kind: 'blind', reason: `${fresh.length} of ${rule.zones.length} zones report, ${rule.level} needs ${enough}${why}` }
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
