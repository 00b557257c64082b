import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { checkTypes } from '../../src/adapters/checks/index.ts'
import { defineCheckType, type CheckType } from '../../src/contracts/check-type.ts'
import { ask, assertRefused, made } from './raw.ts'
import { startTestServer, tenant, type TestServer } from './server.ts'

/** The registry's own heartbeat type, or one like it as long as there is none. */
const heartbeat: CheckType = (checkTypes as readonly CheckType[]).find((one) => one.category === 'heartbeat') ?? defineCheckType({
  type: 'heartbeat', category: 'heartbeat', about: 'a job reports by itself',
  details: Type.Object({ key: Type.String({ minLength: 16, maxLength: 64, pattern: '^[A-Za-z0-9_-]+$' }), grace: Type.Optional(Type.Integer({ minimum: 0 })) }), secrets: ['key'],
  metrics: { duration: { type: 'n', unit: 'seconds', about: 'how long the job took' } },
})
const types = [...(checkTypes as readonly CheckType[]).filter((one) => one.category !== 'heartbeat'), heartbeat]
const start = (settings = {}) => startTestServer({ heartbeatPause: 0, ...settings }, { checkTypes: types })

async function heartbeatCheck(server: TestServer, rest: object = {}) {
  const entity = await made(server, '/entities', { label: 'jobs' })
  const id = await made(server, `/entities/${entity}/checks`, { type: heartbeat.type, period: 31 * 86_400, timeout: 60, ...rest })
  const path = `/entities/${entity}/checks/${id}`
  const { json } = await ask(server, 'GET', path)
  return { entity, id, path, url: String(json.heartbeat_url), key: String(Object(json.details).key), json }
}

test('a heartbeat check needs no target and no zones, and gets a key and an address of its own', async () => {
  await using server = await start()
  const check = await heartbeatCheck(server)
  assert.equal(check.url, `${server.url}/heartbeat/${tenant}/${check.entity}/${check.id}/${check.key}`)
  assert.match(check.key, /^[0-9a-f]{32}$/)
  assert.deepEqual([check.json.monitoring_zones_poll, check.json.target_hostname, check.json.period], [null, null, 2_678_400])
  const stored = await server.store.configuration.get('check', { tenant, entity: check.entity }, check.id)
  if (heartbeat.secrets.includes('key')) assert.ok(!JSON.stringify(stored).includes(check.key), 'the key is sealed at rest')
  assert.equal((await ask(server, 'PUT', check.path, { details: {}, label: 'nightly' })).status, 204)
  assert.equal(Object((await ask(server, 'GET', check.path)).json.details).key, check.key, 'a change keeps the key')
  const at = `/entities/${check.entity}/checks`
  for (const wrong of [{ period: 31 * 86_400 + 1 }, { monitoring_zones_poll: ['mzone'] }, { target_hostname: 'x' }, { details: { key: '' } }]) assertRefused(await ask(server, 'POST', at, { type: heartbeat.type, ...wrong }), 'badRequest', JSON.stringify(wrong))
  assertRefused(await ask(server, 'POST', `${check.path}/test`), 'badRequest', 'there is nothing to try')
})

test('a job reports by any means, with what it wants to say', async () => {
  await using server = await start()
  const { url, id, entity } = await heartbeatCheck(server)
  const reports: readonly (readonly [suffix: string, init: RequestInit, available: boolean, status: string, metrics: object])[] = [
    ['', {}, true, 'the job has reported', {}],
    ['', { method: 'HEAD' }, true, 'the job has reported', {}],
    ['', { method: 'POST' }, true, 'the job has reported', {}],
    ['/fail', {}, false, 'the job says that it failed', {}],
    ['/fail', { method: 'POST', body: 'disk full\n' }, false, 'disk full', {}],
    ['', { method: 'POST', body: '{"duration": 12.5, "rows": 7, "note": "fine", "no good!": 1, "deep": {}, "duration ": null}' }, true, 'the job has reported',
      { duration: { type: 'n', value: 12.5, unit: 'seconds' }, rows: { type: 'n', value: 7, unit: 'unknown' }, note: { type: 's', value: 'fine', unit: 'unknown' } }],
    ['/fail', { method: 'POST', body: '{"message": "disk full", "exit_code": 1}' }, false, 'disk full', { message: { value: 'disk full' }, exit_code: { value: 1 } }],
    ['', { method: 'POST', body: '{"duration":', headers: { 'content-type': 'application/json' } }, true, '{"duration":', {}],
  ]
  for (const [suffix, init] of reports) assert.equal((await fetch(url + suffix, init)).status, 200)
  assert.deepEqual(server.observations.map(({ available, status, metrics }) => [available, status, metrics]).map(([a, s, m]) => [a, s, withoutUnits(m)]), reports.map(([, , available, status, metrics]) => [available, status, withoutUnits(metrics)]))
  for (const seen of server.observations) {
    assert.deepEqual([seen.tenant, seen.entity, seen.check, seen.zone, seen.kind, seen.target, seen.stressed], [tenant, entity, id, 'heartbeat', 'scheduled', null, null])
    assert.ok(seen.at === seen.slot && seen.trace.startsWith('.rh-'))
  }
  assert.equal(new Set(server.observations.map((seen) => seen.sequence)).size, reports.length)
})

// The registry's facts choose type and unit of what they know.
function withoutUnits(metrics: unknown) {
  return Object.fromEntries(Object.entries(Object(metrics) as Record<string, { value: unknown }>).map(([name, { value }]) => [name, value]))
}

test('a wrong key, or none, tells nothing and records nothing', async () => {
  await using server = await start()
  const { url, key, path } = await heartbeatCheck(server)
  const http = await made(server, path.slice(0, path.lastIndexOf('/')), { type: 'remote.http', details: { url: 'http://x/' }, monitoring_zones_poll: ['mzone'], target_hostname: 'x' })
  const answers = await Promise.all([url.replace(key, 'x'), url.replace(key, `${key}0`), url.replace(key, key.toUpperCase()), url.replace(/ch\w+/, 'ch00000000'), url.replace(/\/ch\w+\/.*/, `/${http}/undefined`), url.replace(tenant, '5')].map(async (wrong) => {
    const { status, headers } = await fetch(wrong, { method: 'POST' })
    return [status, headers.get('content-type')]
  }))
  assert.deepEqual(answers, Array.from(answers, () => [404, 'application/json; charset=UTF-8']))
  assert.deepEqual(server.observations, [])
})

test('too much at once, or too often, is refused', async () => {
  await using server = await start({ heartbeatPause: 60_000, maxHeartbeatBody: 100 })
  const { url } = await heartbeatCheck(server)
  assert.equal((await fetch(url, { method: 'POST', body: 'x'.repeat(101) })).status, 413)
  assert.equal((await fetch(url)).status, 200)
  assert.equal((await fetch(url)).status, 429)
  assert.equal(server.observations.length, 1)
})
