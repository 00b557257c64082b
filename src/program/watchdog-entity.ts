import type { ConfigurationChange } from '../contracts/configuration.ts'
import type { Alarm, Check, Entity, Notification, NotificationPlan } from '../core/entities/resources.ts'
import { fixedId } from './self-entity.ts'

/** Seconds: how often a region's synthetic check changes its mind, and how long the region after it waits to be told. */
const beatEvery = 60
const patience = { period: 120, grace: 60 }

/** The ids of what one region has to do with the watchdog follow from its name. */
export function watchdogIds(region: string) {
  const of = <K extends Parameters<typeof fixedId>[0]>(kind: K, what: string) => fixedId(kind, `watchdog ${what} ${region}`)
  return {
    entity: of('entity', 'entity'), beat: of('check', 'beat'), beatAlarm: of('alarm', 'beat'), heard: of('check', 'heard'), heardAlarm: of('alarm', 'heard'),
    notification: of('notification', 'to the next'), plan: of('notificationPlan', 'to the next'),
  }
}

export interface WatchdogFacts {
  readonly region: string
  /** the region whose pipeline has to be heard here */
  readonly before: string
  /** the plan that is told when it is not */
  readonly plan: string
  /** how others reach this region's API */
  readonly url: string
  readonly tenant: string
  /** stands in the address to which the region before reports */
  readonly key: string
  readonly now: number
}

const beatCriteria = `# Changes its mind once a minute, so that each minute a change goes through everything: ingest, decision, delivery.
if (metric['problems'] > 0) { return new AlarmStatus(WARNING, 'tick'); }
return new AlarmStatus(OK, 'tock');`

/** A region's own entity: what it says, which the region after it must hear; and what it must hear of the region before. */
export function entityChanges({ region, before, plan, key, now }: WatchdogFacts): readonly ConfigurationChange[] {
  const ids = watchdogIds(region)
  const stamps = { metadata: null, created_at: now, updated_at: now }
  const entity: Entity = { id: ids.entity, label: `Watchdog in ${region}`, agent_id: null, ip_addresses: null, managed: false, uri: null, ...stamps, metadata: { about: 'The regions of Vedette watch each other' } }
  const check: Check = {
    id: ids.beat, entity_id: ids.entity, type: 'agent.vedette', label: `What ${region} tells`, details: {}, disabled: false, period: beatEvery, timeout: 10,
    monitoring_zones_poll: null, target_alias: null, target_hostname: null, target_resolver: null, confirm: true, ...stamps,
  }
  const heard: Check = { ...check, id: ids.heard, type: 'heartbeat', label: `${before}, as heard in ${region}`, period: patience.period, details: { key, grace: patience.grace } }
  const alarm = (id: string, on: Check, to: string, criteria: string | null): Alarm => ({ id, entity_id: ids.entity, check_id: on.id, notification_plan_id: to, criteria, disabled: false, label: on.label, ...stamps })
  return [
    { kind: 'entity', id: entity.id, expected: 0, value: entity },
    { kind: 'check', id: check.id, expected: 0, value: check },
    { kind: 'check', id: heard.id, expected: 0, value: heard },
    { kind: 'alarm', id: ids.beatAlarm, expected: 0, value: alarm(ids.beatAlarm, check, ids.plan, beatCriteria) },
    { kind: 'alarm', id: ids.heardAlarm, expected: 0, value: alarm(ids.heardAlarm, heard, plan, null) },
  ]
}

/** How the region before tells this one: made here, because only we know where we answer. */
export function deliveryOf({ region, before, url, tenant, key, now }: WatchdogFacts): { readonly notification: Notification; readonly plan: NotificationPlan } {
  const { notification, plan } = watchdogIds(before)
  const { entity, heard } = watchdogIds(region)
  const stamps = { metadata: null, created_at: now, updated_at: now }
  const to = [notification]
  return {
    notification: { id: notification, label: `Watchdog: ${before} tells ${region}`, type: 'webhook', details: { url: `${url}/heartbeat/${encodeURIComponent(tenant)}/${entity}/${heard}/${key}` }, ...stamps },
    plan: { id: plan, label: `Watchdog: ${before} tells ${region}`, critical_state: to, warning_state: to, ok_state: to, unknown_state: null, ...stamps },
  }
}
