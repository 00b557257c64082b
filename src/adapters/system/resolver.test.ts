import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { nameServer, type Zone } from '../checks/dns/name-server.suite.ts'
import { systemClock } from './clock.ts'
import { parseHosts } from './hosts-file.ts'
import { parseSearch, systemResolver, type ResolverOptions } from './resolver.ts'

const folder = await mkdtemp(join(tmpdir(), 'vedette-resolver-'))
after(() => rm(folder, { recursive: true }))
const hostsFile = join(folder, 'hosts')
const resolvConf = join(folder, 'resolv.conf')
await writeFile(hostsFile, '192.0.2.1 web.test www.test # the web\n2001:db8::1 web.test\n169.254.1.1 meta.test\n')
await writeFile(resolvConf, 'nameserver 192.0.2.53\n')

const never = new AbortController().signal
const resolver = (options: Partial<ResolverOptions> = {}) => systemResolver({ forbidden: ['169.254.0.0/16'], hostsFile, resolvConf, servers: ['127.0.0.1:1'], ...options })
const a = (name: string, data: string, ttl = 0) => ({ name, type: data.includes(':') ? 'AAAA' : 'A', class: 'IN', ttl, data })
/** Resolves against a name server made for it; what it was asked, as `type name`. */
async function against(zone: Record<string, readonly string[]>, run: (options: Partial<ResolverOptions>, asked: () => string[]) => Promise<void>, ttl = 0): Promise<void> {
  const answer: Zone['answer'] = ({ name, type }) => {
    const data = zone[name]?.filter((address) => address.includes(':') === (type === 'AAAA'))
    return data === undefined ? 3 : data.map((address) => a(name, address, ttl))
  }
  await using server = await nameServer({ answer })
  await run({ servers: [`127.0.0.1:${server.port}`] }, () => server.asked.map(({ name, type }) => `${type} ${name}`))
}
const brief = async (host: string, family?: 4 | 6, options: Partial<ResolverOptions> = {}) => {
  const found = await resolver(options).resolve(host, family, never)
  return found.kind === 'address' ? `${found.address} ${found.family}` : found.kind
}

const local: readonly (readonly [host: string, family: 4 | 6 | undefined, answer: string])[] = [
  ['192.0.2.9', undefined, '192.0.2.9 4'], ['2001:db8::9', undefined, '2001:db8::9 6'], ['[2001:db8::9]', 6, '2001:db8::9 6'],
  ['192.0.2.9', 6, 'not found'], ['2001:db8::9', 4, 'not found'],
  ['169.254.169.254', undefined, 'forbidden'], ['::ffff:169.254.169.254', undefined, 'forbidden'], ['meta.test', undefined, 'forbidden'],
  ['web.test', undefined, '192.0.2.1 4'], ['WEB.test.', 6, '2001:db8::1 6'], ['www.test', 4, '192.0.2.1 4'],
  ['localhost', undefined, '127.0.0.1 4'], ['x.localhost', 6, '::1 6'], ['', undefined, 'not found'], ['a'.repeat(300), undefined, 'not found'],
]
for (const [host, family, answer] of local) {
  test(`${host.slice(0, 40) || 'an empty name'} (${family ?? 'any'}) is ${answer}`, async () => assert.equal(await brief(host, family), answer))
}

test('a literal takes no time, a name some', async () => {
  const took = async (host: string) => {
    const found = await resolver().resolve(host, undefined, never)
    return found.kind === 'address' && found.took
  }
  assert.deepEqual([await took('192.0.2.1'), Number(await took('web.test')) > 0], [0, true])
})

test('names come from DNS: IPv4 first, IPv6 where there is none or it is wanted', async () => {
  await against({ 'both.example.com': ['192.0.2.5', '2001:db8::5'], 'six.example.com': ['2001:db8::6'] }, async (options) => {
    assert.equal(await brief('both.example.com', undefined, options), '192.0.2.5 4')
    assert.equal(await brief('both.example.com', 6, options), '2001:db8::5 6')
    assert.equal(await brief('six.example.com', undefined, options), '2001:db8::6 6')
    assert.equal(await brief('six.example.com', 4, options), 'not found')
    assert.equal(await brief('none.example.com', undefined, options), 'not found')
  })
})

test('forbidden addresses of a name are passed over; only they are forbidden', async () => {
  await against({ 'mixed.example.com': ['169.254.169.254', '192.0.2.5'], 'bad.example.com': ['169.254.169.254', '169.254.0.1'] }, async (options) => {
    assert.equal(await brief('mixed.example.com', undefined, options), '192.0.2.5 4')
    assert.equal(await brief('bad.example.com', undefined, options), 'forbidden')
  })
})

test('an answer is kept for its time to live, and not at all without one', async () => {
  await against({ 'a.example.com': ['192.0.2.5'] }, async (options, asked) => {
    const one = resolver(options)
    for (let i = 0; i < 3; i++) await one.resolve('a.example.com', 4, never)
    assert.equal(asked().length, 3)
  })
  await against({ 'a.example.com': ['192.0.2.5'] }, async (options, asked) => {
    let now = 0
    const one = resolver({ ...options, clock: { ...systemClock, monotonic: () => now } })
    for (const at of [0, 9999, 10_001]) {
      now = at
      await one.resolve('a.example.com', 4, never)
    }
    assert.equal(asked().length, 2)
  }, 3600)
})

test('equal questions at one time are asked once', async () => {
  await against({ 'a.example.com': ['192.0.2.5'] }, async (options, asked) => {
    const one = resolver(options)
    await Promise.all(Array.from({ length: 20 }, () => one.resolve('a.example.com', 4, never)))
    assert.equal(asked().length, 1)
  })
})

test('the search list is used as resolv.conf says', async () => {
  const withSearch = join(folder, 'search.conf')
  await writeFile(withSearch, 'search one.example two.example.\noptions timeout:1 ndots:2\n')
  await against({ 'web.two.example': ['192.0.2.5'], 'a.b.c': ['192.0.2.6'] }, async (options, asked) => {
    const searching = { ...options, resolvConf: withSearch }
    assert.equal(await brief('web', 4, searching), '192.0.2.5 4')
    assert.equal(await brief('a.b.c', 4, searching), '192.0.2.6 4')
    assert.equal(await brief('web.', 4, searching), 'not found')
    assert.deepEqual(asked(), ['A web.one.example', 'A web.two.example', 'A a.b.c', 'A web'])
  })
})

test('an abort ends the waiting and the question', async () => {
  await using server = await nameServer({ answer: () => undefined })
  const controller = new AbortController()
  const reason = new Error('enough')
  const one = resolver({ servers: [`127.0.0.1:${server.port}`] })
  const [first, second] = [one.resolve('a.example.com', 4, controller.signal), one.resolve('a.example.com', 4, controller.signal)]
  setTimeout(() => controller.abort(reason), 50)
  await assert.rejects(first, reason)
  await assert.rejects(second, reason)
  await assert.rejects(one.resolve('192.0.2.1', 4, controller.signal), reason)
})

test('one who leaves does not end the question of another', async () => {
  await using server = await nameServer({ answer: ({ name }, count) => (count < 2 ? undefined : [a(name, '192.0.2.5')]) })
  const one = resolver({ servers: [`127.0.0.1:${server.port}`] })
  const controller = new AbortController()
  const patient = one.resolve('a.example.com', 4, never)
  const hasty = one.resolve('a.example.com', 4, controller.signal)
  setTimeout(() => controller.abort(new Error('gone')), 50)
  await assert.rejects(hasty, /gone/)
  const found = await patient
  assert.equal(found.kind === 'address' && found.address, '192.0.2.5')
})

test('a name server that fails is told apart from a name that is not there', async () => {
  await using server = await nameServer({ answer: () => 2 })
  assert.deepEqual(await resolver({ servers: [`127.0.0.1:${server.port}`] }).resolve('a.example.com', 4, never), { kind: 'failed', detail: 'server failure' })
  assert.deepEqual(await resolver().resolve('a.example.com', 4, never), { kind: 'failed', detail: 'no name server answers' })
})

test('the hosts file is read again when it changed', async () => {
  const path = join(folder, 'changing')
  let now = 0
  const one = resolver({ hostsFile: path, clock: { ...systemClock, monotonic: () => now } })
  assert.equal((await one.resolve('new.test', 4, never)).kind, 'failed')
  await writeFile(path, '192.0.2.3 new.test\n')
  now = 6000
  assert.equal((await one.resolve('new.test', 4, never)).kind, 'address')
})

test('hosts and search lists are read as they are meant', () => {
  assert.deepEqual([...parseHosts('# all\n127.0.0.1\tlocalhost  LOCAL\n\nnonsense a\n::1 localhost')], [['localhost', ['127.0.0.1', '::1']], ['local', ['127.0.0.1']]])
  assert.deepEqual(parseSearch('domain a.example\nsearch b.example .\noptions ndots:99'), { domains: ['b.example'], dots: 15 })
})

test('a range that is none is named', () => {
  assert.throws(() => systemResolver({ forbidden: ['10.0.0.0/99'] }), /"10\.0\.0\.0\/99"/)
})
