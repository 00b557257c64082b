import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProbedCheck } from '../../contracts/prober.ts'
import { simulatedClock } from './clock.ts'
import { simulatedNetwork } from './network.ts'
import { simulatedRandom } from './random.ts'

const check = (hostname: string): ProbedCheck => ({
  id: 'ch1', type: 'remote.http', details: {}, timeout: 10, period: 60, target_alias: null, target_hostname: hostname, target_resolver: null,
})

function world() {
  const clock = simulatedClock()
  const network = simulatedNetwork(simulatedRandom(7))
  const look = async (zone: string, hostname: string) => (await clock.run(network.prober(zone, clock).run({ ip_addresses: null }, check(hostname), { signal: new AbortController().signal }))).status
  return { clock, network, look }
}

test('a target is what each zone sees of it', async () => {
  const { network, look } = world()
  const site = network.http()
  assert.match(await look('a', site.hostname), /^code=200/)
  site.vanishFor('a')
  assert.deepEqual([await look('a', site.hostname), (await look('b', site.hostname)).slice(0, 8)], ['timeout', 'code=200'])
  site.comeBackFor('a')
  site.down()
  assert.deepEqual([await look('a', site.hostname), await look('b', site.hostname)], ['connection refused', 'connection refused'])
  site.up()
  site.answer('503', 'b')
  assert.deepEqual([(await look('a', site.hostname)).slice(0, 8), (await look('b', site.hostname)).slice(0, 8)], ['code=200', 'code=503'])
})

test('a zone that is cut off sees nothing of anything, and says timeout after the timeout', async () => {
  const { clock, network, look } = world()
  const site = network.http()
  network.cut('a')
  const before = clock.monotonic()
  assert.equal(await look('a', site.hostname), 'timeout')
  assert.equal(clock.monotonic() - before, 10_000)
  assert.match(await look('b', site.hostname), /^code=200/)
})

test('an aborted probe rejects with the reason', async () => {
  const { clock, network } = world()
  const stop = new AbortController()
  const probe = network.prober('a', clock).run({ ip_addresses: null }, check(network.http().hostname), { signal: stop.signal })
  stop.abort(new Error('enough'))
  await assert.rejects(probe, /enough/)
})
