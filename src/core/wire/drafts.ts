import { Type, type TObject, type TSchema } from 'typebox'
import { Account, Alarm, Check, Entity, MonitoringZone, Notification, NotificationPlan } from '../entities/resources.ts'
import { invalid } from './errors.ts'

/** Who may write what of a resource, and the schemas of bodies that follow from it. */
export interface Writable {
  readonly create: TObject
  readonly update: TObject
  /** keys that stay as they were made; naming the same value again is no error */
  readonly immutable: readonly string[]
  /** keys that a body may carry and that are not taken from it */
  readonly readOnly: readonly string[]
  readonly defaults: Readonly<Record<string, unknown>>
}

const stampKeys = ['created_at', 'updated_at', 'active_suppressions', 'scheduled_suppressions', 'confd_name', 'confd_hash', 'collectors', 'heartbeat_url']

function writable(schema: TObject, required: readonly string[], optional: readonly string[], immutable: readonly string[] = []): Writable {
  const rule = (key: string): TSchema => {
    const found = schema.properties[key]
    if (found === undefined) throw new RangeError(`There is no ${key}`)
    return found
  }
  const loose = (key: string): TSchema => {
    const { default: _, ...rules } = rule(key) as TSchema & { default?: unknown }
    return Type.Optional('anyOf' in rules ? rules : Type.Union([rules, Type.Null()]))
  }
  const optionals = Object.fromEntries(optional.map((key) => [key, loose(key)]))
  const changeable = required.filter((key) => !immutable.includes(key))
  return {
    create: Type.Object({ ...Object.fromEntries(required.map((key) => [key, rule(key)])), ...optionals }),
    update: Type.Object({
      ...Object.fromEntries(changeable.map((key) => [key, Type.Optional(rule(key))])), ...optionals,
      ...Object.fromEntries(immutable.map((key) => [key, Type.Optional(Type.Unknown())])),
    }),
    immutable,
    readOnly: [...stampKeys, 'id', 'entity_id'],
    // Only some schemas have a default; it is then a plain value.
    defaults: Object.fromEntries(optional.map((key) => [key, (rule(key) as { default?: unknown }).default ?? null])),
  }
}

export const writables = {
  account: writable(Account, [], ['metadata', 'webhook_token']),
  entity: writable(Entity, ['label'], ['agent_id', 'ip_addresses', 'managed', 'metadata', 'uri'], ['id']),
  check: writable(Check, ['type'], [
    'details', 'label', 'disabled', 'metadata', 'period', 'timeout', 'monitoring_zones_poll', 'target_alias', 'target_hostname', 'target_resolver', 'confirm',
  ], ['id', 'type', 'entity_id']),
  alarm: writable(Alarm, ['check_id', 'notification_plan_id'], ['criteria', 'disabled', 'label', 'metadata'], ['id', 'check_id', 'entity_id']),
  notification: writable(Notification, ['label', 'type'], ['details', 'metadata'], ['id', 'type']),
  notificationPlan: writable(NotificationPlan, ['label'], ['critical_state', 'warning_state', 'ok_state', 'unknown_state', 'metadata'], ['id']),
  monitoringZone: writable(MonitoringZone, ['label'], ['maximum_checks', 'maximum_agents', 'disabled', 'metadata'], ['id']),
} as const
export type WritableName = keyof typeof writables

/** The value of a new object: what the body says, and the default of what it does not say or says null of. */
export function fromDraft<T extends object>(name: WritableName, draft: Readonly<Record<string, unknown>>, fixed: Partial<T>): T {
  const said = Object.entries(draft).filter(([, value]) => value !== null && value !== undefined)
  // Together the draft, the defaults and what is fixed make every key of a T: the schemas come from T's own.
  return { ...writables[name].defaults, ...Object.fromEntries(said), ...fixed } as T
}

/** The value after a change: keys that the body does not name stay, null goes back to the default. Refuses to change what is immutable. */
export function withChange<T extends object>(name: WritableName, standing: T, change: Readonly<Record<string, unknown>>, fixed: Partial<T>): T {
  const { immutable, defaults } = writables[name]
  const before = new Map<string, unknown>(Object.entries(standing))
  for (const key of immutable) {
    if (change[key] !== undefined && change[key] !== before.get(key)) throw invalid(key, `${key} cannot be changed`)
  }
  const said = Object.entries(change).filter(([key]) => !immutable.includes(key)).map(([key, value]) => [key, value ?? defaults[key] ?? null])
  return { ...standing, ...Object.fromEntries(said), ...fixed }
}
