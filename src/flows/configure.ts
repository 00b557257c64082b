import type { AlarmRow } from '../core/alarm-row.ts'
import { buryRow, createRow, type RowDeps } from './alarm-rows.ts'
import type { Decider } from './decide.ts'
import type { AlarmPlan, Plans } from './plans.ts'

export interface ConfigureDeps extends RowDeps {
  readonly plans: Plans
  readonly decider: Decider
}

const attempts = 8

/**
 * Brings the alarm rows of an entity in line with its configuration, after every commit to it and again by the sweeper:
 * makes missing rows, takes over newer generations, and turns the rows of alarms that are gone into tombstones.
 * Doing it twice, or on two nodes at once, changes nothing more.
 */
export async function configured(deps: ConfigureDeps, tenant: string, entity: string): Promise<void> {
  // Rows first: what has a row then and is not configured afterwards was deleted, and not about to be made.
  const rows = new Map((await deps.ledger.rows(tenant, entity)).map((row) => [row.key.alarm, row]))
  const checks = await deps.plans.reload(tenant, entity)
  const alarms = [...checks.values()].flatMap((check) => check.alarms)
  const wanted = new Set(alarms.map((plan) => plan.key.alarm))
  const errors: unknown[] = []
  for (const plan of alarms) await attempt(() => bringUp(deps, plan, rows.get(plan.key.alarm)), errors)
  for (const row of rows.values()) if (!wanted.has(row.key.alarm)) await attempt(() => bury(deps, row), errors)
  // One alarm that cannot be brought in line stands before no other.
  if (errors.length > 0) throw errors[0]
}

async function attempt(work: () => Promise<void>, errors: unknown[]): Promise<void> {
  try {
    await work()
  } catch (error) {
    errors.push(error)
  }
}

async function bringUp(deps: ConfigureDeps, plan: AlarmPlan, row: AlarmRow | undefined): Promise<void> {
  if (row === undefined) await create(deps, plan)
  else if (row.generation < plan.generation) await deps.decider.review(plan, '', false)
}

/** A conflict means that somebody else has made it; a tombstone newer than what we know, that it has been deleted meanwhile. */
async function create(deps: ConfigureDeps, plan: AlarmPlan): Promise<void> {
  const standing = await deps.ledger.read(plan.key)
  if (standing === undefined || (standing.deleted && standing.generation <= plan.generation)) await createRow(deps, plan, standing)
}

/** Somebody may be deciding this alarm right now, and has to be outrun: who reads a tombstone stops. */
async function bury(deps: ConfigureDeps, first: AlarmRow): Promise<void> {
  let row: AlarmRow | undefined = first
  for (let attempt = 0; attempt < attempts && row !== undefined && !row.deleted; attempt++) {
    if (row.generation > first.generation || (await buryRow(deps, row)) === 'applied') return
    row = await deps.ledger.read(first.key)
  }
}
