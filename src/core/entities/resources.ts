import { Type, type Static, type TProperties, type TSchema } from 'typebox'
import { defaults, limits } from './defaults.ts'

/**
 * The resources as they are stored and as the API shows them (reference, sections 9–18): one schema each, from which
 * come the type, the validation and the OpenAPI document. Times are ms since the epoch; period and timeout are seconds.
 */
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const text = (max = 255) => Type.String({ minLength: 1, maxLength: max })
const object = <T extends TProperties>(properties: T) => Type.Object(properties, { additionalProperties: false })

/** A map; the rule for keys stands in the pattern, so that none escapes it. */
const map = <T extends TSchema>(longestKey: number, value: T, maxProperties: number) =>
  Type.Record(Type.String({ pattern: `^[\\s\\S]{1,${longestKey}}$` }), value, { maxProperties, additionalProperties: false })
const flag = () => Type.Boolean({ default: false })

export const Metadata = map(255, text(), 256)
const stamps = { created_at: Type.Integer(), updated_at: Type.Integer() }
const labels = { metadata: orNull(Metadata) }

export const Entity = object({
  id: Type.String(), label: text(),
  agent_id: orNull(Type.String({ pattern: '^[-.\\w]{1,255}$' })),
  ip_addresses: orNull(map(64, Type.String({ format: 'ip' }), 64)),
  managed: flag(), uri: orNull(text(4096)), ...labels, ...stamps,
})
export type Entity = Static<typeof Entity>

export const Check = object({
  id: Type.String(), entity_id: Type.String(), type: text(64), label: orNull(text()),
  details: map(255, Type.Unknown(), 256),
  disabled: flag(), period: Type.Integer({ minimum: 1, maximum: limits.maxHeartbeatPeriod, default: defaults.period }), timeout: Type.Integer({ minimum: 1, maximum: limits.maxPeriod }),
  monitoring_zones_poll: orNull(Type.Array(text(64), { minItems: 1, maxItems: 64, uniqueItems: true })),
  target_alias: orNull(text(64)), target_hostname: orNull(Type.String({ minLength: 1, maxLength: 255, format: 'host' })),
  target_resolver: orNull(Type.Enum(['IPv4', 'IPv6'])),
  /** Ours: false switches off the immediate second look of the other zones. */
  confirm: Type.Boolean({ default: true }), ...labels, ...stamps,
})
export type Check = Static<typeof Check>

export const Alarm = object({
  id: Type.String(), entity_id: Type.String(), check_id: text(64), notification_plan_id: text(64),
  criteria: orNull(text(16_384)), disabled: flag(), label: orNull(text()), ...labels, ...stamps,
})
export type Alarm = Static<typeof Alarm>

export const Notification = object({
  id: Type.String(), label: text(), type: text(64),
  details: map(255, Type.Unknown(), 256), ...labels, ...stamps,
})
export type Notification = Static<typeof Notification>

const notifications = orNull(Type.Array(text(64), { maxItems: 256 }))
export const NotificationPlan = object({
  id: Type.String(), label: text(), critical_state: notifications, warning_state: notifications, ok_state: notifications,
  /** Ours: who hears of an alarm that became UNKNOWN; null pages nobody. */
  unknown_state: notifications, ...labels, ...stamps,
})
export type NotificationPlan = Static<typeof NotificationPlan>

export const MonitoringZone = object({
  id: Type.String(), label: text(), country_code: orNull(Type.String({ pattern: '^[A-Z]{2}$' })),
  source_ips: Type.Array(Type.String()),
  /** null on public zones */
  maximum_checks: orNull(Type.Integer({ minimum: 0, maximum: 1_000_000 })), maximum_agents: orNull(Type.Integer({ minimum: 0, maximum: 1_000_000 })), disabled: flag(),
  ...labels, ...stamps,
})
export type MonitoringZone = Static<typeof MonitoringZone>

export const Suppression = object({
  id: Type.String(), label: orNull(text()),
  notification_plans: Type.Array(text(64), { maxItems: 512 }), entities: Type.Array(text(64), { maxItems: 512 }),
  checks: Type.Array(text(129), { maxItems: 512 }), alarms: Type.Array(text(129), { maxItems: 512 }),
  start_time: Type.Integer(), end_time: Type.Integer(), ...stamps,
})
export type Suppression = Static<typeof Suppression>

export const Account = object({
  id: Type.String(), metadata: orNull(Metadata), webhook_token: orNull(Type.String({ minLength: 10, maxLength: 64 })),
})
export type Account = Static<typeof Account>

/** Who may sign in. Keys and passwords are kept as salted hashes only. */
export interface User {
  readonly name: string; readonly tenant: string; readonly roles: readonly Role[]
  readonly key_hash: string | null; readonly password_hash: string | null
}
export type Role = 'monitoring:admin' | 'monitoring:creator' | 'monitoring:observer'

/** A token is known by the SHA-256 of its text; the text itself is shown once and kept nowhere. */
export interface Token {
  readonly hash: string; readonly tenant: string; readonly user: string; readonly roles: readonly Role[]
  readonly label: string | null; readonly expires_at: number | null; readonly created_at: number
}
