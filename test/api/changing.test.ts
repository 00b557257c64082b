import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { Lookout } from '../../src/contracts/lookout.ts'
import type { ConfigurationChange, ConfigurationRepository, Partition } from '../../src/contracts/configuration.ts'
import { StoreUnavailable } from '../../src/contracts/errors.ts'
import { ask, assertRefused, made } from './raw.ts'
import { startTestServer, tenant } from './server.ts'

const check = { type: 'remote.http', details: { url: 'http://x/' }, monitoring_zones_poll: ['mzone'], target_hostname: 'x' }

test('a change touches what it names; null goes back to the default', async () => {
  await using server = await startTestServer()
  const entity = `/entities/${await made(server, '/entities', { label: 'x', ip_addresses: { a: '127.0.0.1' }, agent_id: 'host', metadata: { k: 'v' } })}`
  const path = `${entity}/checks/${await made(server, `${entity}/checks`, { ...check, label: 'l', period: '0090', disabled: 'true', timeout: 20 })}`
  const shown = async (at: string, ...keys: readonly string[]) => {
    const { json } = await ask(server, 'GET', at)
    return keys.map((key) => json[key])
  }
  assert.deepEqual(await shown(path, 'period', 'disabled', 'timeout'), [90, true, 20])
  for (const [body, keys, expected] of [
    [{ label: null }, ['label', 'period'], [null, 90]],
    [{ disabled: false, period: 30 }, ['disabled', 'period', 'timeout'], [false, 30, 20]],
    [{ timeout: null, period: null }, ['period', 'timeout'], [60, 30]],
    [{ period: 20, timeout: null }, ['period', 'timeout'], [20, 10]],
    [{ target_alias: 'a' }, ['target_alias', 'target_hostname'], ['a', null]],
    [{ target_hostname: '::1', target_resolver: 'IPv6' }, ['target_alias', 'target_hostname', 'target_resolver'], [null, '::1', 'IPv6']],
    [{ monitoring_zones_poll: ['mztwo'] }, ['monitoring_zones_poll', 'details'], [['mztwo'], { url: 'http://x/', method: 'GET', follow_redirects: true, include_body: false, verify_certificate: true }]],
    [{ details: { url: 'http://y/', follow_redirects: 'false' } }, ['details'], [{ url: 'http://y/', method: 'GET', follow_redirects: false, include_body: false, verify_certificate: true }]],
  ] as const) {
    const answer = await ask(server, 'PUT', path, body)
    assert.equal(answer.status, 204, `${JSON.stringify(body)} ${answer.text}`)
    assert.deepEqual([answer.headers.get('location'), answer.headers.get('x-object-id'), answer.text], [`${server.url}/v1.0/${tenant}${path}`, path.split('/').at(-1), ''])
    assert.deepEqual(await shown(path, ...keys), expected, JSON.stringify(body))
  }
  assert.equal((await ask(server, 'PUT', entity, { metadata: null, agent_id: null, ip_addresses: null })).status, 204)
  assert.deepEqual(await shown(entity, 'label', 'metadata', 'agent_id', 'ip_addresses'), ['x', null, null, null])
})

test('a secret is sealed in the store, hidden in answers, and kept by a change that shows only its mask', async () => {
  await using server = await startTestServer()
  const entity = `/entities/${await made(server, '/entities', { label: 'x' })}`
  const stored = async () => JSON.stringify([await server.store.configuration.list('notification', { tenant }, { limit: 10 }), await server.store.configuration.tree(tenant, entity.slice('/entities/'.length))])
  const withSecrets: readonly (readonly [path: string, body: Readonly<Record<string, unknown>>, details: Readonly<Record<string, string>>, key: string])[] = [
    ['/notifications', { label: 'x', type: 'webhook' }, { url: 'https://x/', secret: 'hunter2hunter2' }, 'secret'],
    [`${entity}/checks`, check, { url: 'http://x/', auth_user: 'ann', auth_password: 'hunter2hunter2' }, 'auth_password'],
  ]
  for (const [path, body, details, key] of withSecrets) {
    const at = `${path}/${await made(server, path, { ...body, details })}`
    const read = async () => (await ask(server, 'GET', at)).json.details as Readonly<Record<string, unknown>>
    const mask = '********'
    assert.equal((await read())[key], mask)
    assert.ok(!(await stored()).includes('hunter2'), `${path} keeps it in the clear`)
    const before = await stored()
    assert.equal((await ask(server, 'PUT', at, { details: await read() })).status, 204)
    assert.equal((await read())[key], mask)
    assert.equal((await stored()).match(/sealed:v1:/g)?.length, before.match(/sealed:v1:/g)?.length)
    const { [key]: _, ...without } = details
    assert.equal((await ask(server, 'PUT', at, { details: without })).status, 204)
    assert.ok(!(key in await read()))
    const refused = await ask(server, 'PUT', at, { details: { ...details, [key]: mask } })
    assertRefused(refused, 'badRequest', 'a mask that stands for nothing')
    assert.ok(!(await ask(server, 'GET', path)).text.includes('hunter2'))
  }
})

test('two kinds of limits: of the account, and of the server', async () => {
  await using server = await startTestServer({ maxChecks: 2, maxAlarms: 1, minPeriod: 20, maxBody: 2000 })
  const entity = `/entities/${await made(server, '/entities', { label: 'x' })}`
  const first = await made(server, `${entity}/checks`, check)
  assertRefused(await ask(server, 'POST', `${entity}/checks`, { ...check, period: 19 }), 'badRequest', 'too short a period')
  await made(server, `${entity}/checks`, check)
  assertRefused(await ask(server, 'POST', `${entity}/checks`, check), 'limitReached', 'a third check')
  const alarm = { check_id: first, notification_plan_id: 'npTechnicalContactsEmail' }
  await made(server, `${entity}/alarms`, alarm)
  assertRefused(await ask(server, 'POST', `${entity}/alarms`, alarm), 'limitReached', 'a second alarm')
  assert.equal((await ask(server, 'DELETE', `${entity}/checks/${first}`)).status, 204)
  const second = await made(server, `${entity}/checks`, check)
  await made(server, `${entity}/alarms`, { ...alarm, check_id: second })
  assertRefused(await ask(server, 'POST', '/entities', { label: 'x', metadata: { k: 'v'.repeat(2000) } }), 'requestTooLargeError', 'a large body')
})

/** A repository in whose commits a test has a say. */
function meddled(real: ConfigurationRepository, meddle: (partition: Partition, changes: readonly ConfigurationChange[]) => Promise<'conflict' | undefined>): ConfigurationRepository {
  return {
    get: (...of) => real.get(...of), list: (...of) => real.list(...of), entities: (...of) => real.entities(...of), tree: (...of) => real.tree(...of), schedule: (...of) => real.schedule(...of), changes: (...of) => real.changes(...of),
    commit: async (partition, changes) => await meddle(partition, changes) ?? real.commit(partition, changes),
    [Symbol.asyncDispose]: async () => {},
  }
}

test('changes at the same time are all made, and one that never gets through is told to come back', async () => {
  await using server = await startTestServer()
  const path = `/entities/${await made(server, '/entities', { label: 'x' })}`
  const many = await Promise.all(Array.from({ length: 6 }, (_, i) => ask(server, 'PUT', path, i % 2 === 0 ? { uri: `u${i}` } : { agent_id: `a${i}` })))
  assert.deepEqual(many.map((answer) => answer.status), Array.from(many, () => 204))
  const stored = await server.store.configuration.get('entity', { tenant, entity: path.slice(10) }, path.slice(10))
  assert.deepEqual([stored?.version, stored?.value.uri?.[0], stored?.value.agent_id?.[0]], [7, 'u', 'a'])

  let tries = 0
  const configuration = meddled(server.store.configuration, async (partition) => {
    if (partition.entity === undefined) return undefined
    tries += 1
    return 'conflict'
  })
  await using unlucky = await startTestServer({ attempts: 3 }, { configuration })
  const answer = await ask({ url: unlucky.url, token: server.token }, 'PUT', path, { label: 'y' })
  assertRefused(answer, 'systemFailureError', 'always a conflict')
  assert.deepEqual([tries, answer.headers.get('retry-after')], [3, '1'])
})

test('what is made underneath something that is deleted at the same moment does not stay', async () => {
  await using server = await startTestServer()
  const { configuration } = server.store
  const entity = await made(server, '/entities', { label: 'x' })
  const first = await made(server, `/entities/${entity}/checks`, check)
  const partition = { tenant, entity }
  const without = async (kind: 'entity' | 'check', id: string) => {
    const row = await configuration.get(kind, partition, id)
    if (row !== undefined) await configuration.commit(partition, [{ kind, id, expected: row.version, value: null }])
  }
  const deletedBefore = (kind: 'check' | 'alarm') => meddled(configuration, async (_, changes) => {
    if (changes[0]?.kind === kind && changes[0].expected === 0) await (kind === 'alarm' ? without('check', first) : without('entity', entity))
    return undefined
  })
  for (const [kind, body, type] of [['alarm', { check_id: first, notification_plan_id: 'npTechnicalContactsEmail' }, 'requiredNotFoundError'], ['check', check, 'parentNotFoundError']] as const) {
    await using other = await startTestServer({}, { configuration: deletedBefore(kind) })
    assertRefused(await ask({ url: other.url, token: server.token }, 'POST', `/entities/${entity}/${kind}s`, body), type, kind)
    assert.deepEqual((await configuration.list(kind, partition, { limit: 10 })).values, [])
  }
})

test('a store that cannot answer is 503 and Retry-After, and its words stay inside', async () => {
  await using server = await startTestServer()
  const configuration = meddled(server.store.configuration, async () => { throw new StoreUnavailable('/var/lib/secret: disk full', 'unknown') })
  await using broken = await startTestServer({}, { configuration })
  const answer = await ask({ url: broken.url, token: server.token }, 'POST', '/entities', { label: 'x' })
  assertRefused(answer, 'systemFailureError', 'no store')
  assert.deepEqual([answer.headers.get('retry-after'), answer.json.details, answer.text.includes('disk')], ['1', 'The change may have been made, or not', false])
})

test('a fault of ours is named by its transaction alone, and what was stored before it stands', async () => {
  const fault = async () => { throw new TypeError('cannot read secret of undefined') }
  await using server = await startTestServer({}, { configured: fault, lookout: { look: fault } })
  const entity = await made(server, '/entities', { label: 'x' })
  const answer = await ask(server, 'POST', `/entities/${entity}/test-check`, check)
  assertRefused(answer, 'internalError', 'a fault')
  assert.ok(!answer.text.includes('undefined'))
})

test('who goes away, or stops the server, does not leave a probe running', async () => {
  const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const ended: string[] = []
  const over = Promise.withResolvers<void>()
  const look: Lookout['look'] = async (_zones, _entity, _check, { signal }) => {
    begun[ended.length]?.resolve()
    try {
      await systemClock.sleep(60_000, signal)
    } catch (error) {
      ended.push(String(error))
      over.resolve()
      throw error
    }
    return []
  }
  const server = await startTestServer({}, { lookout: { look } })
  const entity = await made(server, '/entities', { label: 'x' })
  const leaving = new AbortController()
  const gone = assert.rejects(fetch(`${server.url}/v1.0/${tenant}/entities/${entity}/test-check`, { method: 'POST', signal: leaving.signal, headers: { 'x-auth-token': server.token, 'content-type': 'application/json' }, body: JSON.stringify(check) }))
  await begun[0]?.promise
  leaving.abort()
  await gone
  await over.promise
  const waiting = ask(server, 'POST', `/entities/${entity}/test-check`, check)
  await begun[1]?.promise
  await server[Symbol.asyncDispose]()
  assertRefused(await waiting, 'systemFailureError', 'the server stops')
  assert.deepEqual(ended, ['AbortError: The client has gone', 'AbortError: The server stops'])
})
