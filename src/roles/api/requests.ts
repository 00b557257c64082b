import type { FastifyRequest } from 'fastify'
import type { TObject, TSchema } from 'typebox'
import { Refusal, invalid, wrongPrefix } from '../../core/wire/errors.ts'
import { explain, fit, type Problem } from '../../core/wire/fit.ts'
import { paramPrefixes, type Route } from '../../core/wire/routes.ts'
import type { Place } from '../../core/wire/page.ts'
import { parseBody, type BodyLimits } from './body.ts'

/** Ids in the address that are of the wrong kind are refused before anything is looked up. */
export function checkParams(params: Readonly<Record<string, string>>): void {
  for (const [name, id] of Object.entries(params)) {
    const expected = paramPrefixes[name]
    if (expected !== undefined && !expected.some((prefix) => id.startsWith(prefix))) throw wrongPrefix(id, expected)
  }
}

/** The query as its route's schema reads it; keys that the route does not know are passed over. */
export function readQuery(schema: TObject | undefined, raw: unknown): Record<string, unknown> {
  if (schema === undefined) return {}
  const given = Object.entries(Object(raw)).map(([key, value]) => {
    const isList = isArray(schema.properties[key])
    if (!isList && Array.isArray(value)) return [key, value.length === 1 ? value[0] : value]
    return [key, isList && !Array.isArray(value) ? [value] : value]
  })
  const fitted = fit(schema, Object.fromEntries(given))
  // fit makes an object of an object schema.
  if (fitted.ok) return fitted.value as Record<string, unknown>
  throw refusalFor(fitted.problems)
}

const isArray = (schema: TSchema | undefined): boolean => schema !== undefined && 'type' in schema && schema.type === 'array'

function refusalFor(problems: readonly Problem[]): Refusal {
  const [first] = problems
  if (first === undefined) return invalid('', 'not valid')
  return first.key === 'limit' ? new Refusal('invalidLimit', 'Invalid limit', explain(first)) : invalid(first.key, explain(first))
}

/** The body as its route's schema reads it; `ignored` gets the names of keys that nobody knows. */
export function readRouteBody(route: Route, bytes: unknown, contentType: string | undefined, limits: BodyLimits, ignored: string[]): Record<string, unknown> {
  if (route.body === undefined) return {}
  const body = Buffer.isBuffer(bytes) ? parseBody(bytes, contentType, limits) : undefined
  if (body === undefined) throw new Refusal('badRequest', 'Validation error', 'A body is required')
  const passedOver = new Set(route.passedOver)
  const kept = typeof body === 'object' && body !== null && !Array.isArray(body)
    ? Object.fromEntries(Object.entries(body).filter(([key]) => route.body?.properties[key] !== undefined || !passedOver.has(key)))
    : body
  const fitted = fit(route.body, kept)
  if (!fitted.ok) throw refusalFor(fitted.problems)
  ignored.push(...fitted.ignored)
  return fitted.value as Record<string, unknown>
}

/** Names in a header: printable, and not without end. */
export function ignoredHeader(ignored: readonly string[]): string {
  return ignored.slice(0, 20).map((name) => encodeURIComponent(name.slice(0, 64).toWellFormed())).join(', ')
}

/** The server's address as this client knows it. */
export function originOf(request: FastifyRequest, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl
  const { host } = request.headers
  if (host !== undefined && /^[A-Za-z0-9._\-[\]:]{1,255}$/.test(host)) return `http://${host}`
  const { localAddress = '127.0.0.1', localPort = 80 } = request.raw.socket
  return `http://${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`
}

export function placeOf(request: FastifyRequest, origin: string): Place {
  const [path = '', query = ''] = (request.raw.url ?? '').split('?', 2)
  return { url: origin + path, query: [...new URLSearchParams(query)] }
}
