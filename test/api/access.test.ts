import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import type { Role } from '../../src/core/entities/resources.ts'
import { bootstrap } from '../../src/roles/api/bootstrap.ts'
import { hashSecret } from '../../src/roles/api/hashes.ts'
import { issueToken } from '../../src/roles/api/sign-in.ts'
import { defaultApiSettings } from '../../src/roles/api/settings.ts'
import { ask, assertRefused, made } from './raw.ts'
import { startTestServer, tenant, type TestServer } from './server.ts'

const day = 86_400_000

/** A clock that a test moves: both kinds of time. */
function movableClock() {
  let ahead = 0
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + ahead, monotonic: () => systemClock.monotonic() + ahead }
  return { clock, pass: (ms: number) => { ahead += ms } }
}

async function signIn(server: TestServer, auth: unknown) {
  const response = await fetch(`${server.url}/v2.0/tokens`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ auth }) })
  return { status: response.status, headers: response.headers, json: await response.json() as Record<string, unknown> }
}
const keyForm = (username: string, apiKey: string, rest = {}) => ({ 'RAX-KSKEY:apiKeyCredentials': { username, apiKey }, ...rest })
const tokenFor = async (server: TestServer, roles: readonly Role[], of = tenant) =>
  ({ url: server.url, token: (await issueToken({ configuration: server.store.configuration, clock: systemClock, random: systemRandom }, { name: 'x', tenant: of, roles }, null, null)).text })

test('signing in: with key or password, in Keystone\'s shape, for a day', async () => {
  const { clock, pass } = movableClock()
  await using server = await startTestServer({}, { clock })
  const { status, json } = await signIn(server, keyForm('admin', server.key, { tenantName: tenant }))
  assert.equal(status, 200)
  const { token, user, serviceCatalog } = json.access as { token: { id: string; expires: string }; user: object; serviceCatalog: unknown }
  assert.deepEqual(serviceCatalog, [{ name: 'cloudMonitoring', type: 'rax:monitor', endpoints: [{ tenantId: tenant, publicURL: `${server.url}/v1.0/${tenant}` }] }])
  assert.ok('id' in user && Math.abs(Date.parse(token.expires) - systemClock.now() - day) < 60_000)
  const session = { url: server.url, token: token.id }
  assert.equal((await ask(session, 'GET', '/account')).status, 200)
  pass(day - 60_000)
  assert.equal((await ask(session, 'GET', '/account')).status, 200)
  pass(61_000)
  assertRefused(await ask(session, 'GET', '/account'), 'unauthorizedError', 'an expired token')

  const { configuration } = server.store
  await configuration.commit({ tenant: '' }, [{ kind: 'user', id: 'ann', expected: 0, value: { name: 'ann', tenant, roles: ['monitoring:observer'], key_hash: null, password_hash: await hashSecret('hunter2', systemRandom) } }])
  assert.equal((await signIn(server, { passwordCredentials: { username: 'ann', password: 'hunter2' } })).status, 200)
  for (const wrong of [{ passwordCredentials: { username: 'ann', password: 'hunter3' } }, { passwordCredentials: { username: 'nobody', password: 'hunter2' } }, keyForm('ann', 'hunter2'), keyForm('admin', server.key, { tenantId: '5' })]) assert.equal((await signIn(server, wrong)).status, 401)
  for (const broken of [{}, null, 5, { passwordCredentials: {} }, keyForm('', 'x'), keyForm('x'.repeat(300), 'x')]) assert.equal((await signIn(server, broken)).status, 400)
})

test('nothing secret is stored in the clear', async () => {
  await using server = await startTestServer()
  const users = await server.store.configuration.list('user', { tenant: '' }, { limit: 10 })
  const tokens = await server.store.configuration.list('token', { tenant: '' }, { limit: 10 })
  const stored = JSON.stringify([users, tokens])
  assert.ok(!stored.includes(server.key) && !stored.includes(server.token))
  assert.match(users.values[0]?.value.key_hash ?? '', /^scrypt:/)
})

test('guessing is slowed down for each user, and not for others', async () => {
  const { clock, pass } = movableClock()
  const settings = { ...defaultApiSettings.signIn, freeFailures: 3, firstWait: 1000, longestWait: 4000 }
  await using server = await startTestServer({ signIn: settings }, { clock })
  const guess = async () => (await signIn(server, keyForm('admin', 'wrong'))).status
  assert.deepEqual([await guess(), await guess(), await guess(), await guess()], [401, 401, 401, 429])
  const waiting = await signIn(server, keyForm('admin', server.key))
  assert.deepEqual([waiting.status, waiting.json.type, waiting.headers.get('retry-after'), waiting.headers.get('reply-after')], [429, 'rateLimitReached', '1', '1'])
  assert.equal((await signIn(server, keyForm('other', 'wrong'))).status, 401)
  pass(1001)
  assert.deepEqual([await guess(), await guess()], [401, 429])
  pass(2001)
  assert.equal((await signIn(server, keyForm('admin', server.key))).status, 200)
  assert.equal(await guess(), 401)
  const many = await Promise.all(Array.from({ length: 12 }, () => signIn(server, keyForm('crowd', 'wrong'))))
  assert.equal(many.filter((one) => one.status === 401).length, 3)
})

test('no token, a wrong one, another account\'s: nothing is told', async () => {
  await using server = await startTestServer()
  for (const path of ['/account', '/entities', '/nowhere', `/entities/en00000000`]) {
    assertRefused(await ask({ url: server.url, token: '' }, 'GET', path), 'unauthorizedError', path)
    assertRefused(await ask({ url: server.url, token: 'x'.repeat(4000) }, 'GET', path), 'unauthorizedError', path)
  }
  const stranger = await tokenFor(server, ['monitoring:admin'], '200000')
  const entity = await made(server, '/entities', { label: 'x' })
  for (const path of ['/entities', `/entities/${entity}`, '/entities/en00000000']) assertRefused(await ask(stranger, 'GET', path), 'forbiddenError', path)
  const own = await fetch(`${server.url}/v1.0/200000/entities/${entity}`, { headers: { 'x-auth-token': stranger.token } })
  assert.equal(own.status, 404)
})

test('roles: who may read, create, change and delete', async () => {
  await using server = await startTestServer()
  const path = `/entities/${await made(server, '/entities', { label: 'x' })}`
  const may: readonly (readonly [roles: readonly Role[], allowed: string])[] = [
    [['monitoring:observer'], 'GET'], [['monitoring:creator'], 'GET POST PUT'], [['monitoring:observer', 'monitoring:creator'], 'GET POST PUT'], [['monitoring:admin'], 'GET POST PUT DELETE'], [[], ''],
  ]
  for (const [roles, allowed] of may) {
    const who = await tokenFor(server, roles)
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const answer = await ask(who, method, method === 'POST' ? '/entities' : path, ['POST', 'PUT'].includes(method) ? { label: 'y' } : undefined)
      if (allowed.split(' ').includes(method)) assert.ok(answer.status < 300, `${roles.join()} ${method} ${answer.text}`)
      else assertRefused(answer, 'missingCapabilitiesError', `${roles.join()} ${method}`)
    }
  }
})

test('tokens are made, listed without their texts, and revoked by admins', async () => {
  await using server = await startTestServer()
  const made = await ask(server, 'POST', '/tokens', { label: 'cron', roles: ['monitoring:observer'], days: '7' })
  assert.equal(made.status, 200)
  const observer = { url: server.url, token: String(made.json.token) }
  assert.equal((await ask(observer, 'GET', '/entities')).status, 200)
  assertRefused(await ask(observer, 'GET', '/tokens'), 'missingCapabilitiesError', 'an observer')
  const listed = await ask(server, 'GET', '/tokens')
  assert.ok(!listed.text.includes(observer.token) && listed.text.includes('cron'))
  assert.equal((await ask(server, 'DELETE', `/tokens/${String(made.json.id)}`)).status, 204)
  assertRefused(await ask(observer, 'GET', '/entities'), 'unauthorizedError', 'a revoked token')
})

test('every answer names its transaction and the rate, and pages from elsewhere may read it', async () => {
  await using server = await startTestServer({ node: 'node1', build: '9' })
  const answer = await ask(server, 'GET', '/entities')
  assert.match(answer.headers.get('x-response-id') ?? '', /^\.rh-\w{4}\.h-node1\.r-\w{8}\.c-\d+\.ts-\d{13}\.v-9$/)
  assert.equal(answer.headers.get('content-type'), 'application/json; charset=UTF-8')
  const rate = ['limit', 'remaining', 'used', 'window', 'type'].map((name) => answer.headers.get(`x-ratelimit-${name}`))
  assert.deepEqual(rate, ['50000', '49999', '1', '24 hours', 'global'])
  assert.equal(answer.headers.get('access-control-allow-origin'), '*')
  const preflight = await fetch(`${server.url}/v1.0/${tenant}/entities`, { method: 'OPTIONS', headers: { origin: 'https://elsewhere', 'access-control-request-method': 'POST' } })
  assert.deepEqual([preflight.status, preflight.headers.get('access-control-max-age')], [204, '86400'])
  const wrongMethod = await ask(server, 'PATCH', '/entities')
  assertRefused(wrongMethod, 'methodNotAllowedError', 'PATCH')
  assert.equal(wrongMethod.headers.get('allow'), 'GET, POST, HEAD, OPTIONS')
  assert.equal((await ask(server, 'HEAD', '/entities')).status, 200)
})

test('buckets run empty, each on its own, and say when to come back', async () => {
  const { clock, pass } = movableClock()
  await using server = await startTestServer({ rates: { ...defaultApiSettings.rates, global: 6, test_notification: 2 } }, { clock })
  const tryIt = () => ask(server, 'POST', '/test-notification', { type: 'webhook', details: { url: 'https://x/' } })
  assert.equal((await tryIt()).status, 200)
  assert.equal((await tryIt()).headers.get('x-ratelimit-remaining'), '0')
  const empty = await tryIt()
  assertRefused(empty, 'rateLimitReached', 'third test')
  assert.ok(Number(empty.headers.get('retry-after')) > 86_000 && empty.headers.get('reply-after') === empty.headers.get('retry-after'))
  assert.equal((await ask(server, 'GET', '/limits')).status, 200)
  await ask(server, 'GET', '/limits')
  await ask(server, 'GET', '/limits')
  assertRefused(await ask(server, 'GET', '/limits'), 'rateLimitReached', 'seventh request')
  pass(day + 1)
  assert.equal((await tryIt()).status, 200)
})

test('what is no HTTP, or no address, is answered in the same shape', async () => {
  await using server = await startTestServer()
  const { hostname, port } = new URL(server.url)
  for (const text of ['nonsense\r\n\r\n', `GET /v1.0/${tenant}/entities/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`, `GET /v1.0/${tenant}/entities/${'x'.repeat(3000)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`, `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`]) {
    const socket = connect(Number(port), hostname)
    socket.write(text)
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, text.slice(0, 60))
    assert.match(answer, /"type":"\w+","code":4\d\d,.*"txnId":"\.rh-/, text.slice(0, 60))
  }
  const strangeHost = await fetch(`${server.url}/v1.0/${tenant}/entities`, { headers: { 'x-auth-token': server.token } })
  assert.equal(strangeHost.status, 200)
  const elsewhere = await fetch(`${server.url}/nowhere`)
  assert.deepEqual([elsewhere.status, (await elsewhere.json() as { type: string }).type], [404, 'notFoundError'])
})

test('a first start makes what has to be there, once; later ones only what settings ask for', async () => {
  await using server = await startTestServer()
  const { configuration } = server.store
  const again = (settings: object) => bootstrap({ configuration, clock: systemClock, random: systemRandom, settings: { tenant, adminUser: 'admin', adminKey: undefined, adminToken: undefined, zones: ['mzone'], ...settings } })
  const lists = async () => JSON.stringify(await Promise.all([configuration.list('account', { tenant }, { limit: 9 }), configuration.list('user', { tenant: '' }, { limit: 9 }), configuration.list('notificationPlan', { tenant }, { limit: 9 })]))
  const stood = await lists()
  assert.equal(await again({}), null)
  assert.equal(await lists(), stood)
  assert.equal(await again({ zones: ['mzone', 'mznew', 'pzcellar'], adminKey: 'k'.repeat(20), adminToken: 't'.repeat(20) }), null)
  assert.equal((await signIn(server, keyForm('admin', 'k'.repeat(20)))).status, 200)
  const zones = await ask({ url: server.url, token: 't'.repeat(20) }, 'GET', '/monitoring_zones')
  assert.deepEqual((zones.json.values as readonly { id: string }[]).map((zone) => zone.id), ['mznew', 'mzone', 'mztwo', 'pzcellar'])
})
