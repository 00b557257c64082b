import { timeUuid } from '../core/entities/ids.ts'
import type { AlarmRow, LedgerEntry } from '../core/alarm-row.ts'
import type { AlarmLedger } from '../contracts/alarm-ledger.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Random } from '../contracts/random.ts'
import { firstRow, type Decider } from './decide.ts'
import type { AlarmPlan, Plans } from './plans.ts'

export interface ConfigureDeps {
  readonly plans: Plans
  readonly ledger: AlarmLedger
  readonly decider: Decider
  readonly clock: Clock
  readonly random: Random
}

/**
 * Brings the alarm rows of an entity in line with its configuration, after every commit to it and again by the sweeper:
 * makes missing rows, takes over newer generations, and turns the rows of alarms that are gone into tombstones.
 * Doing it twice, or on two nodes at once, changes nothing more.
 */
export async function configured(deps: ConfigureDeps, tenant: string, entity: string): Promise<void> {
  const checks = await deps.plans.reload(tenant, entity)
  const alarms = [...checks.values()].flatMap((check) => check.alarms)
  const rows = new Map((await deps.ledger.rows(tenant, entity)).map((row) => [row.key.alarm, row]))
  for (const plan of alarms) await bringUp(deps, plan, rows.get(plan.key.alarm))
  const wanted = new Set(alarms.map((plan) => plan.key.alarm))
  for (const row of rows.values()) if (!wanted.has(row.key.alarm)) await bury(deps, row)
}

async function bringUp(deps: ConfigureDeps, plan: AlarmPlan, row: AlarmRow | undefined): Promise<void> {
  if (row === undefined) await create(deps, plan)
  else if (row.generation < plan.generation) await deps.decider.review(plan, '', false)
}

async function create(deps: ConfigureDeps, plan: AlarmPlan): Promise<void> {
  const tombstone = await deps.ledger.read(plan.key)
  const expected = tombstone?.version ?? 0
  if (tombstone !== undefined && !tombstone.deleted) return
  const id = freshId(deps)
  const row = firstRow(plan, id, deps.clock.now(), expected + 1)
  await deps.ledger.commit(expected, row, plainEntry(row, 'created', 'UNKNOWN', id, deps.clock.now()))
}

async function bury(deps: ConfigureDeps, row: AlarmRow): Promise<void> {
  const id = freshId(deps)
  const next: AlarmRow = { ...row, version: row.version + 1, deleted: true, votes: [], reason: 'the alarm was deleted', decisionId: id, generation: row.generation + 1 }
  // A conflict means that somebody was faster; the sweeper looks again.
  await deps.ledger.commit(row.version, next, plainEntry(next, 'deleted', row.state, id, deps.clock.now()))
}

function freshId({ clock, random }: ConfigureDeps): string {
  return timeUuid(clock.now(), 0, random.bytes(10))
}

/** An entry that records a version without a decision. */
export function plainEntry(row: AlarmRow, kind: 'created' | 'deleted' | 'bump', previousState: LedgerEntry['previousState'], id: string, at: number): LedgerEntry {
  return {
    key: row.key, check: row.check, version: row.version, kind, id, at, state: row.state, previousState, status: '', reason: row.reason, zone: null,
    decisionId: row.decisionId, generation: row.generation, inputs: null, context: null, plan: null, suppressedBy: [], notifications: [], trace: '',
  }
}
