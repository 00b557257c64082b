import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Metric, MetricType } from '../../core/alarm-language/types.ts'
import type { Observation } from '../../core/observation.ts'
import type { Access } from './hello.ts'
import { problemOf } from './messages.ts'
import { Refused } from './peer.ts'

const WireMetric = Type.Object({ t: Type.String({ maxLength: 16 }), v: Type.String({ maxLength: 65_536 }), u: Type.Optional(Type.Union([Type.String({ maxLength: 255 }), Type.Null()])) })
const Dimension = Type.Tuple([Type.Union([Type.String({ maxLength: 255 }), Type.Null()]), Type.Record(Type.String(), WireMetric)])
const MetricsPost = Compile(Type.Object({
  check_id: Type.String({ minLength: 1, maxLength: 128 }), check_type: Type.String({ minLength: 1, maxLength: 128 }), state: Type.Enum(['available', 'unavailable']),
  status: Type.Optional(Type.String({ maxLength: 4096 })), timestamp: Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 }),
  metrics: Type.Optional(Type.Union([Type.Array(Dimension, { maxItems: 1024 }), Type.Null()])), entity_id: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
}))
const longestStatus = 255

/** Who posts: a session of the original kind. */
export interface Origin { readonly access: Exclude<Access, { kind: 'refused' }>; readonly guid: string; readonly sequence: number; readonly trace: string }

/** `check_metrics.post` and `check_metrics.post_multi` as an observation; throws Refused with what cannot be one. */
export function observationOf(params: unknown, { access, guid, sequence, trace }: Origin): Observation {
  if (!MetricsPost.Check(params)) throw unfit(problemOf(MetricsPost, params))
  const { check_id: check, check_type: type, state, status = 'success', timestamp: at, metrics } = params
  const place = access.kind === 'agent' ? agentPlace(access, type) : pollerPlace(access, params.entity_id)
  return {
    ...place, check, slot: at, kind: 'scheduled', boot: guid.slice(0, 64) || 'unnamed', sequence, at, receivedAt: 0, available: state === 'available', status: status.slice(0, longestStatus),
    metrics: metricsOf(metrics ?? []), target: null, startDelay: 0, lag: 0, stressed: null, trace,
  }
}

/** Letters that stand for the types of agents and pollers. A gauge is a whole number, with a sign. */
const letters: Readonly<Record<string, MetricType>> = { string: 's', bool: 's', gauge: 'l', int32: 'i', uint32: 'I', int64: 'l', uint64: 'L', double: 'n' }
/** how many bits of a hex number hold its sign; 0: it has none */
const signedBits: Readonly<Record<string, number>> = { i: 32, l: 64 }

function metricsOf(dimensions: readonly (readonly [string | null, Readonly<Record<string, { t: string; v: string; u?: string | null }>>])[]): Record<string, Metric> {
  return Object.fromEntries(dimensions.flatMap(([dimension, metrics]) => Object.entries(metrics).map(([name, { t, v, u }]) => {
    const full = dimension === null || dimension === '' ? name : `${dimension}.${name}`
    const type = letters[t]
    if (type === undefined) throw unfit(`metric ${full} has the unknown type ${JSON.stringify(t)}`)
    return [full, { type, value: type === 's' ? v : numberOf(full, v, signedBits[type] ?? 0), unit: unitOf(u) }]
  })))
}

function numberOf(name: string, text: string, bits: number): number {
  const hex = /^0x[0-9a-fA-F]{1,16}$/.test(text) ? BigInt(text) : undefined
  const value = hex === undefined ? Number(text) : Number(bits === 0 ? hex : BigInt.asIntN(bits, hex))
  if (text.trim() === '' || !Number.isFinite(value)) throw unfit(`metric ${name} is no number`)
  return value
}

/** Pollers shout some units. */
function unitOf(unit: string | null | undefined): string {
  if (unit === undefined || unit === null || unit === '') return 'unknown'
  return /^[A-Z]+$/.test(unit) ? unit.toLowerCase() : unit
}

function agentPlace({ tenant, entity }: Extract<Access, { kind: 'agent' }>, type: string): Pick<Observation, 'tenant' | 'entity' | 'zone'> {
  if (!type.startsWith('agent.')) throw unfit(`an agent reports checks of types agent.*; this one is ${type}`)
  if (entity === null) throw unfit('no entity has this agent\'s agent_id')
  return { tenant, entity, zone: 'agent' }
}

function pollerPlace({ tenant, zones }: Extract<Access, { kind: 'poller' }>, entity: string | undefined): Pick<Observation, 'tenant' | 'entity' | 'zone'> {
  const [zone, ...others] = zones
  if (tenant === null) throw unfit('a poller of public zones has to say whose checks it reports: it uses vedette.observations.post')
  if (zone === undefined || others.length > 0) throw unfit('which of its zones it speaks for cannot be told; let it serve one')
  if (entity === undefined) throw unfit('entity_id is missing')
  return { tenant, entity, zone }
}

/** Code 400 is the one after which an agent of the original kind keeps its connection. */
function unfit(message: string): Refused {
  return new Refused({ code: 400, type: 'badRequest', message: `cannot take these metrics: ${message}` })
}
