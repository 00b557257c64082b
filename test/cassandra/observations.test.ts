import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { withoutCassandra } from '../../scripts/lab/cassandra.ts'
import { openCassandra } from '../../src/adapters/store-cassandra/index.ts'
import { observationStore } from '../../src/adapters/store-cassandra/observations.ts'
import { defaultSettings } from '../../src/adapters/store-cassandra/settings.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { ObservationStore } from '../../src/contracts/observation-store.ts'
import { aVersion, anAlarmKey, anObservation } from '../../src/contracts/samples.suite.ts'
import { testKeyspace, type TestKeyspace } from './cluster.ts'

/** Observations over days, and what the usual one costs, on a real Cassandra. */
const options = { skip: await withoutCassandra() }
const day = 86_400_000
const midnight = 20_500 * day
let keyspace: TestKeyspace
let now = midnight

before(async () => {
  if (options.skip === false) keyspace = await testKeyspace()
})
after(() => keyspace?.[Symbol.asyncDispose]())
beforeEach(() => keyspace?.empty())

const process = (): ObservationStore => observationStore(keyspace.session, { ...systemClock, now: () => now }, defaultSettings)
const at = (time: number, sequence: number) => anObservation(sequence, { at: time, slot: time, receivedAt: time })

async function statements(work: () => Promise<unknown>): Promise<number> {
  const earlier = keyspace.session.remote.statements
  await work()
  return keyspace.session.remote.statements - earlier
}

test('the newest are found over midnights, gaps of days and clocks that are ahead', options, async () => {
  const times = [midnight - 5 * day, midnight - 2 * day, midnight - 2 * day + 1, midnight - 1, midnight, midnight + 500, midnight + 2 * day]
  now = midnight
  for (const [i, time] of times.entries()) await process().append([at(time, i)])
  for (const present of [midnight - 1000, midnight, midnight + 1000, midnight + 2 * day - 1000, midnight + 3 * day]) {
    now = present
    // What is days ahead of our clock is met when its day comes.
    const known = times.filter((time) => Math.floor(time / day) <= Math.floor((present + 600_000) / day))
    const newest = async (count: number) => (await process().newest('ch1', 'mzdfw', count)).map((observation) => observation.at)
    assert.deepEqual(await newest(3), known.toReversed().slice(0, 3), `at ${present - midnight}`)
  }
  assert.deepEqual((await Array.fromAsync(process().range('ch1', 'mzdfw', -Infinity, Infinity))).map((observation) => observation.at), times)
})

test('the usual observation costs one write, and reading its zone one statement', options, async () => {
  now = midnight + 12 * 3_600_000
  const node = process()
  for (let sequence = 0; sequence < 8; sequence++) await node.append([at(now + sequence, sequence)])
  assert.equal(await statements(() => node.append([at(now + 8, 8)])), 1)
  assert.equal(await statements(() => node.newest('ch1', 'mzdfw', 8)), 1)
  assert.equal(await statements(() => node.append(Array.from({ length: 50 }, (_, i) => at(now + 100 + i, 100 + i)))), 1, 'of one check and zone in one batch')
  now += day
  assert.equal(await statements(() => node.append([at(now, 200)])), 2, 'the first of a day also notes the day')
})

test('through the whole store the usual observation costs three statements and no compare-and-set', options, async () => {
  await using store = await openCassandra(keyspace.options)
  const start = Date.now()
  await store.ledger.commit(0, ...aVersion(1, 'd1'))
  for (let sequence = 0; sequence < 8; sequence++) await store.observations.append([at(start - 1000 + sequence, sequence)])
  const earlier = (await store.stats()).remote!
  for (let sequence = 8; sequence < 58; sequence++) {
    await store.observations.append([at(start - 1000 + sequence, sequence)])
    assert.equal((await store.observations.newest('ch1', 'mzdfw', 8)).length, 8)
    await store.ledger.read(anAlarmKey)
  }
  const later = (await store.stats()).remote!
  // Beside them, now and then, what the store does for itself.
  assert.ok(later.statements - earlier.statements <= 50 * 3 + 15, `${later.statements - earlier.statements} statements`)
  assert.equal(later.compareAndSets, earlier.compareAndSets)
})
