import { freeze, listFor, withNotifications, type Step } from '../core/consensus/step.ts'
import type { ZoneView } from '../core/consensus/vote.ts'
import type { AlarmRow, LedgerEntry } from '../core/alarm-row.ts'
import type { Notification, Suppression } from '../core/entities/resources.ts'
import type { Observation } from '../core/observation.ts'
import type { ConfigurationRepository, Page, Stored } from '../contracts/configuration.ts'
import type { Log } from '../contracts/log.ts'
import type { AlarmPlan } from './plans.ts'

export interface FurnishDeps { readonly configuration: ConfigurationRepository; readonly log: Log }

/** The entry of a change of state with what it shows and whom it tells, frozen for its compare-and-set. */
export async function furnish(deps: FurnishDeps, plan: AlarmPlan, row: AlarmRow, { entry, row: next }: Step, views: readonly ZoneView[]): Promise<LedgerEntry> {
  const { entity, check, alarm } = plan
  const [notifications, suppressedBy] = await Promise.all([notificationsOf(deps, plan, row, next), suppressions(deps, plan, entry.at)])
  const observation = views.find((view) => view.zone === entry.zone)?.newest ?? newestOf(views) ?? null
  return withNotifications(entry, { entity, check, alarm, observation }, alarm.notification_plan_id, notifications, suppressedBy)
}

/** Who is told. That somebody cannot be is no reason not to record the change, and every reason to say so. */
async function notificationsOf({ configuration, log }: FurnishDeps, { key, alarm }: AlarmPlan, row: AlarmRow, next: AlarmRow): Promise<LedgerEntry['notifications']> {
  const { tenant } = key
  const stored = await configuration.get('notificationPlan', { tenant }, alarm.notification_plan_id)
  if (stored === undefined) log.error({ alarm: key.alarm, plan: alarm.notification_plan_id }, 'the notification plan of this alarm does not exist: nobody is told')
  const list = stored === undefined ? [] : listFor(stored.value, row.state, row.lastKnown, next.state)
  const found = await Promise.all(list.map((id) => configuration.get('notification', { tenant }, id)))
  const known = new Map(found.flatMap((one): (readonly [string, Notification])[] => (one === undefined ? [] : [[one.id, one.value]])))
  for (const id of list) if (!known.has(id)) log.error({ alarm: key.alarm, plan: alarm.notification_plan_id, notification: id }, 'a notification of this plan does not exist')
  return freeze(list, known)
}

/** Ids of the suppressions that hold this alarm's notifications back now (reference, section 21). */
async function suppressions({ configuration }: FurnishDeps, plan: AlarmPlan, now: number): Promise<readonly string[]> {
  const held: string[] = []
  let marker: string | null = ''
  while (marker !== null) {
    const page: Page<Stored<'suppression'>> = await configuration.list('suppression', { tenant: plan.key.tenant }, { limit: 1000, marker })
    held.push(...page.values.filter(({ value }) => holdsBack(value, plan, now)).map(({ id }) => id))
    marker = page.next
  }
  return held
}

/** Entities, checks and alarms select alarms; plans narrow that set, or select by themselves. */
function holdsBack(one: Suppression, { key, check, alarm }: AlarmPlan, now: number): boolean {
  if (one.start_time > now || one.end_time <= now) return false
  const byPlan = one.notification_plans.includes(alarm.notification_plan_id)
  if (one.entities.length + one.checks.length + one.alarms.length === 0) return byPlan
  const inScope = one.entities.includes(key.entity) || one.checks.includes(`${key.entity}:${check.id}`) || one.alarms.includes(`${key.entity}:${key.alarm}`)
  return inScope && (one.notification_plans.length === 0 || byPlan)
}

function newestOf(views: readonly ZoneView[]): Observation | undefined {
  return views.flatMap((view) => view.newest ?? []).toSorted((a, b) => b.at - a.at)[0]
}
