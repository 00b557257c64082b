import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ErrorType } from '../../src/core/wire/errors.ts'
import { ask, assertRefused, made } from './raw.ts'
import { startTestServer, type TestServer } from './server.ts'

const stranger = 'strangers00'
const text = (max: number, optional = false) => [5, true, [], {}, '', 'x'.repeat(max + 1), '\ud800', ...(optional ? [] : [null])]
const flag = ['yes', 5, [], {}]
const whole = (from: number, to: number) => ['abc', '', 1.5, '1.5', true, [], {}, from - 1, String(to + 1), 1e300]
const map = (longestKey: number, value: readonly unknown[]) => ['x', 5, true, [], { '': 'x' }, { ['k'.repeat(longestKey + 1)]: 'x' }, ...value.map((one) => ({ key: one })), JSON.parse('{"__proto__":"x"}')]
const metadata = [...map(255, [5, '', null, {}, 'x'.repeat(256)]), Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`k${i}`, 'v']))]
const names = (wrong: readonly unknown[] = []) => ['x', 5, {}, [5], [''], [null], ...wrong]

const entity = { label: 'wrong' }
const check = { type: 'remote.http', details: { url: 'http://x/' }, monitoring_zones_poll: ['mzone'], target_hostname: 'x' }
const notification = { label: 'wrong', type: 'webhook', details: { url: 'https://x/' } }

/** What each field of each resource does not take. */
const wrong: Readonly<Record<string, { readonly base: Readonly<Record<string, unknown>>; readonly fields: Readonly<Record<string, readonly unknown[]>> }>> = {
  '/entities': {
    base: entity,
    fields: {
      label: text(255), agent_id: ['a b', 5, '', 'x'.repeat(256), {}], managed: flag, metadata, uri: text(4096, true),
      ip_addresses: [...map(64, ['nowhere', '1.2.3', '1.2.3.4.5', 5, '', null, '::g']), Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, '127.0.0.1']))],
    },
  },
  '/entities/EN/checks': {
    base: check,
    fields: {
      type: [...text(64), 'remote.nothing'], label: text(255, true), disabled: flag, confirm: flag, metadata, period: [...whole(5, 1800), '4'], timeout: [...whole(2, 1800), 60, '60'],
      monitoring_zones_poll: [...names([[], ['mzone', 'mzone']]), null], target_alias: [5, '', {}, 'unknown', 'x'.repeat(65)], target_hostname: [5, '', {}, 'a b', 'http://x/', 'x'.repeat(256), '1.2.3', null],
      target_resolver: [5, 'IPv5', '', {}],
      details: ['x', 5, [], {}, null, ...[5, '', null, 'x'.repeat(8097), {}].map((url) => ({ url })), ...['FETCH', 5, {}].map((method) => ({ url: 'http://x/', method })), { url: 'http://x/', follow_redirects: 'maybe' }],
    },
  },
  '/entities/EN/alarms': {
    base: {},
    fields: {
      label: text(255, true), disabled: flag, metadata, check_id: text(64), notification_plan_id: text(64), criteria: [5, '', {}, [], true, 'x'.repeat(16_385)],
    },
  },
  '/notifications': {
    base: notification,
    fields: {
      label: text(255), type: [...text(64), 'pigeon'], metadata, details: ['x', 5, [], {}, null, { url: 5 }, { url: '' }, { url: 'ftp://x/' }, { url: null }],
    },
  },
  '/notification_plans': {
    base: { label: 'wrong' },
    fields: { label: text(255), metadata, critical_state: names(), warning_state: names(), ok_state: names(), unknown_state: names() },
  },
  '/monitoring_zones': {
    base: { label: 'wrong' },
    fields: { label: text(255), maximum_checks: whole(0, 1_000_000), maximum_agents: whole(0, 1_000_000), disabled: flag, metadata },
  },
}
/** References to what is not there, of the right and of the wrong kind. */
const foreign: readonly (readonly [path: string, body: Readonly<Record<string, unknown>>, type: ErrorType])[] = [
  ['/entities/EN/checks', { ...check, monitoring_zones_poll: ['mznowhere'] }, 'requiredNotFoundError'],
  ['/entities/EN/checks', { ...check, monitoring_zones_poll: ['pznowhere'] }, 'requiredNotFoundError'],
  ['/entities/EN/checks', { ...check, monitoring_zones_poll: ['entity'] }, 'invalidKeyPrefix'],
  ['/entities/EN/alarms', { check_id: `ch${stranger}`, notification_plan_id: 'NP' }, 'requiredNotFoundError'],
  ['/entities/EN/alarms', { check_id: 'OTHER', notification_plan_id: 'NP' }, 'requiredNotFoundError'],
  ['/entities/EN/alarms', { check_id: 'EN', notification_plan_id: 'NP' }, 'invalidKeyPrefix'],
  ['/entities/EN/alarms', { check_id: 'CH', notification_plan_id: `np${stranger}` }, 'requiredNotFoundError'],
  ['/entities/EN/alarms', { check_id: 'CH', notification_plan_id: 'NT' }, 'invalidKeyPrefix'],
  ['/notification_plans', { label: 'x', critical_state: [`nt${stranger}`] }, 'requiredNotFoundError'],
  ['/notification_plans', { label: 'x', ok_state: ['NP'] }, 'invalidKeyPrefix'],
  [`/entities/en${stranger}/checks`, check, 'parentNotFoundError'],
  [`/entities/en${stranger}/alarms`, { check_id: 'CH', notification_plan_id: 'NP' }, 'parentNotFoundError'],
  ['/entities/CH/checks', check, 'invalidKeyPrefix'],
]

let server: TestServer
let ids: Readonly<Record<string, string>>
before(async () => {
  server = await startTestServer({ rates: { global: 100_000, test_check: 500, test_alarm: 500, test_notification: 500, traceroute: 500 } })
  const EN = await made(server, '/entities', entity)
  const CH = await made(server, `/entities/${EN}/checks`, check)
  const OTHER = await made(server, `/entities/${await made(server, '/entities', entity)}/checks`, check)
  const NT = await made(server, '/notifications', notification)
  const NP = await made(server, '/notification_plans', { label: 'plan', critical_state: [NT] })
  const AL = await made(server, `/entities/${EN}/alarms`, { check_id: CH, notification_plan_id: NP })
  const PZ = await made(server, '/monitoring_zones', { label: 'zone' })
  ids = { EN, CH, OTHER, NT, NP, AL, PZ }
})
after(() => server[Symbol.asyncDispose]())

const fill = (value: string): string => value.replaceAll(/\b(EN|CH|OTHER|NT|NP|AL|PZ)\b/g, (name) => ids[name] ?? name)
const filled = (body: unknown): unknown => JSON.parse(fill(JSON.stringify(body)))
const ownId: Readonly<Record<string, string>> = { '/entities': 'EN', '/entities/EN/checks': 'CH', '/entities/EN/alarms': 'AL', '/notifications': 'NT', '/notification_plans': 'NP', '/monitoring_zones': 'PZ' }

async function everything(): Promise<string> {
  const lists = await Promise.all(['/views/overview', '/notifications', '/notification_plans', '/monitoring_zones', '/account'].map((path) => ask(server, 'GET', path)))
  return lists.map((list) => list.text).join('\n')
}

for (const [path, { base, fields }] of Object.entries(wrong)) {
  for (const [field, values] of Object.entries(fields)) {
    test(`POST and PUT ${path}: ${field}`, async () => {
      const stood = await everything()
      for (const value of values) {
        const what = `${field} = ${JSON.stringify(value)?.slice(0, 80)}`
        const required = path === '/entities/EN/alarms' ? { check_id: 'CH', notification_plan_id: 'NP' } : base
        const created = await ask(server, 'POST', fill(path), { ...Object(filled(required)), [field]: value })
        assertRefused(created, 'badRequest', `POST ${what}`)
        assert.match(String(created.json.message), new RegExp(`^Validation error for key '${field === 'target_alias' ? 'target_' : field}`), what)
        const changed = await ask(server, 'PUT', `${fill(path)}/${ids[ownId[path] ?? '']}`, { [field]: value })
        // null clears what may be absent.
        if (value === null && changed.status === 204) continue
        assertRefused(changed, 'badRequest', `PUT ${what}`)
      }
      assert.equal(await everything(), stood)
    })
  }
  test(`POST ${path}: without what is required`, async () => {
    const answer = await ask(server, 'POST', fill(path), {})
    assertRefused(answer, 'badRequest', path)
    assert.match(String(answer.json.details), /^Missing required key \(\w+\)$/)
  })
}

test('ids of what is not there, or is something else', async () => {
  const stood = await everything()
  for (const [path, body, type] of foreign) assertRefused(await ask(server, 'POST', fill(path), filled(body)), type, `${path} ${JSON.stringify(body)}`)
  for (const path of ['/entities', '/entities/EN/checks', '/entities/EN/alarms', '/notifications', '/notification_plans', '/monitoring_zones']) {
    const prefix = (ids[ownId[path] ?? ''] ?? '').slice(0, 2)
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? { metadata: null } : undefined
      assertRefused(await ask(server, method, `${fill(path)}/${prefix}${stranger}`, body), 'notFoundError', `${method} ${path}`)
      assertRefused(await ask(server, method, `${fill(path)}/xx${stranger}`, body), 'invalidKeyPrefix', `${method} ${path}`)
    }
  }
  assert.equal(await everything(), stood)
})

test('what may not be changed: the same value passes, another one does not, and timestamps are passed over', async () => {
  const at = fill('/entities/EN/checks/CH')
  for (const [key, same, other] of [['type', 'remote.http', 'remote.tcp'], ['id', fill('CH'), 'chother'], ['entity_id', fill('EN'), 'enother']]) {
    assert.equal((await ask(server, 'PUT', at, { [String(key)]: same })).status, 204)
    const refused = await ask(server, 'PUT', at, { [String(key)]: other })
    assertRefused(refused, 'badRequest', String(key))
    assert.equal(refused.json.message, `Validation error for key '${key}'`)
  }
  assertRefused(await ask(server, 'PUT', fill('/entities/EN/alarms/AL'), { check_id: fill('OTHER') }), 'badRequest', 'check_id')
  assert.equal((await ask(server, 'PUT', at, { created_at: 1, updated_at: 'x', label: null })).status, 204)
  assert.notEqual((await ask(server, 'GET', at)).json.created_at, 1)
  assertRefused(await ask(server, 'PUT', '/notification_plans/npTechnicalContactsEmail', { label: 'mine' }), 'forbiddenError', 'built-in plan')
  assertRefused(await ask(server, 'DELETE', '/monitoring_zones/mzone'), 'forbiddenError', 'public zone')
})

test('bodies that are no bodies', async () => {
  const stood = await everything()
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
  const deepObject = `${'{"label":'.repeat(5000)}1${'}'.repeat(5000)}`
  for (const body of ['', '{', '{"label":', 'label=x', '[]', '5', '"x"', 'null', deep, deepObject, '{"label":"x"}}', new Uint8Array([0xff, 0xfe, 0x00]), '{"label":"\\ud800"}']) {
    assertRefused(await ask(server, 'POST', '/entities', body), 'badRequest', String(body).slice(0, 40))
  }
  for (const type of ['text/xml', 'multipart/form-data', 'application/x-www-form-urlencoded', 'nonsense']) {
    assertRefused(await ask(server, 'POST', '/entities', '{"label":"x"}', { 'content-type': type }), 'badRequest', type)
  }
  assert.equal(await everything(), stood)
})

test('a body of 10 MB, announced or not, is refused and the server goes on', async () => {
  const stood = await everything()
  const huge = JSON.stringify({ label: 'x'.repeat(10_000_000) })
  assertRefused(await ask(server, 'POST', '/entities', huge), 'requestTooLargeError', '10 MB')
  const stream = new Blob([huge]).stream()
  const response = await fetch(`${server.url}/v1.0/100000/entities`, { method: 'POST', body: stream, duplex: 'half', headers: { 'x-auth-token': server.token, 'content-type': 'application/json' } })
  assert.deepEqual([response.status, (await response.json() as { type: string }).type], [413, 'requestTooLargeError'])
  assert.equal(await everything(), stood)
})

test('unknown keys are ignored and named', async () => {
  const answer = await ask(server, 'POST', '/notifications', { ...notification, a: 1, details: { url: 'https://x/', b: 2 }, 'c\r\nx: y': 3 })
  assert.equal(answer.status, 201)
  assert.equal(answer.headers.get('x-vedette-ignored'), 'a, c%0D%0Ax%3A%20y, details.b')
})

test('limits, markers and ranges', async () => {
  for (const limit of ['0', '1001', '-1', 'x', '1.5', '', '1e2']) assertRefused(await ask(server, 'GET', `/entities?limit=${limit}`), 'invalidLimit', limit)
  assertRefused(await ask(server, 'GET', '/entities?limit=1&limit=2'), 'invalidLimit', 'twice')
  for (const query of ['from=x', 'to=-1', 'reverse=maybe', 'marker=nonsense', 'from=99999999999999999']) assertRefused(await ask(server, 'GET', `/changelogs/alarms?${query}`), 'badRequest', query)
  const plot = fill('/entities/EN/checks/CH/metrics/mzone.duration/plot')
  for (const query of ['', 'from=1&to=2', 'from=2&to=1&points=5', 'from=1&to=1&points=5', 'from=1&to=2&resolution=MIN7', 'from=1&to=2&points=-1', 'from=1&to=2&points=5&select=median']) assertRefused(await ask(server, 'GET', `${plot}?${query}`), 'badRequest', query)
  assertRefused(await ask(server, 'GET', fill('/views/overview?entityId=EN&uri=x')), 'badRequest', 'both filters')
  assertRefused(await ask(server, 'GET', `/views/overview?entityId=en${stranger}`), 'notFoundError', 'unknown entity')
})
