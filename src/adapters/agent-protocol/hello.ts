import { isObject } from './framing.ts'
import { Refused } from './peer.ts'

/** What a program says of itself before anything else. */
export interface Hello {
  readonly token: string
  /** the process, or its set of connections */
  readonly guid: string
  readonly agentId: string
  readonly agentName: string
  readonly version: string
  /** the zones that a poller serves; an agent names none */
  readonly zones: readonly string[]
  readonly isPoller: boolean
  /** whether it knows our additions */
  readonly isVedette: boolean
  /** where it connects from */
  readonly address: string
}

/** What a token opens. `tenant: null` stands for everybody's checks: a poller of public zones. */
export type Access =
  | { readonly kind: 'poller'; readonly zones: readonly string[]; readonly tenant: string | null }
  | { readonly kind: 'agent'; readonly tenant: string; /** the entity that names this agent, if any */ readonly entity: string | null }
  | { readonly kind: 'refused'; readonly reason: string }
export type Authenticate = (hello: Hello) => Promise<Access>

/** How both sides say that they know our additions. */
export const vedetteFeature = { name: 'vedette', version: '1.0.0' } as const

const longest = 512
const mostZones = 64

/** Reads the parameters of `handshake.hello`; throws Refused with what is missing. */
export function readHello(params: Readonly<Record<string, unknown>>, guid: string, address: string): Hello {
  const features = featuresOf(params.features)
  return {
    token: text(params, 'token'), guid: guid.slice(0, longest), agentId: text(params, 'agent_id'), agentName: text(params, 'agent_name', ''), version: text(params, 'process_version', ''),
    zones: zonesOf(params.zone_ids), isPoller: features.has('poller'), isVedette: features.has(vedetteFeature.name), address,
  }
}

/** The names of what is not disabled. */
export function featuresOf(features: unknown): ReadonlySet<string> {
  if (!Array.isArray(features)) return new Set()
  return new Set(features.flatMap((feature: unknown) => (isObject(feature) && typeof feature.name === 'string' && feature.disabled !== true ? [feature.name] : [])))
}

function text(params: Readonly<Record<string, unknown>>, name: string, fallback?: string): string {
  const value = params[name] ?? fallback
  if (typeof value === 'string' && value.length <= longest) return value
  throw new Refused({ code: 400, type: 'badRequest', message: `handshake.hello needs ${name}, a text of at most ${longest} characters` })
}

function zonesOf(zones: unknown): readonly string[] {
  if (zones === undefined || zones === null) return []
  if (Array.isArray(zones) && zones.length <= mostZones && zones.every((zone) => typeof zone === 'string' && zone.length <= longest)) return zones
  throw new Refused({ code: 400, type: 'badRequest', message: `zone_ids must be a list of at most ${mostZones} zones` })
}
