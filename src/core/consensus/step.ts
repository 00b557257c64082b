import type { AlarmRow, ChangeContext, Decision, DecisionInputs, FrozenNotification, LedgerEntry, Rule, State, Vote } from '../alarm-row.ts'
import type { Notification, NotificationPlan } from '../entities/resources.ts'
import { recompute } from './decide.ts'
import type { ZoneView } from './vote.ts'

/**
 * Whose notifications a change asks for. UNKNOWN pages only who asked for it, and not when an alarm is merely switched on
 * again; a return from UNKNOWN or DISABLED to what was known before is recorded, not notified; the first OK is no news.
 */
export function listFor(plan: NotificationPlan, previous: State, lastKnown: AlarmRow['lastKnown'], state: State): readonly string[] {
  const wasSilent = previous === 'UNKNOWN' || previous === 'DISABLED'
  if (wasSilent && state === (lastKnown ?? 'OK')) return []
  switch (state) {
    case 'CRITICAL': return plan.critical_state ?? []
    case 'WARNING': return plan.warning_state ?? []
    case 'OK': return plan.ok_state ?? []
    case 'UNKNOWN': return previous === 'DISABLED' ? [] : (plan.unknown_state ?? [])
    case 'DISABLED': return []
  }
}

/** The notifications of a list as they are now; ids that no longer exist are left out. */
export function freeze(list: readonly string[], notifications: ReadonlyMap<string, Notification>): readonly FrozenNotification[] {
  return [...new Set(list)].flatMap((id) => {
    const found = notifications.get(id)
    return found === undefined ? [] : [{ notification: { id, label: found.label, type: found.type, details: found.details }, step: 0 }]
  })
}

/** What `decide` is asked: the row that stands, what the zones' observations amount to, the rule and the time. */
export function inputsOf(row: Pick<AlarmRow, 'state' | 'lastKnown'>, views: readonly ZoneView[], rule: Rule, now: number, absence: boolean): DecisionInputs {
  const undecided = views.flatMap((view) => view.undecided ?? [])
  return {
    previous: { state: row.state, lastKnown: row.lastKnown }, votes: views.flatMap((view) => view.vote ?? []), rule, now,
    ...(undecided.length === 0 ? {} : { undecided }), ...(absence ? { absence } : {}),
  }
}

/** What surrounds a step: identities and times that the core takes as arguments. */
export interface StepFacts {
  readonly id: string
  readonly decisionId: string
  readonly trace: string
  readonly generation: number
  readonly criteria: string
}

export interface Step { readonly row: AlarmRow; readonly entry: LedgerEntry; readonly stateChanged: boolean }

/**
 * The next version of an alarm and its ledger entry, from the row that stands and what `decide` says of the inputs.
 * Plan, notifications and context are added by `withNotifications` when the state changed.
 */
export function nextStep(row: AlarmRow, inputs: DecisionInputs, facts: StepFacts): Step {
  const { decision, state } = recompute(inputs)
  const stateChanged = state !== row.state
  const zone = decision.kind === 'state' ? decision.zone : null
  const status = statusOf(inputs.votes, zone, decision)
  const shown = stateChanged ? { state, status, zone, changedAt: inputs.now, changelogId: facts.id } : {}
  const next: AlarmRow = {
    ...row, ...shown, version: row.version + 1, votes: inputs.votes, reason: decision.reason,
    lastKnown: state === 'UNKNOWN' || state === 'DISABLED' ? row.lastKnown : state,
    generation: facts.generation, criteria: facts.criteria, decisionId: facts.decisionId,
  }
  const kind = stateChanged ? 'state' : row.generation === facts.generation ? 'vote' : 'configured'
  const entry: LedgerEntry = {
    key: row.key, check: row.check, version: next.version, kind, id: facts.id, at: inputs.now, state, previousState: row.state,
    status: stateChanged ? status : next.status, reason: decision.reason, zone, decisionId: facts.decisionId, generation: facts.generation,
    inputs, context: null, plan: null, suppressedBy: [], notifications: [], trace: facts.trace,
  }
  return { row: next, entry, stateChanged }
}

function statusOf(votes: readonly Vote[], zone: string | null, decision: Decision): string {
  return votes.find((vote) => vote.zone === zone)?.status ?? decision.reason
}

/** The entry of a state change with what it shows and whom it tells, frozen. */
export function withNotifications(entry: LedgerEntry, context: ChangeContext, plan: string, notifications: readonly FrozenNotification[], suppressedBy: readonly string[]): LedgerEntry {
  return { ...entry, context, plan, notifications, suppressedBy }
}
