import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailable } from '../../contracts/errors.ts'
import { anObservation } from '../../contracts/samples.suite.ts'
import { observationId } from '../../core/observation.ts'
import { systemClock } from '../system/clock.ts'
import { createAuthority } from './authority.ts'
import { authority, certificate, connect, issue, listen, recordingEndpoint, scheduled, until, wayTo } from './stage.suite.ts'

const connected = (endpoints: Awaited<ReturnType<typeof connect>>) => endpoints.endpoints().filter((one) => one.connected).length
const ids = (...numbers: number[]) => numbers.map((n) => observationId(anObservation(n)))
const quick = { heartbeat: 50, heartbeatPatience: 200, postPatience: 300, connect: 1000 }

/** Three endpoints, each behind a way that can fall silent, and a poller that is connected to all of them. */
async function three(settings: object = {}) {
  await using stack = new AsyncDisposableStack()
  const regions = await Promise.all([0, 1, 2].map(async () => {
    const endpoint = recordingEndpoint()
    const listener = stack.use(await listen(endpoint.link))
    return { endpoint, listener, way: stack.use(await wayTo(listener.port)) }
  }))
  const poller = stack.use(await connect(regions.map(({ way }) => way.port), { settings: { ...quick, ...settings } }))
  await until(() => connected(poller) === 3)
  const preferred = () => regions.find(({ way }) => poller.endpoints().some((one) => one.preferred && one.name.endsWith(`:${way.port}`)))!
  const owned = stack.move()
  return { regions, poller, preferred, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

test('a poller is connected to all endpoints and posts to one', async () => {
  await using world = await three()
  for (let n = 1; n <= 5; n++) assert.deepEqual(await world.poller.post([anObservation(n)], true), ids(n))
  assert.deepEqual(world.regions.map(({ endpoint }) => endpoint.posts.length).toSorted((a, b) => a - b), [0, 0, 5])
})

test('when the endpoint that it posts to is killed, the next post goes to another at once', async () => {
  await using world = await three()
  const first = world.preferred()
  const slow = Promise.withResolvers<never>()
  first.endpoint.levers.answer = () => slow.promise
  const posted = first.endpoint.posted()
  const post = world.poller.post([anObservation(1)], true)
  await posted
  await first.way[Symbol.asyncDispose]()
  assert.deepEqual(await post, ids(1), 'what was under way is posted again, elsewhere')
  assert.notEqual(world.preferred(), first)
  assert.deepEqual(await world.poller.post([anObservation(2)], true), ids(2))
  assert.equal(world.regions.filter(({ endpoint }) => endpoint.posts.length > 0).length, 2)
  slow.reject(new Error('the end'))
})

test('an endpoint that is there and does not answer is left, and found again', async () => {
  await using world = await three()
  const first = world.preferred()
  first.way.silent = true
  assert.deepEqual(await world.poller.post([anObservation(1)], true), ids(1))
  await until(() => connected(world.poller) === 2)
  assert.ok(world.poller.log.lines.some(({ facts }) => /nothing was heard for 200 ms|no answer to/.test(String(facts.reason))))
  first.way.silent = false
  await until(() => connected(world.poller) === 3)
})

test('an endpoint that refuses is passed over; when all do, the poller hears why', async () => {
  await using world = await three({ distrust: 100_000 })
  const first = world.preferred()
  first.endpoint.levers.answer = () => Promise.reject(new StoreUnavailable('no quorum here', 'unknown'))
  assert.deepEqual(await world.poller.post([anObservation(1)], true), ids(1))
  await world.poller.post([anObservation(2)], true)
  assert.equal(first.endpoint.posts.length, 1, 'it is not asked again right away')
  for (const { endpoint } of world.regions) endpoint.levers.answer = () => Promise.reject(new StoreUnavailable('no quorum anywhere', 'unknown'))
  await assert.rejects(world.poller.post([anObservation(3)], true), { name: 'StoreUnavailable', message: /no quorum anywhere/ })
})

test('a caller who gives up is not kept waiting', async () => {
  await using world = await three({ postPatience: 60_000 })
  const slow = Promise.withResolvers<readonly string[]>()
  for (const { endpoint } of world.regions) endpoint.levers.answer = () => slow.promise
  const giveUp = new AbortController()
  const post = world.poller.post([anObservation(1)], true, giveUp.signal)
  giveUp.abort(new Error('enough'))
  await assert.rejects(post, /enough/)
  slow.resolve([])
  for (const { way } of world.regions) way.silent = true
  await assert.rejects(world.poller.schedule('mzdfw', 'poller-1', '', AbortSignal.abort(new Error('enough of this too'))), /enough of this too/)
})

test('a cursor is of the endpoint that gave it', async () => {
  await using world = await three()
  const first = world.preferred()
  for (const { endpoint } of world.regions) endpoint.levers.checks = [scheduled(1)]
  const all = await world.poller.schedule('mzdfw', 'poller-1', '')
  const delta = await world.poller.schedule('mzdfw', 'poller-1', all.cursor)
  assert.deepEqual([all.full, all.upserts.length, delta.full], [true, 1, false])
  first.way.silent = true
  await until(() => connected(world.poller) === 2)
  const elsewhere = await world.poller.schedule('mzdfw', 'poller-1', delta.cursor)
  assert.deepEqual([elsewhere.full, elsewhere.upserts.length], [true, 1])
  assert.deepEqual(world.preferred().endpoint.asked, [['mzdfw', 'poller-1', '']])
  assert.deepEqual(first.endpoint.asked.map(([, , cursor]) => cursor), ['', 'mine'])
})

test('a schedule of ten thousand checks comes in pages, while heartbeats go on', async () => {
  const endpoint = recordingEndpoint()
  endpoint.levers.checks = Array.from({ length: 10_000 }, (_, n) => scheduled(n, '1', { url: `http://127.0.0.1/${'x'.repeat(500)}/${n}`, nested: { n } }))
  await using listener = await listen(endpoint.link)
  await using poller = await connect([listener.port])
  const { upserts, full } = await poller.schedule('mzdfw', 'poller-1', '')
  assert.ok(full)
  const kept = (check: (typeof upserts)[number]) => [check.tenant, check.entity.id, check.check.id, check.check.details, check.check.period]
  assert.deepEqual(upserts.map(kept), endpoint.levers.checks.map(kept))
  assert.equal(endpoint.asked.length, 1)
  assert.equal(connected(poller), 1)
})

test('a post that is too large for a frame goes in several, and what was acknowledged counts', async () => {
  const endpoint = recordingEndpoint()
  await using listener = await listen(endpoint.link)
  await using poller = await connect([listener.port], { settings: { postBytes: 20_000 } })
  await until(() => connected(poller) === 1)
  const many = Array.from({ length: 200 }, (_, n) => anObservation(n))
  assert.deepEqual(await poller.post(many, false, undefined, many.map((_, n) => n)), many.map(observationId))
  assert.ok(endpoint.posts.length > 3)
  assert.deepEqual(endpoint.posts.flatMap((post) => post.ages), many.map((_, n) => n))
  assert.deepEqual(endpoint.posts.flatMap((post) => post.observations), many.map((one) => ({ ...one, receivedAt: 0 })))
  let posts = 0
  endpoint.levers.answer = async (observations) => {
    if (++posts === 3) throw new StoreUnavailable('full', 'not done')
    return observations.map(observationId)
  }
  const some = await poller.post(many, true)
  assert.ok(some.length > 0 && some.length < many.length)
  assert.deepEqual(some, many.slice(0, some.length).map(observationId))
})

test('an observation that no endpoint takes does not stand in the way for ever', async () => {
  const endpoint = recordingEndpoint()
  await using listener = await listen(endpoint.link)
  await using poller = await connect([listener.port])
  await until(() => connected(poller) === 1)
  const huge = anObservation(3, { metrics: Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`m${n}`, { type: 's' as const, value: 'x'.repeat(50_000), unit: '' }])) })
  const all = [anObservation(1), anObservation(2, { zone: 'mzlon' }), huge, anObservation(4)]
  assert.deepEqual((await poller.post(all, true)).toSorted(), all.map(observationId).toSorted())
  assert.deepEqual(endpoint.posts.flatMap((post) => post.observations.map((one) => one.sequence)), [1, 4])
  assert.deepEqual(poller.log.lines.filter((line) => line.level === 'error').length, 2)
})

test('a request to look again comes once, over whichever connections', async () => {
  await using world = await three()
  await until(() => world.regions.every(({ endpoint }) => endpoint.levers.subscribers === 1))
  const stop = new AbortController()
  const requests = world.poller.confirmations('mzdfw', stop.signal)
  for (const { endpoint } of world.regions) endpoint.confirm('mzdfw', { slot: 7, notBefore: 5 })
  world.regions[2]!.endpoint.confirm('mzlon', { slot: 8 })
  world.regions[1]!.endpoint.confirm('mzdfw', { slot: 9 })
  const slots: number[] = []
  for await (const request of requests) {
    slots.push(request.slot)
    if (slots.length === 1) assert.deepEqual(request, { check: 'ch1', slot: 7, askedBy: 'mzlon', trace: 't', notBefore: 5 })
    if (request.slot === 9) world.regions[0]!.endpoint.confirm('mzdfw', { slot: 10 })
    if (request.slot === 10) stop.abort()
  }
  assert.deepEqual(slots, [7, 9, 10])
})

test('without any endpoint a poller is told why, and goes on trying', async () => {
  const endpoint = recordingEndpoint()
  await using gone = await listen(endpoint.link)
  const { port } = gone
  await gone[Symbol.asyncDispose]()
  await using poller = await connect([port], { settings: { firstConnection: 50, retry: { first: 20, most: 20 } } })
  await until(() => poller.log.lines.length > 0)
  await assert.rejects(poller.post([anObservation(1)], true), { name: 'StoreUnavailable', outcome: 'not done', message: /no endpoint is connected: 127.0.0.1:\d+: connection refused/ })
  await assert.rejects(poller.schedule('mzdfw', 'poller-1', ''), /connection refused/)
  await systemClock.sleep(100)
  assert.equal(poller.log.lines.filter((line) => line.level === 'warn').length, 1, 'the same reason is told once')
  await using again = await listen(endpoint.link, { port })
  await until(() => connected(poller) === 1)
  assert.deepEqual(await poller.post([anObservation(1)], true), ids(1))
  assert.equal(again.stats().pollers, 1)
})

test('only an endpoint whose certificate is good is spoken to', async () => {
  const stranger = createAuthority('somebody else', { now: Date.now(), days: 1 })
  const cases = [
    [issue(['127.0.0.1'], stranger), /not from an authority that is trusted here/], [issue(['127.0.0.1'], authority, -0.001), /has expired/], [issue(['other.example']), /for other names/],
  ] as const
  for (const [shown, reason] of cases) {
    await using listener = await listen(recordingEndpoint().link, { certificate: () => shown })
    await using poller = await connect([listener.port])
    await until(() => poller.log.lines.length > 0)
    assert.match(String(poller.log.lines[0]?.facts.reason), reason)
    assert.equal(connected(poller), 0)
  }
})

test('a token that does not open the zone is told in words', async () => {
  await using listener = await listen(recordingEndpoint().link)
  for (const options of [{ token: 'wrong' }, { zone: 'pzOwn' }]) {
    await using poller = await connect([listener.port], options)
    await until(() => poller.log.lines.length > 0)
    assert.match(String(poller.log.lines[0]?.facts.reason), /the token does not open these zones/)
  }
})

test('a new certificate holds for new connections, the old ones live on', async () => {
  const endpoint = recordingEndpoint()
  let shown = certificate
  await using listener = await listen(endpoint.link, { certificate: () => shown, settings: { rereadCertificate: 20 } })
  await using old = await connect([listener.port])
  await until(() => connected(old) === 1)
  const other = createAuthority('another', { now: Date.now(), days: 1 })
  shown = issue(['127.0.0.1'], other)
  await until(() => listener.log.lines.some(({ message }) => message.includes('a new certificate')))
  await using wrong = await connect([listener.port])
  await until(() => wrong.log.lines.length > 0)
  assert.match(String(wrong.log.lines[0]?.facts.reason), /not from an authority/)
  await using right = await connect([listener.port], { ca: async () => (await other).cert })
  await until(() => connected(right) === 1)
  assert.deepEqual(await old.post([anObservation(1)], true), ids(1))
  assert.equal(old.endpoints()[0]?.connections, 1)
  shown = Promise.resolve({ cert: 'rubbish', key: 'rubbish' })
  await until(() => listener.log.lines.some(({ level }) => level === 'error'))
  await using still = await connect([listener.port], { ca: async () => (await other).cert })
  await until(() => connected(still) === 1)
})
