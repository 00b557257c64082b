import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Type } from 'typebox'
import { defineCheckType, type ProbeContext, type Resolved } from '../../contracts/check-type.ts'
import type { ProbedCheck, ProbeResult } from '../../contracts/prober.ts'
import { systemClock } from './clock.ts'
import { systemProber, type ProberParts } from './prober.ts'
import { systemResolver } from './resolver.ts'
import { remoteHttp } from '../checks/remote-http.ts'

type Run = (context: ProbeContext<{ word?: string }>) => Promise<Omit<ProbeResult, 'target'>>
const fine: Run = () => Promise.resolve({ available: true, status: 'fine', metrics: {} })
const typed = (run: Run) => defineCheckType({ type: 'remote.test', category: 'remote', about: '', details: Type.Object({ word: Type.Optional(Type.String()) }), metrics: {}, run })
const quiet = defineCheckType({ type: 'heartbeat', category: 'heartbeat', about: '', details: Type.Object({}), metrics: {} })
const address: Resolved = { kind: 'address', address: '192.0.2.1', family: 4, took: 2.5 }
const check: ProbedCheck = { id: 'ch1', type: 'remote.test', details: {}, timeout: 0.1, period: 60, target_alias: null, target_hostname: 'a.test', target_resolver: null }
const entity = { ip_addresses: { web: '192.0.2.9' } }
const never = new AbortController().signal

function prober(run: Run, resolved: Resolved | ((host: string) => Promise<Resolved>) = address, parts: Partial<ProberParts> = {}) {
  const resolver = { resolve: (host: string) => (typeof resolved === 'function' ? resolved(host) : Promise.resolve(resolved)) }
  return systemProber({ clock: systemClock, resolver, checkTypes: [typed(run), quiet], ...parts })
}

test('the target is the alias among the entity\'s addresses, or the host name', async () => {
  const asked: string[] = []
  const names: (string | null)[] = []
  const one = prober(({ hostname }) => {
    names.push(hostname)
    return fine({} as never) // the run above does not look at its context
  }, (host) => {
    asked.push(host)
    return Promise.resolve(address)
  })
  await one.run(entity, check, { signal: never })
  const result = await one.run(entity, { ...check, target_alias: 'web', target_hostname: null }, { signal: never })
  assert.deepEqual([asked, names, result.target], [['a.test', '192.0.2.9'], ['a.test', null], '192.0.2.1'])
})

const cannot: readonly (readonly [name: string, change: Partial<ProbedCheck>, status: string])[] = [
  ['an unknown alias', { target_alias: 'db', target_hostname: null }, 'the entity has no address "db"'],
  ['no target', { target_hostname: null }, 'the check has no target'],
  ['an unknown type', { type: 'remote.none' }, 'no probe runs remote.none checks'],
  ['a type that reports by itself', { type: 'heartbeat' }, 'no probe runs heartbeat checks'],
]
for (const [name, change, status] of cannot) {
  test(`${name}: nothing is said of the target`, async () => {
    assert.deepEqual(await prober(fine).run(entity, { ...check, ...change }, { signal: never }), { available: false, cannot: true, status, metrics: {}, target: null })
  })
}

test('an alias needs addresses', async () => {
  const result = await prober(fine).run({ ip_addresses: null }, { ...check, target_alias: 'web', target_hostname: null }, { signal: never })
  assert.equal(result.cannot, true)
})

test('what the resolver says is a result', async () => {
  const status = async (resolved: Resolved) => {
    const result = await prober(fine, resolved).run(entity, check, { signal: never })
    return [result.status, result.cannot, result.available]
  }
  assert.deepEqual(await status({ kind: 'forbidden', detail: '' }), [`prevented by ACL 'global'`, true, false])
  assert.deepEqual(await status({ kind: 'not found', detail: '' }), ['dns: not found', undefined, false])
  assert.deepEqual(await status({ kind: 'failed', detail: 'server failure' }), ['dns: server failure', undefined, false])
})

test('the time that the name took is a phase, unless the type has its own', async () => {
  const phases = async (run: Run, took: number) => (await prober(run, { ...address, took }).run(entity, check, { signal: never })).phases
  const timed = (given: NonNullable<ProbeResult['phases']>): Run => () => Promise.resolve({ available: true, status: '', metrics: {}, phases: given })
  assert.deepEqual(await phases(timed({ total: 9 }), 2.5), { dns: 2.5, total: 9 })
  assert.deepEqual(await phases(timed({ dns: 7, total: 9 }), 2.5), { dns: 7, total: 9 })
  assert.deepEqual(await phases(fine, 0), undefined)
})

const hang = (signal: AbortSignal) => new Promise<never>((_, reject) => {
  signal.addEventListener('abort', () => reject(signal.reason))
})

test('a run that takes too long is a timeout, in the probe and in the resolver', async () => {
  const late: ProbeResult = { available: false, status: 'timeout', metrics: {}, target: '192.0.2.1' }
  assert.deepEqual(await prober(({ signal }) => hang(signal)).run(entity, check, { signal: never }), late)
  const resolver = { resolve: (_: string, __: unknown, signal: AbortSignal) => hang(signal) }
  assert.deepEqual(await prober(fine, address, { resolver }).run(entity, check, { signal: never }), { ...late, target: null })
})

test('a type that does not listen to its signal is left behind', async () => {
  const result = await prober(() => new Promise(() => {})).run(entity, check, { signal: never })
  assert.equal(result.status, 'timeout')
})

test('an abort from outside rejects with its reason, at any time', async () => {
  const controller = new AbortController()
  const reason = new Error('stop')
  const running = prober(({ signal }) => hang(signal)).run(entity, { ...check, timeout: 60 }, { signal: controller.signal })
  setTimeout(() => controller.abort(reason), 10)
  await assert.rejects(running, reason)
  await assert.rejects(prober(fine).run(entity, check, { signal: controller.signal }), reason)
})

test('a bug of ours is not taken for a target that is down', async () => {
  await assert.rejects(prober(() => Promise.reject(new TypeError('oops'))).run(entity, check, { signal: never }), TypeError)
})

test('secrets are opened for the probe; what cannot be opened says nothing of the target', async () => {
  const open = (details: ProbedCheck['details']) => {
    if (details['word'] !== 'sealed') throw new Error('broken seal')
    return { word: 'plain' }
  }
  const told: Run = ({ details }) => Promise.resolve({ available: true, status: details.word ?? '', metrics: {} })
  assert.equal((await prober(told, address, { open }).run(entity, { ...check, details: { word: 'sealed' } }, { signal: never })).status, 'plain')
  const broken = await prober(told, address, { open }).run(entity, check, { signal: never })
  assert.deepEqual([broken.cannot, broken.status], [true, 'the secrets in the details cannot be opened'])
})

test('a status has at most 255 characters', async () => {
  const long: Run = () => Promise.resolve({ available: true, status: 'x'.repeat(1000), metrics: {} })
  assert.equal((await prober(long).run(entity, check, { signal: never })).status.length, 255)
})

test('a zone with an address of its own probes from it', async (t) => {
  const from: (string | undefined)[] = []
  const server = createServer((request, response) => {
    from.push(request.socket.remoteAddress)
    response.end()
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  // A TCP server's address is never a path.
  const { port } = server.address() as AddressInfo
  const prober = systemProber({ clock: systemClock, resolver: systemResolver({ forbidden: [] }), checkTypes: [remoteHttp], source: '127.0.0.9' })
  const http = { id: 'ch', type: 'remote.http', details: { url: `http://127.0.0.1:${port}/`, method: 'GET', follow_redirects: true, include_body: false }, timeout: 5, period: 30, target_alias: null, target_hostname: '127.0.0.1', target_resolver: null }
  const result = await prober.run({ ip_addresses: null }, http, { signal: t.signal })
  assert.deepEqual([result.available, from], [true, ['127.0.0.9']])
})
