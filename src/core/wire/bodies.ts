import { Type, type Static, type TSchema } from 'typebox'
import { limits } from '../entities/defaults.ts'
import { Notification } from '../entities/resources.ts'

/** Bodies and answers that are no resources of their own. */
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const time = (description: string) => Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000, description })
const letters = Type.Enum(['s', 'i', 'I', 'l', 'L', 'n'])
const state = Type.Enum(['OK', 'WARNING', 'CRITICAL', 'UNKNOWN', 'DISABLED'])
const anyMap = <T extends TSchema>(value: T, maxProperties: number) =>
  Type.Record(Type.String({ pattern: '^[\\s\\S]{1,255}$' }), value, { maxProperties, additionalProperties: false })

/** One zone's result of test-check, as the reference has it: `data` is a text. */
export const CheckResult = Type.Object({
  timestamp: time('when the probe started'),
  monitoring_zone_id: orNull(Type.String()),
  available: Type.Boolean(),
  status: Type.String(),
  metrics: Type.Record(Type.String(), Type.Object({ type: letters, data: Type.String(), unit: Type.String() })),
  debug_info: Type.Optional(Type.Object({ body: Type.String() })),
})
export type CheckResult = Static<typeof CheckResult>

/** The same as it comes in: what a client pastes, numbers and old units too. */
const PastedResult = Type.Object({
  timestamp: Type.Optional(time('when the probe started')),
  monitoring_zone_id: Type.Optional(orNull(Type.String({ maxLength: 64 }))),
  available: Type.Boolean(),
  status: Type.Optional(orNull(Type.String({ maxLength: 1024 }))),
  metrics: Type.Optional(orNull(anyMap(Type.Object({
    type: letters,
    data: orNull(Type.Union([Type.String({ maxLength: 8192 }), Type.Number(), Type.Boolean()])),
    unit: Type.Optional(orNull(Type.String({ maxLength: 64 }))),
  }), 1024))),
})
export const TestAlarm = Type.Object({
  criteria: Type.Optional(orNull(Type.String({ maxLength: 16_384 }))),
  check_data: Type.Array(PastedResult, { maxItems: 1000 }),
})
export type TestAlarm = Static<typeof TestAlarm>
export const Transition = Type.Object({ timestamp: Type.Integer(), state, status: Type.String() })

/** Clients send null for what they do not have, the label too. */
export const TestNotification = Type.Object({
  label: Type.Optional(orNull(Type.String({ maxLength: 255 }))),
  type: Notification.properties.type,
  details: Type.Optional(orNull(Notification.properties.details)),
  metadata: Type.Optional(Type.Unknown()),
})
export type TestNotification = Static<typeof TestNotification>
export const TestOutcome = Type.Object({ status: Type.Enum(['success', 'error']), message: Type.String() })

export const MetricFacts = Type.Object({ name: Type.String(), unit: Type.String(), type: Type.Enum(['S', 'I', 'L', 'D']) })
export const PlotPoint = Type.Object({
  timestamp: Type.Integer(), numPoints: Type.Optional(Type.Integer()), average: Type.Optional(Type.Number()), variance: Type.Optional(Type.Number()),
  min: Type.Optional(Type.Number()), max: Type.Optional(Type.Number()), value: Type.Optional(Type.String()),
})

export const Change = Type.Object({
  id: Type.String(), timestamp: Type.Integer(), entity_id: Type.String(), alarm_id: Type.String(), check_id: Type.String(),
  state, previous_state: state, status: Type.String(), analyzed_by_monitoring_zone_id: orNull(Type.String()),
}, { title: 'Change' })

const Attempt = Type.Object({ message: Type.String(), from: Type.String() })
export const HistoryItem = Type.Object({
  id: Type.String(), timestamp: Type.Integer(), notification_plan_id: orNull(Type.String()), transaction_id: Type.String(),
  status: Type.String(), state, previous_state: state,
  notification_results: Type.Array(Type.Object({
    notification_id: Type.String(), notification_type: Type.String(), notification_details: Type.Record(Type.String(), Type.Unknown()),
    in_progress: Type.Boolean(), success: Type.Boolean(), message: Type.String(), attempts: Type.Array(Attempt),
  })),
}, { title: 'NotificationHistoryItem' })

export const LatestState = Type.Object({
  timestamp: Type.Integer(), entity_id: Type.String(), alarm_id: Type.String(), check_id: Type.String(), status: Type.String(), state,
  previous_state: state, analyzed_by_monitoring_zone_id: orNull(Type.String()), alarm_changelog_id: orNull(Type.String()), alarm_label: Type.Optional(orNull(Type.String())),
}, { title: 'LatestAlarmState' })

export const TypeField = Type.Object({ name: Type.String(), description: Type.String(), optional: Type.Boolean() })
export const ShownCheckType = Type.Object({
  id: Type.String(), category: Type.String(), type: Type.String(), metadata: Type.Null(), supported_platforms: orNull(Type.Array(Type.String())), fields: Type.Array(TypeField),
}, { title: 'CheckType' })
export const ShownNotificationType = Type.Object({ id: Type.String(), fields: Type.Array(TypeField) }, { title: 'NotificationType' })

const Rate = Type.Object({ limit: Type.Integer(), used: Type.Integer(), window: Type.String() })
export const ShownLimits = Type.Object({
  resource: Type.Object({ checks: Type.Integer(), alarms: Type.Integer() }),
  rate: Type.Object({ global: Rate, test_check: Rate, test_alarm: Rate, test_notification: Rate, traceroute: Rate }),
}, { title: 'Limits' })

export const AlarmExample = Type.Object({
  id: Type.String(), label: Type.String(), description: Type.String(), check_type: Type.String(), criteria: Type.String(),
  fields: Type.Array(Type.Object({ name: Type.String(), description: Type.String(), type: Type.String() })),
}, { title: 'AlarmExample' })
export const BindExample = Type.Object({ values: Type.Optional(orNull(anyMap(Type.Union([Type.String({ maxLength: 1024 }), Type.Number()]), 16))) })

const role = Type.Enum(['monitoring:admin', 'monitoring:creator', 'monitoring:observer'])
const tokenFacts = {
  id: Type.String({ description: 'the SHA-256 of its text' }), user: Type.String(), label: orNull(Type.String()), roles: Type.Array(role),
  created_at: Type.Integer(), expires_at: orNull(Type.Integer({ description: 'null: until it is revoked' })),
}
export const ShownToken = Type.Object(tokenFacts, { title: 'Token' })
export const NewToken = Type.Object({ ...tokenFacts, token: Type.String() }, { title: 'NewToken' })
export const TokenDraft = Type.Object({
  label: Type.Optional(orNull(Type.String({ minLength: 1, maxLength: 255 }))),
  roles: Type.Optional(orNull(Type.Array(role, { minItems: 1, maxItems: 3, uniqueItems: true, description: 'default: those of the token that asks' }))),
  days: Type.Optional(orNull(Type.Integer({ minimum: 1, maximum: 36_500, description: 'how long it lasts; default: until it is revoked' }))),
})
export type TokenDraft = Static<typeof TokenDraft>

const pageKeys = { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.page, default: 100 })), marker: Type.Optional(Type.String({ maxLength: 255, description: 'the id of the first item wanted' })) }
const repeated = (description: string) => Type.Optional(Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 100, description }))
export const PageQuery = Type.Object(pageKeys)
export const FilteredQuery = Type.Object({ ...pageKeys, id: repeated('only these') })
export const SeriesQuery = Type.Object({
  ...pageKeys, from: Type.Optional(time('default: seven days before `to`')), to: Type.Optional(time('default: now')),
  reverse: Type.Optional(Type.Boolean({ description: 'newest first' })),
})
export const ChangesQuery = Type.Object({ ...SeriesQuery.properties, entityId: Type.Optional(Type.String({ maxLength: 64 })) })
export const ViewQuery = Type.Object({ ...pageKeys, entityId: repeated('only these entities'), uri: repeated('only entities with these uris'), agentId: repeated('only entities of these agents') })
export const PlotQuery = Type.Object({
  from: time('the first moment, inside'), to: time('the last moment, outside'),
  points: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: 'how many points are wanted; this or resolution' })),
  resolution: Type.Optional(Type.String({ maxLength: 16, pattern: '^(?:[Ff][Uu][Ll][Ll]|[Mm][Ii][Nn](?:5|20|60|240|1440))$' })),
  select: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 16, description: 'average, variance, min, max, numPoints' })),
  marker: Type.Optional(time('where the page before stopped')),
})
export const DebugQuery = Type.Object({ debug: Type.Optional(Type.Boolean({ description: 'adds the response\'s body' })) })

const credential = Type.String({ minLength: 1, maxLength: 255 })
const tenants = { tenantName: Type.Optional(Type.String({ maxLength: 255 })), tenantId: Type.Optional(Type.String({ maxLength: 255 })) }
/** The two ways to sign in, as Keystone's identity service v2.0 has them. */
export const KeyForm = Type.Object({ auth: Type.Object({ 'RAX-KSKEY:apiKeyCredentials': Type.Object({ username: credential, apiKey: credential }), ...tenants }) }, { title: 'ApiKeyForm' })
export const PasswordForm = Type.Object({ auth: Type.Object({ passwordCredentials: Type.Object({ username: credential, password: credential }), ...tenants }) }, { title: 'PasswordForm' })
export type KeyForm = Static<typeof KeyForm>
export type PasswordForm = Static<typeof PasswordForm>
const named = { id: Type.String(), name: Type.String() }
export const Access = Type.Object({
  access: Type.Object({
    token: Type.Object({ id: Type.String(), expires: orNull(Type.String({ format: 'date-time' })), tenant: Type.Object(named) }),
    user: Type.Object({ ...named, roles: Type.Array(Type.Object({ ...named, description: Type.String() })) }),
    serviceCatalog: Type.Array(Type.Object({ name: Type.String(), type: Type.String(), endpoints: Type.Array(Type.Object({ tenantId: Type.String(), publicURL: Type.String() })) })),
  }),
}, { title: 'Access' })
