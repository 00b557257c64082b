import { eventually } from '../../scripts/lab/eventually.ts'
import { ledger } from '../../scripts/lab/jobs.ts'
import { webhookReceiver, type WebhookReceiver } from '../../scripts/lab/receivers.ts'
import { Target } from '../../scripts/lab/target.ts'
import { startVedette, type Vedette, type VedetteOptions } from '../../scripts/lab/vedette.ts'
import type { EntryView } from '../../src/roles/console/wire.ts'

export const zones = ['mza', 'mzb', 'mzc']

/** A real Vedette with three zones that watch one web server by `checks` checks, an alarm each, and somebody who is told. */
export interface Stage extends AsyncDisposable {
  readonly vedette: Vedette
  readonly receiver: WebhookReceiver
  readonly target: Target
  readonly watched: readonly Watched[]
}
export interface Watched { readonly entity: string; readonly check: string; readonly alarm: string }

export async function startStage({ checks, period, ...options }: VedetteOptions & { readonly checks: number; readonly period: number }): Promise<Stage> {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(await webhookReceiver())
  const target = stack.use(await Target.start())
  const vedette = stack.use(await startVedette({ zones, ...options }))
  const { api } = vedette
  const hook = await api.create('/notifications', { label: 'receiver', type: 'webhook', details: { url: receiver.url } })
  const plan = await api.create('/notification_plans', { label: 'all', critical_state: [hook], warning_state: [hook], ok_state: [hook], unknown_state: [hook] })
  const entity = await api.create('/entities', { label: 'web', ip_addresses: { here: '127.0.0.1' } })
  const watched: Watched[] = []
  for (let n = 0; n < checks; n++) {
    const check = await api.create(`/entities/${entity}/checks`, { type: 'remote.http', period, timeout: Math.min(period - 1, 4), target_alias: 'here', monitoring_zones_poll: zones, details: { url: `${target.url}?${n}` } })
    const alarm = await api.create(`/entities/${entity}/alarms`, { check_id: check, notification_plan_id: plan, criteria: "if (metric['code'] != '200') { return new AlarmStatus(CRITICAL, 'answers #{code}'); } return new AlarmStatus(OK);" })
    watched.push({ entity, check, alarm })
  }
  const owned = stack.move()
  const stage: Stage = { vedette, receiver, target, watched, [Symbol.asyncDispose]: () => owned.disposeAsync() }
  return stage
}

/** Waits until every alarm shows one of `states`. */
export async function until({ vedette: { api }, watched }: Stage, ...states: readonly string[]): Promise<void> {
  const wanted = new Set(watched.map(({ alarm }) => alarm))
  await eventually(`all alarms ${states.join(' or ')}`, async () => {
    const rows = await api.all<{ latest_alarm_states: readonly { alarm_id: string; state: string }[] }>('/views/latest_alarm_states?limit=1000')
    const there = rows.flatMap((row) => row.latest_alarm_states).filter(({ alarm_id: alarm, state }) => wanted.has(alarm) && states.includes(state))
    return there.length === wanted.size
  })
}

/** The changes of state that stand in the ledgers, oldest first, as words. */
export async function changes({ vedette: { api }, watched }: Stage): Promise<readonly string[]> {
  const entries = (await Promise.all(watched.map((one) => ledger(api, one)))).flat()
  return entries.filter((entry: EntryView) => entry.kind === 'state').toSorted((a, b) => a.at - b.at).map(({ previousState, state, reason }) => `${previousState} → ${state}: ${reason}`)
}

/** How many observations are stored of the checks, in all zones, from `from` until `to`. */
export async function observations({ vedette: { api }, watched }: Stage, from: number, to: number): Promise<number> {
  let count = 0
  for (const { entity, check } of watched) {
    for (const zone of zones) {
      const { values } = await api.get<{ values: readonly unknown[] }>(`/entities/${entity}/checks/${check}/metrics/${zone}.duration/plot?from=${from}&to=${to}&resolution=FULL`)
      count += values.length
    }
  }
  return count
}
