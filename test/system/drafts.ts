import type { ConfigurationChange } from '../../src/contracts/configuration.ts'
import type { Alarm, Check, Entity } from '../../src/core/entities/resources.ts'

/** What a scenario watches: one entity with one check and its alarms. */
export interface Draft { readonly entity: Entity; readonly check: Check; readonly alarms: readonly Alarm[] }
export const tenant = '100000'
export const planId = 'npPlan0000'
export const notificationId = 'ntMailbox0'

const none = { label: null, metadata: null, created_at: 0, updated_at: 0 }

export const codeIs200 = `if (metric['code'] != '200') { return new AlarmStatus(CRITICAL, 'answers #{code}'); }
return new AlarmStatus(OK, 'answers #{code}');`

/** A check of `url` every 60 s from all zones of the system; `change` makes it another one. */
export function httpCheck(url: string, change: Partial<Check> = {}): Partial<Check> {
  return { type: 'remote.http', details: { url }, target_hostname: new URL(url).hostname, ...change }
}

export function heartbeat(change: Partial<Check> = {}): Partial<Check> {
  return { type: 'heartbeat', monitoring_zones_poll: null, ...change }
}

/** An alarm whose settings precede its criteria: `alarm('QUORUM', { consecutiveCount: 3 })`. */
export function alarm(level: 'ONE' | 'QUORUM' | 'ALL', settings: { readonly consecutiveCount?: number; readonly criteria?: string } = {}): Partial<Alarm> {
  const { consecutiveCount, criteria = codeIs200 } = settings
  const count = consecutiveCount === undefined ? '' : `:set consecutiveCount=${consecutiveCount}\n`
  return { criteria: `:set consistencyLevel=${level}\n${count}${criteria}` }
}

/** Puts a check and alarms together; `n` tells apart several in one scenario. */
export function entityWith(check: Partial<Check>, ...alarms: readonly Partial<Alarm>[]): (zones: readonly string[], n: number) => Draft {
  return (zones, n) => {
    const place = String(n).padStart(4, '0')
    const entity: Entity = { ...none, id: `enSite${place}`, label: `site ${n}`, agent_id: null, ip_addresses: null, managed: false, uri: null }
    const whole: Check = {
      ...none, id: `chSite${place}`, entity_id: entity.id, type: 'remote.http', details: {}, disabled: false, period: 60, timeout: 10,
      monitoring_zones_poll: [...zones], target_alias: null, target_hostname: null, target_resolver: null, confirm: true, ...check,
    }
    return {
      entity, check: whole,
      alarms: alarms.map((one, index) => ({ ...none, id: `alSite${place}${index}`, entity_id: entity.id, check_id: whole.id, notification_plan_id: planId, criteria: null, disabled: false, ...one })),
    }
  }
}

/** What makes a draft, with the first versions of everything. */
export function creation({ entity, check, alarms }: Draft): readonly ConfigurationChange[] {
  return [
    { kind: 'entity', id: entity.id, expected: 0, value: entity },
    { kind: 'check', id: check.id, expected: 0, value: check },
    ...alarms.map((one) => ({ kind: 'alarm', id: one.id, expected: 0, value: one }) as const),
  ]
}

/** The notification and the plan that all alarms of a scenario have: everything goes to the mailbox. */
export function audience(): readonly ConfigurationChange[] {
  const list = [notificationId]
  return [
    { kind: 'notification', id: notificationId, expected: 0, value: { ...none, id: notificationId, label: 'mailbox', type: 'mailbox', details: {} } },
    { kind: 'notificationPlan', id: planId, expected: 0, value: { ...none, id: planId, label: 'everything', critical_state: list, warning_state: list, ok_state: list, unknown_state: null } },
  ]
}
