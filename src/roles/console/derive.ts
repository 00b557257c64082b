import type { AlarmState } from '../../core/alarm-language/types.ts'
import type { Rule, Vote } from '../../core/alarm-row.ts'
import { decide } from '../../core/consensus/decide.ts'
import type { AlarmLine, CheckLine, Seen, Shown } from './wire.ts'

/** What is shown, and why; runs in the server and in the page, so that silence is shown even when nothing arrives any more. */
export interface Verdict { readonly shown: Shown; readonly reason: string; /** ms */ readonly since: number }

type Alarm = Omit<AlarmLine, 'shown'>
/** when and what a zone said last, by zone */
export type SeenByZone = ReadonlyMap<string, Seen>

const worstFirst: readonly Shown[] = ['CRITICAL', 'WARNING', 'UNKNOWN', 'NEW', 'OK', 'DISABLED']
export const rank = (shown: Shown): number => worstFirst.indexOf(shown)

/** An alarm's recorded state, unless too few zones are heard for the record to mean anything now. */
export function alarmVerdict(alarm: Alarm, check: CheckLine, seen: SeenByZone, now: number): Verdict {
  if (alarm.rule.disabled) return { shown: 'DISABLED', reason: 'the alarm or its check is disabled', since: alarm.changedAt }
  // The row is written only when a vote changes: the zone's newest observation says whether it still stands.
  const votes = alarm.votes.map((vote): Vote => ({ ...vote, observation: '', seenAt: Math.max(vote.seenAt, seen.get(vote.zone)?.at ?? 0) }))
  // Heard, but not of one mind yet: such a zone is not silent.
  const undecided = [...seen.values()].filter(({ zone }) => votes.every((vote) => vote.zone !== zone)).map(({ zone, at }) => ({ zone, seenAt: at, stressedRun: 0 }))
  const rule = ruleFor(alarm.rule, check)
  const inputs = { previous: { state: alarm.recorded, lastKnown: null }, votes, undecided, rule, now }
  const decision = decide(inputs)
  if (decision.kind !== 'blind') return { shown: alarm.recorded, reason: alarm.reason, since: alarm.changedAt }
  return silence(check, seen, rule.freshFor, decision.reason, now)
}

/** A check that nobody set an alarm on: what its zones say, by majority. Nobody is told of it, and nothing records since when. */
export function plainVerdict(check: CheckLine, seen: SeenByZone, now: number): Verdict {
  if (check.disabled) return { shown: 'DISABLED', reason: 'the check is disabled', since: 0 }
  const rule = ruleFor({ level: 'QUORUM', consecutiveCount: 1, freshFor: check.freshFor, disabled: false }, check)
  const decision = decide({ previous: { state: 'UNKNOWN', lastKnown: null }, votes: [...seen.values()].map(voteOf), rule, now })
  switch (decision.kind) {
    case 'blind': return silence(check, seen, check.freshFor, decision.reason, now)
    case 'hold': return { shown: 'WARNING', reason: 'the zones disagree (no alarm is set)', since: 0 }
    case 'state': return { shown: decision.state, reason: `${wordOf(seen, decision.zone)} (no alarm is set)`, since: 0 }
  }
}

function wordOf(seen: SeenByZone, zone: string | null): string {
  const status = zone === null ? '' : seen.get(zone)?.status ?? ''
  return status === '' ? 'available' : status
}

/** What a check shows: the worst of its alarms, or what its zones say when it has none. */
export function checkVerdict(check: CheckLine, alarms: readonly Alarm[], seen: SeenByZone, now: number): Verdict & { readonly alarm: Alarm | undefined } {
  if (check.disabled || alarms.length === 0) return { ...plainVerdict(check, seen, now), alarm: undefined }
  return alarms
    .map((alarm) => ({ ...alarmVerdict(alarm, check, seen, now), alarm }))
    .reduce((worst, next) => (rank(next.shown) < rank(worst.shown) ? next : worst))
}

export const seenByZone = (check: CheckLine): SeenByZone => new Map(check.seen.map((one) => [one.zone, one]))

function silence(check: CheckLine, seen: SeenByZone, freshFor: number, reason: string, now: number): Verdict {
  const heard = Math.max(0, ...[...seen.values()].map((one) => one.at))
  if (now - check.created <= freshFor) return { shown: 'NEW', reason: `waiting for the first observations: ${reason}`, since: check.created }
  return { shown: 'UNKNOWN', reason, since: heard === 0 ? check.created : heard }
}

function voteOf({ zone, at, ok, status }: Seen): Vote {
  const state: AlarmState = ok ? 'OK' : 'CRITICAL'
  return { zone, state, status, observation: '', at, seenAt: at, stressedRun: 0 }
}

function ruleFor(rule: AlarmLine['rule'], check: CheckLine): Rule {
  return { ...rule, zones: check.zones, down: [], confirmAlone: false }
}
