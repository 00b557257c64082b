import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { withoutCassandra } from '../../scripts/lab/cassandra.ts'
import { recordingLog } from '../../src/adapters/simulated/log.ts'
import { CassandraConfirmBus } from '../../src/adapters/store-cassandra/confirm-bus.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import type { ConfirmRequest } from '../../src/contracts/transport.ts'
import { testKeyspace, type TestKeyspace } from './cluster.ts'

/** Requests to look between two processes, on a real Cassandra. */
const options = { skip: await withoutCassandra(), timeout: 60_000 }
let keyspace: TestKeyspace

before(async () => {
  if (options.skip === false) keyspace = await testKeyspace()
})
after(() => keyspace?.[Symbol.asyncDispose]())

const process = () => new CassandraConfirmBus({ session: keyspace.session, clock: systemClock, random: systemRandom, log: recordingLog() })
const request = (check: string): ConfirmRequest => ({ check, slot: 5, askedBy: 'mzlon', trace: 'trace', notBefore: 7 })

test('a request reaches who listens to its zone, in this process and in others, once', options, async () => {
  await using here = process()
  await using there = process()
  const leave = new AbortController()
  const [mine, theirs] = [here, there].map((bus) => bus.subscribe('mzdfw', leave.signal)[Symbol.asyncIterator]())
  here.publish('mzlon', request('of another zone'))
  here.publish('mzdfw', request('ch1'))
  assert.deepEqual([(await mine!.next()).value, (await theirs!.next()).value], [request('ch1'), request('ch1')])
  there.publish('mzdfw', request('ch2'))
  assert.deepEqual([(await mine!.next()).value, (await theirs!.next()).value], [request('ch2'), request('ch2')], 'and nothing in between')
  // A look is read again for seconds; a third request comes after many of those.
  await systemClock.sleep(1500)
  here.publish('mzdfw', request('ch3'))
  assert.deepEqual([(await mine!.next()).value, (await theirs!.next()).value], [request('ch3'), request('ch3')])
  const last = [mine!.next(), theirs!.next()]
  leave.abort()
  assert.deepEqual((await Promise.all(last)).map(({ done }) => done), [true, true])
})

test('nothing is read for a zone that nobody listens to', options, async () => {
  await using bus = process()
  const leave = new AbortController()
  const heard = bus.subscribe('mzsyd', leave.signal)[Symbol.asyncIterator]()
  bus.publish('mzsyd', request('ch1'))
  await heard.next()
  const last = heard.next()
  leave.abort()
  await last
  await systemClock.sleep(500)
  const before = keyspace.session.remote.statements
  await systemClock.sleep(1000)
  assert.equal(keyspace.session.remote.statements, before)
})
