import { timeUuid } from '../core/entities/ids.ts'
import type { AlarmRow, LedgerEntry } from '../core/alarm-row.ts'
import type { AlarmLedger } from '../contracts/alarm-ledger.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Random } from '../contracts/random.ts'
import type { AlarmPlan } from './plans.ts'

export interface RowDeps { readonly ledger: AlarmLedger; readonly clock: Clock; readonly random: Random }
type PlainKind = 'created' | 'deleted' | 'bump'

/** A time-ordered id; two of one millisecond are told apart by their dice. */
export function freshId({ clock, random }: Pick<RowDeps, 'clock' | 'random'>): string {
  return timeUuid(clock.now(), 0, random.bytes(10))
}

/** Makes an alarm's row where there is none, or over its tombstone: nothing is known yet. */
export async function createRow(deps: RowDeps, plan: AlarmPlan, standing: AlarmRow | undefined): Promise<'applied' | 'conflict'> {
  const { rule, key, check, generation, fingerprint } = plan
  const now = deps.clock.now()
  const row: AlarmRow = {
    key, check: check.id, version: (standing?.version ?? 0) + 1, state: rule.disabled ? 'DISABLED' : 'UNKNOWN', lastKnown: null, status: '', zone: null,
    reason: rule.disabled ? 'the alarm or its check is disabled' : 'never evaluated', votes: [], generation, criteria: fingerprint, decisionId: freshId(deps),
    changedAt: now, changelogId: null, deleted: false,
  }
  return deps.ledger.commit(row.version - 1, row, plainEntry(row, 'created', 'UNKNOWN', now))
}

/** Turns a row into its tombstone. */
export async function buryRow(deps: RowDeps, row: AlarmRow): Promise<'applied' | 'conflict'> {
  const next: AlarmRow = { ...row, version: row.version + 1, deleted: true, votes: [], reason: 'the alarm was deleted', decisionId: freshId(deps), generation: row.generation + 1 }
  return deps.ledger.commit(row.version, next, plainEntry(next, 'deleted', row.state, deps.clock.now()))
}

/** Raises the version and nothing else, so that no compare-and-set from the version before can ever apply. */
export async function bumpRow(deps: RowDeps, row: AlarmRow): Promise<'applied' | 'conflict'> {
  const next: AlarmRow = { ...row, version: row.version + 1, decisionId: freshId(deps) }
  return deps.ledger.commit(row.version, next, plainEntry(next, 'bump', row.state, deps.clock.now()))
}

/** An entry that records a version without a decision; its id is the version's decision id. */
function plainEntry(row: AlarmRow, kind: PlainKind, previousState: LedgerEntry['previousState'], at: number): LedgerEntry {
  return {
    key: row.key, check: row.check, version: row.version, kind, id: row.decisionId, at, state: row.state, previousState, status: '', reason: row.reason, zone: null,
    decisionId: row.decisionId, generation: row.generation, inputs: null, context: null, plan: null, suppressedBy: [], notifications: [], trace: '',
  }
}
