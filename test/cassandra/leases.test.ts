import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { withoutCassandra } from '../../scripts/lab/cassandra.ts'
import { leases } from '../../src/adapters/store-cassandra/leases.ts'
import type { Session } from '../../src/adapters/store-cassandra/session.ts'
import { isConditional } from '../../src/adapters/store-cassandra/statement.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import { StoreUnavailable } from '../../src/contracts/errors.ts'
import type { Leases } from '../../src/contracts/leases.ts'
import { meddledWith, testKeyspace, type TestKeyspace } from './cluster.ts'

/** Leases between processes, and what they cost, on a real Cassandra. */
const options = { skip: await withoutCassandra() }
let keyspace: TestKeyspace

before(async () => {
  if (options.skip === false) keyspace = await testKeyspace()
})
after(() => keyspace?.[Symbol.asyncDispose]())
beforeEach(() => keyspace?.empty())

const process = (session: Session = keyspace.session): Leases => leases(session, { clock: systemClock, random: systemRandom })

async function cost(work: () => Promise<unknown>): Promise<readonly [statements: number, compareAndSets: number]> {
  const { statements, compareAndSets } = keyspace.session.remote
  await work()
  return [keyspace.session.remote.statements - statements, keyspace.session.remote.compareAndSets - compareAndSets]
}

test('of twenty processes that want a lease at once one gets it, and only the holder pays a compare-and-set', options, async () => {
  const results = await Promise.all(Array.from({ length: 20 }, (_, i) => process().acquire('turn', `p${i}`, 1000, 100)))
  assert.equal(results.filter(Boolean).length, 1)
  const holder = `p${results.indexOf(true)}`
  assert.deepEqual(await cost(() => process().acquire('turn', 'another', 1050, 100)), [1, 0])
  assert.deepEqual(await cost(() => process().acquire('turn', holder, 1050, 100)), [2, 1])
})

test('a place of its own costs one plain write, and is seen by all', options, async () => {
  assert.deepEqual(await cost(() => process().acquire('pollers/mzdfw/p1', 'p1', 1000, 100)), [1, 0])
  await process().acquire('pollers/mzlon/p2', 'p2', 1000, 200)
  const owners = async (prefix: string, now: number) => (await process().holders(prefix, now)).map(({ owner }) => owner)
  assert.deepEqual([await owners('pollers/', 1050), await owners('pollers/mzdfw/', 1050), await owners('pollers/', 1150), await owners('poll', 1050)], [['p1', 'p2'], ['p1'], ['p2'], []])
  assert.deepEqual(await cost(() => process().release('pollers/mzlon/p2', 'p2')), [1, 0])
  assert.deepEqual(await owners('pollers/', 1050), ['p1'])
})

test('an answer that was lost does not keep its own lease from anybody', options, async () => {
  let losing = 1
  const unlucky = process(meddledWith(keyspace.session, async (statement, send) => {
    const answer = await send()
    if (isConditional(statement) && losing-- > 0) throw new StoreUnavailable('no answer in time', 'unknown')
    return answer
  }))
  assert.equal(await unlucky.acquire('turn', 'unlucky', 1000, 100), true)
  assert.equal(await process().acquire('turn', 'other', 1050, 100), false)
})
