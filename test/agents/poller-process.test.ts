import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { listenForAgents } from '../../src/adapters/agent-protocol/index.ts'
import { authority, certificate } from '../../src/adapters/agent-protocol/stage.suite.ts'
import { recordingLog } from '../../src/adapters/simulated/log.ts'
import { openEmbedded } from '../../src/adapters/store-embedded/index.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import { aCheck, anEntity } from '../../src/contracts/samples.suite.ts'
import type { Observation } from '../../src/core/observation.ts'
import { openDetails } from '../../src/flows/delivery-message.ts'
import { freePort } from '../../scripts/lab/vedette.ts'
import { folder, Run } from '../program/run.ts'
import { endpointOn, pollerToken, secretBox, tenant } from './world.ts'

const zone = 'mzdfw'
const password = 'open-sesame-0815'

/** Waits until something is so. */
async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  while (!await is()) await systemClock.sleep(50)
}

/** A web server that lets in who knows the password, and counts those. */
async function guarded() {
  const state = { url: '', hits: 0 }
  const server = createServer((request, response) => {
    const knows = request.headers.authorization === `Basic ${Buffer.from(`me:${password}`).toString('base64')}`
    if (knows) state.hits += 1
    response.writeHead(knows ? 200 : 401).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has such an address.
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return Object.assign(state, { async [Symbol.asyncDispose]() {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  } })
}

/** A store with one check, and endpoints on it that come and go. */
async function world(directory: string, url: string) {
  const store = await openEmbedded({ directory, clock: systemClock, log: recordingLog() })
  const { link, authenticate, engine } = endpointOn(store, systemClock)
  await store.configuration.commit({ tenant, entity: 'en1' }, [
    { kind: 'entity', id: 'en1', expected: 0, value: anEntity({ id: 'en1' }) },
    { kind: 'check', id: 'ch1', expected: 0, value: aCheck({ id: 'ch1', period: 1, timeout: 1, monitoring_zones_poll: [zone], details: { url, auth_user: 'me', auth_password: secretBox.seal(password) } }) },
  ])
  const listen = (port: number) => listenForAgents({
    host: '127.0.0.1', port, certificate: () => certificate, endpoint: link, authenticate, open: (details) => openDetails(details, secretBox), clock: systemClock, random: systemRandom, log: recordingLog(),
  })
  const seen = (): Promise<readonly Observation[]> => store.observations.newest('ch1', zone, 1000)
  return { listen, seen, async [Symbol.asyncDispose]() {
    await engine.ingest.settled()
    await store[Symbol.asyncDispose]()
  } }
}

test('a poller in a process of its own outlives its endpoints and loses nothing', async () => {
  await using here = await folder()
  await using target = await guarded()
  await using server = await world(join(here.path, 'store'), target.url)
  const [first, second, port] = [await freePort(), await freePort(), await freePort()]
  const ca = join(here.path, 'ca.pem')
  await writeFile(ca, (await authority).cert)
  await using poller = new Run(['poller', '--zone', zone, '--endpoint', `127.0.0.1:${first},127.0.0.1:${second}`, '--ca', ca, '--data', join(here.path, 'poller'), '--name', 'alone', '--port', String(port)], { env: { VEDETTE_TOKEN: pollerToken } })
  const readiness = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
    return { status: answer.status, text: await answer.text() }
  }

  await poller.says(/"msg":"up"/)
  assert.partialDeepStrictEqual(await readiness(), { status: 503 })
  assert.match((await readiness()).text, /no endpoint is connected: .*connection refused/)

  const listeners = new Map([[first, await server.listen(first)], [second, await server.listen(second)]])
  await until(async () => (await server.seen()).length >= 2)
  assert.ok((await server.seen()).every((one) => one.available), 'the password reached the poller, open')
  assert.equal((await readiness()).status, 200)

  const [, preferred] = await poller.says(/"endpoint":"127\.0\.0\.1:(\d+)","msg":"sending to this endpoint/)
  await listeners.get(Number(preferred))![Symbol.asyncDispose]()
  const before = (await server.seen()).length
  await until(async () => (await server.seen()).length >= before + 2)

  for (const listener of listeners.values()) await listener[Symbol.asyncDispose]()
  const hits = target.hits
  await until(() => target.hits >= hits + 3)
  assert.equal((await readiness()).status, 503)
  await using again = await server.listen(second)
  const whole = async () => {
    const sequences = (await server.seen()).map((one) => one.sequence).toSorted((a, b) => a - b)
    return sequences.length > before + 5 && sequences.every((sequence, index) => sequence === sequences[0]! + index)
  }
  await until(whole)
  assert.equal(again.stats().pollers, 1)
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  assert.match(metrics, new RegExp(`vedette_endpoint_preferred\\{endpoint="127.0.0.1:${second}"\\} 1`))
  assert.match(metrics, /vedette_checks\{zone="mzdfw"\} 1/)

  poller.child.kill('SIGTERM')
  const { code, stdout, stderr } = await poller.finished()
  assert.deepEqual([code, stderr], [0, ''])
  assert.ok(await whole())
  for (const secret of [pollerToken, password]) assert.ok(!stdout.includes(secret), 'no secret in the log')
})

test('what is missing or wrong is told before anything starts', async () => {
  await using here = await folder()
  const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [[], /--zone \(VEDETTE_ZONE\): must be given/], [['--zone', 'dfw'], /--zone: "dfw" must be zone ids/], [['--zone', 'mza,mzb'], /must be one zone/],
    [['--zone', 'mza', '--endpoint', 'a:b:c'], /must be host:port addresses/], [['--zone', 'mza', '--endpoint', 'a'], /--token \(VEDETTE_TOKEN\): must be given/],
    [['--zone', 'mza', '--endpoint', 'a', '--token', 't', '--spool-bytes', '5'], /--spool-bytes: "5" must be a whole number/],
    [['--zone', 'mza', '--endpoint', 'a', '--token', 't', '--data', here.path, '--ca', join(here.path, 'none.pem')], /--ca \(VEDETTE_CA\): cannot read .*none.pem: no such file/],
  ]
  for (const [args, message] of cases) {
    await using poller = new Run(['poller', ...args])
    const { code, stderr } = await poller.finished()
    assert.ok(code === 1 || code === 2)
    assert.match(stderr, message)
  }
})
