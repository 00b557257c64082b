import { Type, type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Metric } from '../../core/alarm-language/types.ts'
import type { Observation } from '../../core/observation.ts'
import type { ScheduledCheck } from '../../contracts/configuration.ts'
import type { ConfirmRequest } from '../../contracts/transport.ts'

/** The names of our additions. */
export const methods = {
  post: 'vedette.observations.post', schedule: 'vedette.schedule.get', subscribe: 'vedette.confirm.subscribe', confirm: 'vedette.confirm.request',
} as const

const text = (most: number) => Type.String({ maxLength: most })
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const time = () => Type.Number({ minimum: 0, maximum: 8_640_000_000_000_000 })
const id = () => Type.String({ minLength: 1, maxLength: 128 })

const WireObservation = Type.Object({
  tenant: id(), entity: id(), check: id(), zone: id(), slot: time(), kind: Type.Enum(['scheduled', 'confirming', 'test']), boot: id(), sequence: Type.Integer({ minimum: 0 }),
  at: time(), available: Type.Boolean(), status: text(1024),
  /** of each metric `sound` keeps what is one */
  metrics: Type.Record(Type.String(), Type.Unknown(), { maxProperties: 2048 }),
  target: orNull(text(255)), startDelay: Type.Number(), lag: Type.Number(), stressed: orNull(text(1024)), trace: text(255),
})
const WireMetric = Type.Object({ type: Type.Enum(['s', 'i', 'I', 'l', 'L', 'n']), value: Type.Union([text(65_536), Type.Number()]), unit: text(255) })
const observation = Compile(WireObservation)
const metric = Compile(WireMetric)

/** Most observations that one post may carry. */
export const mostObservations = 10_000
export const PostParams = Compile(Type.Object({
  observations: Type.Array(Type.Unknown(), { maxItems: mostObservations }), live: Type.Boolean(),
  ages: Type.Optional(orNull(Type.Array(orNull(Type.Number({ minimum: 0 })), { maxItems: mostObservations }))),
}))
export const PostResult = Compile(Type.Object({
  acknowledged: Type.Array(Type.String()),
  refused: Type.Optional(Type.Array(Type.Object({ index: Type.Integer({ minimum: 0 }), reason: Type.String() }))),
}))

export const ScheduleParams = Compile(Type.Object({ zone: id(), poller: id(), cursor: text(1024) }))
export const PageParams = Compile(Type.Object({ page: text(64) }))
const WireCheck = Type.Object({
  tenant: id(), version: Type.Number(),
  entity: Type.Object({ id: id(), label: Type.Optional(Type.String()), ip_addresses: orNull(Type.Record(Type.String(), Type.String())) }),
  check: Type.Object({
    id: id(), type: id(), label: Type.Optional(orNull(Type.String())), details: Type.Record(Type.String(), Type.Unknown()), period: Type.Number({ minimum: 1 }), timeout: Type.Number({ minimum: 1 }),
    monitoring_zones_poll: orNull(Type.Array(Type.String())), target_alias: orNull(Type.String()), target_hostname: orNull(Type.String()),
    target_resolver: orNull(Type.Enum(['IPv4', 'IPv6'])), confirm: Type.Optional(Type.Boolean()),
  }),
})
type WireCheck = Static<typeof WireCheck>
/** The first page of a schedule has everything; the ones behind it have checks only. */
export const SchedulePage = Compile(Type.Object({ upserts: Type.Array(WireCheck), next: orNull(Type.String()), unopened: Type.Optional(Type.Array(Type.String())) }))
export const ScheduleHead = Compile(Type.Object({ cursor: Type.String(), full: Type.Boolean(), removes: Type.Array(Type.String()), pollers: Type.Array(Type.String()) }))

export const SubscribeParams = Compile(Type.Object({ zone: id() }))
const Confirm = Compile(Type.Object({ check: id(), slot: time(), askedBy: text(255), trace: text(255), notBefore: Type.Optional(Type.Number()) }))

export const HelloResult = Compile(Type.Object({ heartbeat_interval: Type.Number(), features: Type.Optional(Type.Unknown()), endpoint: Type.Optional(Type.String()) }))

/** An observation that came from outside, or what is wrong with it. Metrics that are none, such as a number that JSON has no word for, are left out. */
export function readObservation(value: unknown): Observation | string {
  if (!observation.Check(value)) return `no observation: ${problemOf(observation, value)}`
  const { tenant, entity, check, zone, slot, kind, boot, sequence, at, available, status, metrics, target, startDelay, lag, stressed, trace } = value
  return { tenant, entity, check, zone, slot, kind, boot, sequence, at, receivedAt: 0, available, status, metrics: sound(metrics), target, startDelay, lag, stressed, trace }
}

function sound(metrics: Readonly<Record<string, unknown>>): Record<string, Metric> {
  return Object.fromEntries(Object.entries(metrics).flatMap(([name, value]) => (metric.Check(value) && name.length <= 255 ? [[name, { type: value.type, value: value.value, unit: value.unit }]] : [])))
}

/** What a poller needs of a check; `details` are open. */
export function wireCheck({ tenant, version, entity, check }: ScheduledCheck, details: ScheduledCheck['check']['details']): WireCheck {
  const { id: checkId, type, label, period, timeout, monitoring_zones_poll, target_alias, target_hostname, target_resolver, confirm } = check
  return {
    tenant, version, entity: { id: entity.id, label: entity.label, ip_addresses: entity.ip_addresses },
    check: { id: checkId, type, label, details, period, timeout, monitoring_zones_poll, target_alias, target_hostname, target_resolver, confirm },
  }
}

/** The same at the other end; what a poller does not need is empty. */
export function scheduledCheck({ tenant, version, entity, check }: WireCheck): ScheduledCheck {
  const none = { metadata: null, created_at: 0, updated_at: 0 }
  return {
    tenant, version,
    entity: { ...none, id: entity.id, label: entity.label ?? '', ip_addresses: entity.ip_addresses, agent_id: null, managed: false, uri: null },
    check: { ...none, label: null, confirm: true, ...check, entity_id: entity.id, disabled: false },
  }
}

export function readConfirm(value: unknown): ConfirmRequest | undefined {
  if (!Confirm.Check(value)) return undefined
  const { check, slot, askedBy, trace, notBefore } = value
  return { check, slot, askedBy, trace, ...(notBefore === undefined ? {} : { notBefore }) }
}

/** The first thing that does not fit, in words, without the value: it may be a secret. */
export function problemOf(schema: { Errors(value: unknown): readonly { readonly instancePath: string; readonly message: string }[] }, value: unknown): string {
  const [first] = schema.Errors(value)
  return first === undefined ? 'it does not fit' : `${first.instancePath === '' ? 'it' : first.instancePath.slice(1).replaceAll('/', '.')} ${first.message}`
}
