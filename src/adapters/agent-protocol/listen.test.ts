import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailable } from '../../contracts/errors.ts'
import { anObservation } from '../../contracts/samples.suite.ts'
import { observationId } from '../../core/observation.ts'
import { listen, Raw, recordingEndpoint, scheduled, until } from './stage.suite.ts'

const helloOf = (params: object, id: unknown = 1) => ({ v: '1', id, target: 'endpoint', source: 'guid-1', method: 'handshake.hello', params: { token: 'secret', agent_id: 'p1', agent_name: 'test', zone_ids: ['mzdfw'], features: [{ name: 'poller' }, { name: 'vedette' }], ...params } })
const requestOf = (id: unknown, method: string, params: unknown = {}) => ({ v: '1', id, target: 'endpoint', source: 'guid-1', method, params })

async function greeted(port: number, params: object = {}): Promise<Raw> {
  const raw = await Raw.to(port)
  raw.send(helloOf(params))
  assert.equal((await raw.frame()).error, undefined)
  return raw
}

test('what is no protocol gets one clear error, and the end', async () => {
  const endpoint = recordingEndpoint()
  await using listener = await listen(endpoint.link, { settings: { longestHello: 2000 } })
  const cases: readonly (readonly [bytes: string, message: RegExp])[] = [
    ['garbage\n', /not JSON/], ['{"v":"1","id":1,"method":\n', /not JSON/], ['[]\n', /not a JSON object/], ['{"v":"2","id":1,"method":"handshake.hello"}\n', /v must be .*found/],
    ['x'.repeat(2001), /longer than 2000 bytes/], [`{"a":"${'x'.repeat(100_000)}`, /longer than 2000 bytes/], ['\u0000\u0001\n', /not JSON/],
  ]
  for (const [bytes, message] of cases) {
    await using raw = await Raw.to(listener.port)
    raw.send(bytes)
    const { error } = await raw.frame()
    assert.match(JSON.stringify(error), message)
    assert.equal(await raw.line(), undefined, bytes.slice(0, 40))
  }
  await until(() => listener.stats().badFrames === cases.length)
})

test('nobody gets in without a hello that fits', async () => {
  await using listener = await listen(recordingEndpoint().link)
  const cases: readonly (readonly [frame: object, code: number, message: RegExp])[] = [
    [requestOf(0, 'heartbeat.post'), 400, /first message must be handshake.hello/],
    [helloOf({ token: 'wrong' }, 0), 401, /does not open/], [helloOf({ zone_ids: ['pzOwn'] }), 401, /does not open/], [helloOf({ token: 'own', zone_ids: ['pzOther'] }), 401, /does not open/],
    [helloOf({ token: 5 }), 400, /needs token/], [helloOf({ agent_id: undefined }), 400, /needs agent_id/], [helloOf({ zone_ids: 'mzdfw' }), 400, /zone_ids must be a list/],
  ]
  for (const [frame, code, message] of cases) {
    await using raw = await Raw.to(listener.port)
    raw.send(frame)
    const answer = await raw.frame()
    assert.deepEqual([answer.id, answer.source, answer.target], ['id' in frame ? frame.id : null, 'endpoint', 'guid-1'])
    assert.equal((answer.error as { code: number }).code, code)
    assert.match(JSON.stringify(answer.error), message)
    assert.equal(await raw.line(), undefined)
  }
  assert.doesNotMatch(JSON.stringify(listener.log.lines), /"wrong"|secret/, 'no token gets into the log')
})

test('a connection that says nothing is ended', async () => {
  await using listener = await listen(recordingEndpoint().link, { settings: { hello: 50, idle: { least: 100, heartbeats: 0 } } })
  await using mute = await Raw.to(listener.port)
  assert.equal(await mute.line(), undefined)
  await using once = await greeted(listener.port)
  assert.equal(await once.line(), undefined)
})

test('unknown methods and fields do no harm, and ids keep their type', async () => {
  await using listener = await listen(recordingEndpoint().link)
  await using raw = await Raw.to(listener.port)
  raw.send({ ...helloOf({ shoe_size: 43 }, 0), extra: true })
  const { result, ...frame } = await raw.frame()
  const { endpoint, ...rest } = result as Record<string, unknown>
  assert.deepEqual(frame, { v: '1', id: 0, source: 'endpoint', target: 'guid-1' })
  assert.deepEqual(rest, { heartbeat_interval: 1000, entity_id: null, channel: 'stable', features: [{ name: 'vedette', version: '1.0.0' }] })
  assert.match(String(endpoint), /^[0-9a-f]{16}$/)
})

test('requests come in pieces and in heaps', async () => {
  await using listener = await listen(recordingEndpoint().link)
  await using raw = await greeted(listener.port)
  const bytes = ['"7"', '8', '"9"'].map((id) => `{"v":"1","id":${id},"source":"guid-1","target":"endpoint","method":"heartbeat.post","params":{"timestamp":1}}\n`).join('')
  for (const piece of bytes.match(/[^]{1,23}/g) ?? []) {
    raw.send(piece)
    await new Promise(setImmediate)
  }
  for (const id of ['7', 8, '9']) {
    const answer = await raw.frame()
    assert.equal(answer.id, id)
    assert.equal(typeof (answer.result as { timestamp: number }).timestamp, 'number')
  }
  raw.send(requestOf(10, 'poller.dance'))
  assert.deepEqual((await raw.frame()).error, { code: 400, type: 'unknownMethod', message: 'the method poller.dance is not known here' })
  raw.send(requestOf(11, 'handshake.hello'))
  assert.deepEqual((await raw.frame()).id, 11)
  raw.send(requestOf(12, 'heartbeat.post'))
  assert.equal((await raw.frame()).id, 12, 'the connection lives on')
})

test('a post is acknowledged one by one, and what this connection may not report is refused one by one', async () => {
  const endpoint = recordingEndpoint()
  await using listener = await listen(endpoint.link)
  const good = anObservation(1)
  const items: readonly (readonly [item: unknown, reason?: RegExp])[] = [
    [good], [anObservation(2, { zone: 'mzlon' }), /does not serve zone mzlon/], [{ ...good, slot: 'soon' }, /slot/], [null, /no observation/],
    [{ ...anObservation(3), shoe_size: 43, metrics: { nan: { type: 'n', value: null, unit: '' }, fine: { type: 'n', value: 1, unit: '', extra: 1 } } }],
  ]
  await using raw = await greeted(listener.port)
  raw.send(requestOf(2, 'vedette.observations.post', { observations: items.map(([item]) => item), live: false, ages: [1, 2, 3, 4, 5], extra: 1 }))
  const { result } = await raw.frame()
  const { acknowledged, refused } = result as { acknowledged: string[]; refused: { index: number; reason: string }[] }
  assert.deepEqual(acknowledged, [1, 3].map((n) => observationId(anObservation(n))))
  assert.deepEqual(refused.map((one) => one.index), [1, 2, 3])
  for (const { index, reason } of refused) assert.match(reason, items[index]![1]!)
  assert.deepEqual(endpoint.posts, [{
    observations: [{ ...good, receivedAt: 0 }, { ...anObservation(3), receivedAt: 0, metrics: { fine: { type: 'n', value: 1, unit: '' } } }], live: false, ages: [1, 5],
  }])
})

test('a private zone sees and reports its account\'s checks only', async () => {
  const endpoint = recordingEndpoint()
  endpoint.levers.checks = [scheduled(1, '1'), scheduled(2, '2')]
  await using listener = await listen(endpoint.link)
  await using raw = await greeted(listener.port, { token: 'own', zone_ids: ['pzOwn'] })
  const own = { zone: 'pzOwn', tenant: '1' }
  raw.send(requestOf(2, 'vedette.observations.post', { observations: [anObservation(1, own), anObservation(2, { ...own, tenant: '2' })], live: true }))
  assert.deepEqual((await raw.frame()).result, { acknowledged: [observationId(anObservation(1, own))], refused: [{ index: 1, reason: 'zone pzOwn is of another account' }] })
  raw.send(requestOf(3, 'vedette.schedule.get', { zone: 'pzOwn', poller: 'p', cursor: '' }))
  const { upserts } = (await raw.frame()).result as { upserts: { check: { id: string } }[] }
  assert.deepEqual(upserts.map((one) => one.check.id), ['ch1'])
  for (const method of ['vedette.schedule.get', 'vedette.confirm.subscribe']) {
    raw.send(requestOf(4, method, { zone: 'mzdfw', poller: 'p', cursor: '' }))
    assert.equal(((await raw.frame()).error as { code: number }).code, 403)
  }
})

test('secrets are opened on the way; a check whose cannot be is run by nobody', async () => {
  const endpoint = recordingEndpoint()
  endpoint.levers.checks = [scheduled(1, '1', { password: 'sealed:abc' }), scheduled(2, '1', { password: 'foreign' })]
  const agentCheck = (id: string, password: string) => ({ id, type: 'agent.mysql', details: { password }, period: 60, timeout: 30, disabled: false })
  await using listener = await listen(endpoint.link, {
    agentChecks: async () => [agentCheck('ch3', 'sealed:abc'), agentCheck('ch4', 'foreign')],
    open(details) {
      if (details.password === 'foreign') throw new Error('a foreign seal')
      return { password: String(details.password).replace('sealed:', '') }
    },
  })
  await using raw = await greeted(listener.port)
  raw.send(requestOf(2, 'vedette.schedule.get', { zone: 'mzdfw', poller: 'p', cursor: '' }))
  const { upserts, unopened } = (await raw.frame()).result as { upserts: { check: { details: unknown } }[]; unopened: string[] }
  assert.deepEqual([upserts.map((one) => one.check.details), unopened], [[{ password: 'abc' }], ['ch2']])
  await using agent = await greeted(listener.port, { token: 'agent', zone_ids: [], features: [] })
  agent.send(requestOf('2', 'check_schedule.get'))
  assert.deepEqual((await agent.frame()).result, { checks: [agentCheck('ch3', 'abc')] })
  assert.doesNotMatch(JSON.stringify(listener.log.lines), /abc/)
})

test('an endpoint that cannot promise says so, and a fault of ours tells nothing', async () => {
  const endpoint = recordingEndpoint()
  await using listener = await listen(endpoint.link)
  await using raw = await greeted(listener.port)
  for (const [error, expected] of [
    [new StoreUnavailable('no quorum', 'unknown'), { code: 503, type: 'unavailable', message: 'no quorum' }],
    [new Error('password=geheim'), { code: 500, type: 'fault', message: 'the endpoint failed at this; its log says why' }],
  ] as const) {
    endpoint.levers.answer = () => Promise.reject(error)
    raw.send(requestOf(2, 'vedette.observations.post', { observations: [anObservation(1)], live: true }))
    assert.deepEqual((await raw.frame()).error, expected)
  }
})

test('a token that is taken back ends its connection', async () => {
  let holds = true
  await using listener = await listen(recordingEndpoint().link, { settings: { lookAgain: 20 }, authenticate: async ({ zones }) => (holds ? { kind: 'poller', zones, tenant: null } : { kind: 'refused', reason: 'revoked' }) })
  await using raw = await greeted(listener.port)
  holds = false
  assert.equal(await raw.line(), undefined)
})

test('a poller of the original kind is greeted, and its metrics are taken', async () => {
  const endpoint = recordingEndpoint()
  await using listener = await listen(endpoint.link)
  await using raw = await Raw.to(listener.port)
  const own = (frame: object) => raw.send({ v: '1', target: 'endpoint', source: 'guid-1', ...frame })
  own({ id: 1, method: 'handshake.hello', params: { token: 'own', agent_id: '-poller-', agent_name: 'remote_poller', process_version: 'dev', bundle_version: 'dev', zone_ids: ['pzOwn'], features: [{ name: 'poller', disabled: false }] } })
  assert.deepEqual(await raw.frame(), { v: '1', id: 1, source: 'endpoint', target: 'guid-1', result: { heartbeat_interval: 30_000, entity_id: null, channel: 'stable' } })
  own({ id: 2, method: 'heartbeat.post', params: { timestamp: 1795435921142 } })
  assert.deepEqual(Object.keys((await raw.frame()).result as object), ['timestamp'])
  const post = { entity_id: 'enX', check_id: 'chA', check_type: 'remote.tcp', metrics: [[null, { banner_match: { t: 'string', v: 'SSH', u: '' }, tt_connect: { t: 'int64', v: '1', u: 'MILLISECONDS' } }]], min_check_period: 10_000, state: 'available', status: 'success', timestamp: 1795435921142 }
  own({ id: 5, method: 'check_metrics.post_multi', params: post })
  assert.deepEqual((await raw.frame()), { v: '1', id: 5, source: 'endpoint', target: 'guid-1', result: {} })
  own({ id: 6, method: 'check_metrics.post_multi', params: { ...post, metrics: null, state: 'unavailable', status: 'dial tcp: connection refused' } })
  await raw.frame()
  assert.partialDeepStrictEqual(endpoint.posts.map(({ observations }) => observations[0]), [
    { tenant: '1', entity: 'enX', check: 'chA', zone: 'pzOwn', at: 1795435921142, available: true, status: 'success', metrics: { banner_match: { type: 's', value: 'SSH', unit: 'unknown' }, tt_connect: { type: 'l', value: 1, unit: 'milliseconds' } } },
    { available: false, status: 'dial tcp: connection refused', metrics: {} },
  ])
  own({ id: 7, method: 'check_metrics.post_multi', params: { ...post, metrics: [[null, { x: { t: 'complex', v: '1' } }]] } })
  assert.match(JSON.stringify((await raw.frame()).error), /"code":400.*metric x has the unknown type/)
})

test('an agent of the original kind is greeted, gets its checks, and its metrics are taken', async () => {
  const endpoint = recordingEndpoint()
  const check = { id: 'chMem', type: 'agent.memory', details: {}, period: 60, timeout: 30, disabled: false }
  await using listener = await listen(endpoint.link, { agentChecks: async (tenant, entity) => (tenant === '1' && entity === 'en1' ? [check, { ...check, id: 'chOff', disabled: true }] : []) })
  await using raw = await Raw.to(listener.port)
  const own = (frame: object) => raw.send({ v: '1', target: 'endpoint', source: 'guid-2', ...frame })
  own({ id: 0, method: 'handshake.hello', params: { token: 'agent', agent_id: 'web1.example.com', agent_name: 'rackspace-monitoring-agent', process_version: '2.6.23', bundle_version: '2.6.23', features: [{ name: 'upgrades', version: '1.0.0' }] } })
  assert.deepEqual(await raw.frame(), { v: '1', id: 0, source: 'endpoint', target: 'guid-2', result: { heartbeat_interval: 30_000, entity_id: 'en1', channel: 'stable' } })
  own({ id: '0', method: 'check_schedule.get', params: { blah: 1 } })
  assert.deepEqual((await raw.frame()), { v: '1', id: '0', source: 'endpoint', target: 'guid-2', result: { checks: [check] } })
  const post = {
    check_id: 'chMem', check_type: 'agent.memory', state: 'available', status: 'success', timestamp: 1325645515246, min_check_period: 75_000,
    metrics: [[null, { total: { t: 'gauge', v: '0x1f3a5c000', u: 'bytes' }, delta: { t: 'int32', v: '0xffffffff' } }], ['dim', { x: { t: 'double', v: '0.25', u: 'unknown' }, up: { t: 'bool', v: 'true' } }]],
  }
  own({ id: '5', method: 'check_metrics.post', params: post })
  assert.equal((await raw.frame()).id, '5')
  assert.partialDeepStrictEqual(endpoint.posts[0]?.observations, [{
    tenant: '1', entity: 'en1', check: 'chMem', zone: 'agent', at: 1325645515246, available: true,
    metrics: { total: { type: 'l', value: 0x1f3a5c000, unit: 'bytes' }, delta: { type: 'i', value: -1, unit: 'unknown' }, 'dim.x': { type: 'n', value: 0.25, unit: 'unknown' }, 'dim.up': { type: 's', value: 'true', unit: 'unknown' } },
  }])
  for (const [wrong, message] of [[{ check_type: 'remote.tcp' }, /types agent/], [{ timestamp: 'now' }, /timestamp/], [{ metrics: [[null, { x: { t: 'int32', v: 'much' } }]] }, /x is no number/]] as const) {
    own({ id: '6', method: 'check_metrics.post', params: { ...post, ...wrong } })
    assert.match(JSON.stringify((await raw.frame()).error), message)
  }
  own({ id: '7', method: 'vedette.observations.post', params: { observations: [anObservation(1)], live: true } })
  assert.match(JSON.stringify(await raw.frame()), /an agent serves no zone/)
})

test('HTTP on the same port is answered, and so is what comes through a load balancer', async () => {
  await using listener = await listen(recordingEndpoint().link)
  for (const [request, status] of [['GET /upgrades/stable/VERSION HTTP/1.1\r\nHost: x\r\n\r\n', '200 OK'], ['GET / HTTP/1.1\r\n\r\n', '404 Not Found'], [`POST /crash HTTP/1.0\r\n\r\n${'x'.repeat(200_000)}`, '404 Not Found']] as const) {
    await using raw = await Raw.to(listener.port)
    raw.send(request)
    assert.equal(await raw.line(), `HTTP/1.1 ${status}`)
  }
  const proxied = 'PROXY TCP4 192.0.2.7 192.0.2.1 5000 443\r\n'
  for (const [before, within] of [[proxied, ''], ['', proxied], [proxied, proxied]] as const) {
    await using raw = await Raw.to(listener.port, before)
    raw.send(within)
    raw.send(helloOf({}))
    assert.equal((await raw.frame()).error, undefined)
  }
  assert.ok(listener.log.lines.some(({ facts }) => facts.forwardedFor === '192.0.2.7'))
})

test('a stop lets what is under way be answered', async () => {
  const endpoint = recordingEndpoint()
  const slow = Promise.withResolvers<readonly string[]>()
  endpoint.levers.answer = () => slow.promise
  const listener = await listen(endpoint.link)
  await using raw = await greeted(listener.port)
  const posted = endpoint.posted()
  raw.send(requestOf(2, 'vedette.observations.post', { observations: [anObservation(1)], live: true }))
  await posted
  const stopped = listener[Symbol.asyncDispose]()
  slow.resolve(['it'])
  assert.deepEqual((await raw.frame()).result, { acknowledged: ['it'] })
  assert.equal(await raw.line(), undefined)
  await stopped
})

test('no more is read than is worked on', async () => {
  const endpoint = recordingEndpoint()
  const slow = Promise.withResolvers<void>()
  endpoint.levers.answer = async () => {
    await slow.promise
    return []
  }
  await using listener = await listen(endpoint.link, { settings: { parallel: 2, waiting: 3 } })
  await using raw = await greeted(listener.port)
  for (let id = 2; id < 12; id++) raw.send(requestOf(id, 'vedette.observations.post', { observations: [anObservation(id)], live: true }))
  raw.send(requestOf(12, 'heartbeat.post'))
  await until(() => endpoint.posts.length === 2)
  slow.resolve()
  const ids = []
  for (let n = 2; n <= 12; n++) ids.push((await raw.frame()).id)
  assert.equal(endpoint.posts.length, 10)
  assert.deepEqual(ids.filter((id) => id !== 12), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
})

test('who does not read gets no confirmations that pile up, and is left when answers do', async () => {
  const endpoint = recordingEndpoint()
  endpoint.levers.checks = Array.from({ length: 200 }, (_, n) => scheduled(n, '1', { url: 'x'.repeat(2000) }))
  await using listener = await listen(endpoint.link, { settings: { mostUnsentForConfirmations: 100_000, mostUnsent: 3_000_000 } })
  await using raw = await greeted(listener.port)
  raw.send(requestOf(2, 'vedette.confirm.subscribe', { zone: 'mzdfw' }))
  assert.equal((await raw.frame()).id, 2)
  raw.socket.pause()
  for (let slot = 0; listener.stats().confirmationsLeftOut === 0; slot++) {
    endpoint.confirm('mzdfw', { slot, trace: 'x'.repeat(200) })
    if (slot % 100 === 0) await new Promise(setImmediate)
  }
  assert.equal(listener.stats().pollers, 1)
  for (let id = 3; listener.stats().pollers === 1; id++) {
    raw.send(requestOf(id, 'vedette.schedule.get', { zone: 'mzdfw', poller: 'p', cursor: '' }))
    await new Promise((resolve) => { setTimeout(resolve, 5) })
  }
  assert.match(JSON.stringify(listener.log.lines), /the other side reads too slowly/)
})
