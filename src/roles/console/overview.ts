import PQueue from 'p-queue'
import { freshnessOf, zonesOf } from '../../core/consensus/rule.ts'
import type { AlarmRow } from '../../core/alarm-row.ts'
import type { AlarmLedger } from '../../contracts/alarm-ledger.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { ConfigurationRepository } from '../../contracts/configuration.ts'
import type { ObservationStore } from '../../contracts/observation-store.ts'
import type { AlarmPlan, CheckPlan, Plans, TypeTable } from '../../flows/plans.ts'
import { alarmVerdict, seenByZone } from './derive.ts'
import type { AlarmLine, CheckLine, EntityLine, OverviewLine, Seen } from './wire.ts'

export interface OverviewDeps {
  readonly configuration: ConfigurationRepository
  readonly plans: Plans
  readonly types: TypeTable
  readonly observations: ObservationStore
  readonly ledger: AlarmLedger
  readonly clock: Clock
}

/** Entities read at once: enough to keep the store busy, few enough to leave it to others. */
const ahead = 16

/** Everything of a tenant, or of some entities only: a start, a line an entity, an end. */
export async function* overview(deps: OverviewDeps, tenant: string, only?: readonly string[]): AsyncGenerator<OverviewLine> {
  yield { kind: 'start', now: deps.clock.now(), zones: await zones(deps, tenant) }
  let entities = 0
  for await (const line of inOrder(only ?? entityIds(deps, tenant), (id) => entityLine(deps, tenant, id, only !== undefined))) {
    if (line.kind === 'entity') entities += 1
    yield line
  }
  yield { kind: 'end', now: deps.clock.now(), entities }
}

/** Answers in the order of the questions, with some of them asked ahead. */
async function* inOrder<Q, A>(questions: Iterable<Q> | AsyncIterable<Q>, ask: (question: Q) => Promise<A>): AsyncGenerator<A> {
  const queue = new PQueue({ concurrency: ahead })
  const answers: Promise<PromiseSettledResult<A>[]>[] = []
  for await (const question of questions) {
    answers.push(Promise.allSettled([queue.add(() => ask(question))]))
    if (answers.length >= ahead) yield* settled(await answers.shift())
  }
  for (const answer of answers) yield* settled(await answer)
}

function* settled<A>(results: PromiseSettledResult<A>[] = []): Generator<A> {
  for (const result of results) {
    if (result.status === 'rejected') throw result.reason
    yield result.value
  }
}

async function* entityIds({ configuration }: OverviewDeps, tenant: string): AsyncGenerator<string> {
  let marker: string | null | undefined
  while (marker !== null) {
    const page = await configuration.list('entity', { tenant }, { limit: 1000, ...(marker === undefined ? {} : { marker }) })
    for (const stored of page.values) yield stored.id
    marker = page.next
  }
}

async function zones({ configuration }: OverviewDeps, tenant: string) {
  const lists = await Promise.all(['', tenant].map((owner) => configuration.list('monitoringZone', { tenant: owner }, { limit: 1000 })))
  return lists.flatMap((list) => list.values.map(({ id, value }) => ({ id, label: value.label })))
}

async function entityLine(deps: OverviewDeps, tenant: string, id: string, fresh: boolean): Promise<EntityLine | { readonly kind: 'gone'; readonly id: string }> {
  const [stored, plan, rows] = await Promise.all([
    deps.configuration.get('entity', { tenant }, id),
    // Asked for one entity, somebody has just changed it.
    fresh ? deps.plans.reload(tenant, id) : deps.plans.of(tenant, id),
    deps.ledger.rows(tenant, id),
  ])
  if (stored === undefined) return { kind: 'gone', id }
  const byAlarm = new Map(rows.map((row) => [row.key.alarm, row]))
  const now = deps.clock.now()
  const checks = await Promise.all([...plan.values()].map((check) => checkLine(deps, check)))
  const alarms = [...plan.values()].flatMap((check, i) => check.alarms.map((alarm) => alarmLine(alarm, checks[i], byAlarm.get(alarm.key.alarm), now)))
  return { kind: 'entity', id, label: stored.value.label, checks, alarms }
}

async function checkLine({ types, observations }: OverviewDeps, { check, entity }: CheckPlan): Promise<CheckLine> {
  const type = types.get(check.type)
  const from = zonesOf(check, type?.category ?? 'remote')
  const newest = await Promise.all(from.map(async (zone) => (await observations.newest(check.id, zone, 1))[0]))
  const seen = newest.flatMap((row): Seen[] => (row === undefined ? [] : [{ zone: row.zone, at: row.at, ok: row.available, status: row.available ? '' : row.status }]))
  const target = check.target_hostname ?? (check.target_alias === null ? null : entity.ip_addresses?.[check.target_alias] ?? check.target_alias)
  return {
    id: check.id, label: check.label ?? check.type, type: check.type, target, period: check.period, disabled: check.disabled,
    created: check.created_at, zones: from, freshFor: freshnessOf(check, type?.consecutiveCount ?? 1), seen,
  }
}

function alarmLine({ key, alarm, rule }: AlarmPlan, check: CheckLine | undefined, row: AlarmRow | undefined, now: number): AlarmLine {
  const { level, consecutiveCount, freshFor, disabled } = rule
  const votes = (row?.votes ?? []).map(({ zone, state, status, at, seenAt, stressedRun }) => ({ zone, state, status: state === 'OK' ? '' : status, at, seenAt, stressedRun }))
  const line: Omit<AlarmLine, 'shown'> = {
    id: key.alarm, label: alarm.label ?? key.alarm, check: alarm.check_id, rule: { level, consecutiveCount, freshFor, disabled },
    version: row?.version ?? 0, recorded: row?.state ?? 'UNKNOWN', lastKnown: row?.lastKnown ?? null, status: row?.status ?? '',
    reason: row?.reason ?? 'never evaluated', changedAt: row?.changedAt ?? alarm.created_at, votes,
  }
  return { ...line, shown: check === undefined ? line.recorded : alarmVerdict(line, check, seenByZone(check), now).shown }
}
