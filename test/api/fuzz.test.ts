import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedRandom, type SimulatedRandom } from '../../src/adapters/simulated/random.ts'
import { askAt, made, type Answer } from './raw.ts'
import { startTestServer, tenant, type TestServer } from './server.ts'

type Json = Readonly<Record<string, unknown>>
interface Operation {
  readonly operationId: string
  readonly parameters: readonly { readonly name: string; readonly in: 'path' | 'query'; readonly required: boolean; readonly schema: Json }[]
  readonly requestBody?: { readonly content: { readonly 'application/json'?: { readonly schema: Json }; readonly '*/*'?: { readonly schema: Json } } }
  readonly responses: Readonly<Record<string, Json>>
}
interface Document { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>; readonly components: { readonly schemas: Readonly<Record<string, Json>> } }

const seed = Number(process.env.FUZZ_SEED ?? 7)
const rounds = Number(process.env.FUZZ_ROUNDS ?? 20)
const oddTexts = ['', ' ', '0', '-1', 'true', 'null', '[]', '../..', '%00', '\u0000', '__proto__', 'constructor', 'ü😀', '\ud800', 'x'.repeat(5000), '60', '1e9', 'http://x/', 'https://example.com/', '127.0.0.1', '::1', 'mzone', '(', '[a-z]+', '********', 'a.b', 'GET']
const oddValues: readonly unknown[] = [null, true, false, 0, -1, 1.5, 1e308, 2 ** 53, [], {}, [[]], [null], { a: { b: [] } }, JSON.parse('{"__proto__":{"x":1},"constructor":{}}')]

/** Makes values that nearly fit a schema, and some that do not at all. */
class Fuzzer {
  readonly #random: SimulatedRandom
  readonly #document: Document
  readonly ids: string[] = ['npTechnicalContactsEmail', 'mzone', 'mztwo']

  constructor(random: SimulatedRandom, document: Document) {
    this.#random = random
    this.#document = document
  }

  value(schema: Json, key = ''): unknown {
    if (this.#random.chance(0.06)) return this.#random.chance(0.5) ? this.#random.pick(oddValues) : this.#random.pick(oddTexts)
    const { $ref: ref, anyOf, enum: words, type } = schema as { $ref?: string; anyOf?: readonly Json[]; enum?: readonly unknown[]; type?: string }
    if (ref !== undefined) return this.value(this.#document.components.schemas[ref.split('/').at(-1) ?? ''] ?? {}, key)
    if (key === 'details') return this.value(this.#random.pick(Object.entries(this.#document.components.schemas).filter(([name]) => name.includes('Details.')).map(([, one]) => one)))
    if (anyOf !== undefined) return this.value(this.#random.pick(anyOf), key)
    if (words !== undefined) return this.#random.pick(words)
    switch (type) {
      case 'string': return this.text(key)
      case 'integer': return this.#random.pick([0, 1, 5, 30, 60, 100, 1800, 1_795_443_482_290, '60', this.#random.integer(0, 5000)])
      case 'number': return this.#random.float() * 1000
      case 'boolean': return this.#random.pick([true, false, 'true'])
      case 'null': return null
      case 'array': return Array.from({ length: this.#random.integer(0, 4) }, () => this.value(schema.items as Json ?? {}, key))
      case 'object': return this.object(schema)
      case undefined:
      default: return this.#random.pick<unknown>([...oddValues, ...oddTexts])
    }
  }

  object({ properties, patternProperties, required = [] }: Json): Json {
    if (patternProperties !== undefined) return Object.fromEntries(Array.from({ length: this.#random.integer(0, 4) }, () => [this.text(), this.value(Object.values(Object(patternProperties))[0] as Json)]))
    const known = Object.entries(Object(properties) as Record<string, Json>).filter(([name]) => (required as readonly string[]).includes(name) ? this.#random.chance(0.97) : this.#random.chance(0.4))
    const extra = this.#random.chance(0.1) ? [[this.text(), this.#random.pick(oddValues)]] : []
    return Object.fromEntries([...known.map(([name, schema]) => [name, this.value(schema, name)]), ...extra])
  }

  text(key = ''): string {
    const byName: Readonly<Record<string, readonly string[]>> = {
      type: ['remote.http', 'remote.http', 'remote.tcp', 'webhook', 'email', 'agent.vedette'], url: ['http://example.com/', 'https://example.com/x'], monitoring_zones_poll: ['mzone', 'mztwo'], target_hostname: ['example.com', '127.0.0.1'],
      criteria: ['return new AlarmStatus(OK);', 'if (metric["code"] regex "(a+)+$") { return new AlarmStatus(CRITICAL); }', 'if ('],
    }
    if (byName[key] !== undefined && this.#random.chance(0.9)) return this.#random.pick(byName[key])
    return this.#random.chance(0.4) ? this.#random.pick(this.ids) : this.#random.pick(oddTexts)
  }

  path(path: string): string {
    return path.replace('{tenantId}', tenant).replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const prefix = { entityId: 'en', checkId: 'ch', alarmId: 'al', notificationId: 'nt', planId: 'np', zoneId: 'pz' }[name]
      const fitting = this.ids.filter((id) => prefix === undefined || id.startsWith(prefix))
      const text = fitting.length > 0 && this.#random.chance(0.85) ? this.#random.pick(fitting) : this.#random.pick(oddTexts)
      return encodeURIComponent(text.toWellFormed()) || '-'
    })
  }

  query({ parameters }: Operation): string {
    const query = new URLSearchParams()
    for (const { name, in: where, required, schema } of parameters) {
      if (where !== 'query' || !this.#random.chance(required ? 0.95 : 0.25)) continue
      const value = this.value(schema, name)
      for (const one of Array.isArray(value) ? value : [value]) query.append(name, typeof one === 'string' ? one.toWellFormed() : JSON.stringify(one))
    }
    return query.size === 0 ? '' : `?${query.toString()}`
  }
}

async function fill(server: TestServer, fuzzer: Fuzzer): Promise<void> {
  const entity = await made(server, '/entities', { label: 'x', ip_addresses: { a: '127.0.0.1' } })
  const check = await made(server, `/entities/${entity}/checks`, { type: 'remote.http', details: { url: 'http://x/' }, monitoring_zones_poll: ['mzone'], target_alias: 'a' })
  const plan = await made(server, '/notification_plans', { label: 'x' })
  const alarm = await made(server, `/entities/${entity}/alarms`, { check_id: check, notification_plan_id: plan })
  const notification = await made(server, '/notifications', { label: 'x', type: 'webhook', details: { url: 'https://x/' } })
  fuzzer.ids.push(entity, check, plan, alarm, notification, await made(server, '/monitoring_zones', { label: 'x' }))
}

function problemOf(answer: Answer, operation: Operation): string | undefined {
  if (answer.status >= 500) return 'a 5xx'
  if (operation.responses[answer.status] === undefined) return 'a status that is not in the document'
  if (answer.status >= 400) return ['type', 'code', 'message', 'details', 'txnId'].every((key) => key in answer.json) ? undefined : 'an error without its shape'
  if ([201, 204].includes(answer.status) && answer.text !== '') return 'a body where there is none'
  return answer.status === 201 && !answer.headers.has('x-object-id') ? 'a 201 without an id' : undefined
}

test('nothing that the document allows, or nearly, is answered with a 5xx or with what it does not name', async () => {
  await using server = await startTestServer({ rates: { global: 1e6, test_check: 1e6, test_alarm: 1e6, test_notification: 1e6, traceroute: 1e6 } })
  const document = await (await fetch(`${server.url}/openapi.json`)).json() as Document
  const fuzzer = new Fuzzer(simulatedRandom(seed), document)
  await fill(server, fuzzer)
  const good = new Set<string>()
  const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })))
  for (let round = 0; round < rounds; round++) {
    for (const { path, method, operation } of operations) {
      const url = fuzzer.path(path) + fuzzer.query(operation)
      const schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema
      const body = schema === undefined ? undefined : JSON.stringify(fuzzer.value(schema))
      const answer = await askAt(server, method, url, body)
      const problem = problemOf(answer, operation)
      assert.equal(problem, undefined, `seed ${seed}: ${method} ${url} ${body?.slice(0, 500) ?? ''} → ${answer.status} ${answer.text.slice(0, 300)}`)
      if (answer.status < 300) good.add(operation.operationId)
      const id = answer.status === 201 ? answer.headers.get('x-object-id') : null
      if (id !== null && fuzzer.ids.length < 60) fuzzer.ids.push(id)
      if (method === 'DELETE' && answer.status === 204) await fill(server, fuzzer)
    }
  }
  // Luck decides which requests are good ones; were it few of them, the fuzz would only knock at closed doors.
  assert.ok(good.size > operations.length / 2, `seed ${seed}: only ${[...good].join(', ')} were ever answered well`)
})
