import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { lasting, startCassandra, withoutCassandra, type CassandraCluster } from '../../scripts/lab/cassandra.ts'
import { eventually } from '../../scripts/lab/eventually.ts'
import { recordingLog } from '../../src/adapters/simulated/log.ts'
import { openCassandra, type CassandraOptions } from '../../src/adapters/store-cassandra/index.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import { aVersion, anAlarmKey as key, anObservation } from '../../src/contracts/samples.suite.ts'

/** A database that hangs, that dies and that comes back, while a store is open on it; a real node of this test's own. */
const options = { skip: await withoutCassandra(), timeout: 240_000 }
let cluster: CassandraCluster
const opened = (fields: Partial<CassandraOptions> = {}) => openCassandra({
  contactPoints: cluster.contactPoints, port: cluster.port, keyspace: 'outage', region: 'dc1', replication: new Map([['dc1', 1]]), clock: systemClock, random: systemRandom, log: recordingLog(), ...fields,
})
const kinds = (store: { problems(): readonly { kind: string }[] }) => store.problems().map(({ kind }) => kind)

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  const [result] = await Promise.allSettled([work])
  return result.status === 'fulfilled'
}

before(async () => {
  if (options.skip === false) cluster = await startCassandra({ nodes: 1, set: lasting })
}, { timeout: 240_000 })
after(() => cluster?.[Symbol.asyncDispose]())

test('several processes that start at once on an empty cluster make one keyspace', options, async () => {
  const stores = await Promise.all(Array.from({ length: 4 }, () => opened()))
  await stores[0]!.ledger.commit(0, ...aVersion(1, 'd1'))
  for (const store of stores) {
    assert.equal((await store.ledger.read(key))?.decisionId, 'd1')
    await store[Symbol.asyncDispose]()
  }
})

test('a database that hangs is told of, refuses with its outcome, and is used again when it wakes', options, async () => {
  await using store = await opened()
  assert.deepEqual(store.problems(), [])
  cluster.pause(1)
  await eventually('it hangs', async () => !(await succeeds(store.ledger.read(key))))
  const reads = await Promise.allSettled([1, 2, 3].map(() => store.ledger.read(key)))
  assert.deepEqual(reads.map((read) => read.status === 'rejected' && [read.reason.name, read.reason.outcome]), Array.from({ length: 3 }, () => ['StoreUnavailable', 'not done']))
  assert.ok(kinds(store).includes('unavailable'))
  cluster.resume(1)
  await eventually('it takes an observation', () => succeeds(store.observations.append([anObservation(1)])))
  await eventually('all is well again', () => kinds(store).length === 0)
  assert.ok((await store.stats()).remote!.timeouts > 0)
})

test('a database that dies is told of with its region, and what was acknowledged is there when it is back', options, async () => {
  await using store = await opened()
  await store.observations.append([anObservation(2)])
  await cluster.kill(1)
  // As in life, somebody asks while it is gone: an idle driver may notice late.
  await eventually('the region is missed', async () => !(await succeeds(store.ledger.read(key))) && kinds(store).includes('region'))
  for (let tried = 0; tried < 3; tried++) await assert.rejects(store.ledger.read(key), { name: 'StoreUnavailable', outcome: 'not done' })
  await assert.rejects(store.ledger.commit(1, ...aVersion(2, 'd2')), { name: 'StoreUnavailable' })
  await assert.rejects(store.time(), { name: 'StoreUnavailable' })
  assert.deepEqual(kinds(store).toSorted(), ['region', 'unavailable'])
  await assert.rejects(opened(), { name: 'StoreUnavailable', message: /^Cassandra does not answer at .*ECONNREFUSED/ })
  await cluster.startNode(1)
  await eventually('it answers', () => succeeds(store.ledger.read(key)))
  assert.deepEqual((await Array.fromAsync(store.observations.range('ch1', 'mzdfw', -Infinity, Infinity))).map(({ sequence }) => sequence), [1, 2])
  await eventually('all is well again', () => kinds(store).length === 0)
})

test('what cannot be opened says why', options, async () => {
  await assert.rejects(opened({ region: 'dc9' }), /no data centre 'dc9'; it has dc1/)
  await assert.rejects(opened({ keyspace: 'Not-A-Name' }), /is no name for a keyspace/)
  await assert.rejects(opened({ keyspace: 'elsewhere', replication: new Map([['dc9', 1]]) }), /dc9/)
  await using store = await opened()
  await assert.rejects(store.backup('/nowhere'), /nodetool snapshot/)
  assert.ok(Math.abs((await store.time()) - Date.now()) < 60_000)
})
