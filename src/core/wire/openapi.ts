import type { TObject, TSchema } from 'typebox'
import { Access, KeyForm, PasswordForm } from './bodies.ts'
import { errorTypes, type ErrorType } from './errors.ts'
import { commonErrors, paramPrefixes, routes, type Answer, type Route } from './routes.ts'

type Json = Readonly<Record<string, unknown>>
/** Details of check types and channels, by the name that their schema gets in the document. */
export type DetailSchemas = Readonly<Record<string, TObject>>

/** Every error that a route may answer. */
export function errorsOf(route: Route): readonly ErrorType[] {
  const withBody = route.method === 'POST' || route.method === 'PUT' ? ['badRequest', 'requestTooLargeError'] as const : []
  return [...new Set([...commonErrors, ...withBody, ...route.errors])]
}

/** The OpenAPI 3.1 document of the API, from the same table and schemas that serve it. */
export function openApi(version: string, details: DetailSchemas): Json {
  const schemas = new Schemas()
  const paths: Record<string, Record<string, Json>> = {}
  for (const [id, route] of Object.entries(routes) as [string, Route][]) {
    const path = `/v1.0/{tenantId}${route.path}`
    const operations = paths[path] ??= {}
    operations[route.method.toLowerCase()] = operation(id, route, schemas)
  }
  Object.assign(paths, openPaths(schemas))
  for (const [name, schema] of Object.entries(details)) schemas.add(name, schema)
  return {
    openapi: '3.1.0',
    info: { title: 'Vedette', version, description: 'Monitoring API v1.0. Times are milliseconds since the epoch. Whole numbers and booleans may be sent as texts; unknown keys are ignored and named in X-Vedette-Ignored.' },
    security: [{ token: [] }],
    paths,
    components: { securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' } }, headers, schemas: { Error: errorSchema, ...schemas.all } },
  }
}

/** The addresses that ask for no token. */
function openPaths(schemas: Schemas): Record<string, Record<string, Json>> {
  const signIn = {
    operationId: 'identity.signIn', summary: 'Signs in; the token lasts a day', security: [], parameters: [],
    requestBody: { required: true, content: { 'application/json': { schema: { anyOf: [schemas.refer(KeyForm), schemas.refer(PasswordForm)] } } } },
    responses: { 200: { description: 'done', headers: withHeaders(), content: { 'application/json': { schema: schemas.refer(Access) } } }, ...failures(['badRequest', 'unauthorizedError', 'requestTooLargeError', 'rateLimitReached', 'internalError', 'systemFailureError']) },
  }
  const report = (operationId: string, summary: string) => ({
    operationId, summary, security: [], parameters: pathParameters('/{entityId}/{checkId}/{key}'),
    requestBody: { required: false, content: { '*/*': { schema: { description: 'an object becomes metrics, any other text the status' } } } },
    responses: { 200: { description: 'recorded', headers: withHeaders(), content: { 'text/plain': { schema: { const: 'ok\n' } } } }, ...failures(['notFoundError', 'requestTooLargeError', 'rateLimitReached', 'internalError', 'systemFailureError']) },
  })
  const beat = '/heartbeat/{tenantId}/{entityId}/{checkId}/{key}'
  return {
    '/v2.0/tokens': { post: signIn },
    [beat]: { post: report('heartbeat.report', 'A job reports; GET and HEAD do the same') },
    [`${beat}/fail`]: { post: report('heartbeat.fail', 'A job says that it failed; GET and HEAD do the same') },
  }
}

function operation(operationId: string, route: Route, schemas: Schemas): Json {
  const base = { operationId, summary: route.about, parameters: [...pathParameters(route.path), ...queryParameters(route, schemas)], responses: { ...success(route.answer, schemas), ...failures(errorsOf(route)) } }
  return route.body === undefined ? base : { ...base, requestBody: { required: true, content: { 'application/json': { schema: schemas.refer(route.body) } } } }
}

function pathParameters(path: string): readonly Json[] {
  const names = ['tenantId', ...[...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')]
  return names.map((name) => {
    const prefixes = paramPrefixes[name]
    return { name, in: 'path', required: true, schema: { type: 'string', ...(prefixes === undefined ? {} : { pattern: `^(?:${prefixes.join('|')})` }) } }
  })
}

function queryParameters({ query, method }: Route, schemas: Schemas): readonly Json[] {
  const own = Object.entries(query?.properties ?? {}).map(([name, schema]) => ({
    // typebox leaves `required` out where nothing is.
    name, in: 'query', required: (query?.required as readonly string[] | undefined)?.includes(name) === true, schema: schemas.refer(schema),
  }))
  const audit = ['_who', '_why'].map((name) => ({ name, in: 'query', required: false, schema: { type: 'string' }, description: 'kept in the log of changes' }))
  return method === 'GET' ? own : [...own, ...audit]
}

const refer = (kind: string, name: string): Json => ({ $ref: `#/components/${kind}/${name}` })
const headers = {
  'X-Response-Id': { description: 'the transaction, as errors and the log name it', schema: { type: 'string' } },
  'X-RateLimit-Limit': { schema: { type: 'integer' } }, 'X-RateLimit-Remaining': { schema: { type: 'integer' } }, 'X-RateLimit-Used': { schema: { type: 'integer' } },
  'X-RateLimit-Window': { schema: { type: 'string' } }, 'X-RateLimit-Type': { schema: { type: 'string' } },
  'X-Vedette-Ignored': { description: 'keys of the body that nobody knows', schema: { type: 'string' } },
  Location: { description: 'the object\'s address', schema: { type: 'string', format: 'uri' } },
  'X-Object-ID': { description: 'the object\'s id', schema: { type: 'string' } },
  'Retry-After': { description: 'seconds', schema: { type: 'integer' } },
} as const
type HeaderName = keyof typeof headers
const withHeaders = (...names: readonly HeaderName[]): Json => Object.fromEntries(['X-Response-Id' as const, ...names].map((name) => [name, refer('headers', name)]))
const rates = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Used', 'X-RateLimit-Window', 'X-RateLimit-Type'] as const

function success(answer: Answer, schemas: Schemas): Json {
  if (answer.status === 200) return { 200: { description: 'done', headers: withHeaders(...rates, 'X-Vedette-Ignored'), content: { 'application/json': { schema: schemas.refer(answer.schema) } } } }
  const located = answer.located ? ['Location', 'X-Object-ID', 'X-Vedette-Ignored'] as const : []
  return { [answer.status]: { description: answer.status === 201 ? 'created; no body' : 'done; no body', headers: withHeaders(...rates, ...located) } }
}

/** One response a status; its description names the types that it stands for. */
function failures(errors: readonly ErrorType[]): Json {
  const byStatus = Map.groupBy(errors, (type) => errorTypes[type].status)
  return Object.fromEntries([...byStatus].map(([status, types]) => [status, {
    description: types.map((type) => `${type}: ${errorTypes[type].about}`).join('; '),
    headers: types.some((type) => errorTypes[type].retry) ? withHeaders('Retry-After') : withHeaders(),
    content: { 'application/json': { schema: refer('schemas', 'Error') } },
  }]))
}

const errorSchema = {
  type: 'object', required: ['type', 'code', 'message', 'details', 'txnId'],
  properties: {
    type: { enum: Object.keys(errorTypes) }, code: { type: 'integer' }, message: { type: 'string' },
    details: { description: 'a text; for alarmParseError an object that says where and why' }, txnId: { type: 'string' },
  },
}

/** Schemas that have a title stand once in the document, under it. */
class Schemas {
  readonly all: Record<string, unknown> = {}

  add(name: string, schema: TSchema): void {
    this.all[name] = this.#plain(schema, true)
  }

  refer(schema: TSchema): unknown {
    return this.#plain(schema, false)
  }

  #plain(value: unknown, inside: boolean): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#plain(item, false))
    if (typeof value !== 'object' || value === null) return value
    const title = 'title' in value && typeof value.title === 'string' && 'type' in value ? value.title : undefined
    if (title !== undefined && !inside) {
      if (this.all[title] === undefined) this.all[title] = this.#plain(value, true)
      return refer('schemas', title)
    }
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, this.#plain(part, false)]))
  }
}
