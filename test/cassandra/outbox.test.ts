import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { withoutCassandra } from '../../scripts/lab/cassandra.ts'
import { outbox } from '../../src/adapters/store-cassandra/outbox.ts'
import type { Session } from '../../src/adapters/store-cassandra/session.ts'
import { defaultSettings } from '../../src/adapters/store-cassandra/settings.ts'
import { isConditional } from '../../src/adapters/store-cassandra/statement.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import { StoreUnavailable } from '../../src/contracts/errors.ts'
import type { DeliveryId, Outbox } from '../../src/contracts/outbox.ts'
import { aDelivery, anAlarmKey as key } from '../../src/contracts/samples.suite.ts'
import type { Delivery } from '../../src/core/alarm-row.ts'
import { meddledWith, testKeyspace, type TestKeyspace } from './cluster.ts'

/** The outbox where several processes share it, and where one dies in between, on a real Cassandra. */
const options = { skip: await withoutCassandra() }
const minute = 60_000
const noon = 20_500 * 86_400_000 + 43_200_000
let keyspace: TestKeyspace
let now = noon
const clock: Clock = { ...systemClock, now: () => now }

before(async () => {
  if (options.skip === false) keyspace = await testKeyspace()
})
after(() => keyspace?.[Symbol.asyncDispose]())
beforeEach(async () => {
  now = noon
  await keyspace?.empty()
})

/** The outbox as one process has it. */
const process = (session: Session = keyspace.session, at: Clock = clock): Outbox => outbox(session, { clock: at, random: systemRandom }, defaultSettings)
const idOf = (delivery: Delivery): DeliveryId => ({ key: delivery.key, version: delivery.version, notification: delivery.notification.id, step: delivery.step })
const due = async (node: Outbox) => (await node.due(now, 100)).map((delivery) => delivery.notification.id)
const delivered = (at: number) => [{ at, took: 1, outcome: 'delivered', message: '', from: 'n' }, { status: 'delivered', dueAt: 0 }] as const
const dies = (statement: { cql: string }, what: RegExp) => {
  if (what.test(statement.cql)) throw new Error('died')
}

async function statements(work: () => Promise<unknown>): Promise<number> {
  const earlier = keyspace.session.remote.statements
  await work()
  return keyspace.session.remote.statements - earlier
}

test('what one process enqueues another one finds, and so does one that starts later', options, async () => {
  const [writer, other] = [process(), process()]
  assert.deepEqual(await due(other), [])
  await writer.enqueue(aDelivery({ dueAt: now }))
  await writer.enqueue(aDelivery({ id: 'nt2', dueAt: now + 30_000 }))
  assert.deepEqual(await due(other), ['nt1'])
  assert.deepEqual([await other.nextDue(), await writer.nextDue()], [now, now])
  now += 30 * minute
  assert.deepEqual(await due(process()), ['nt1', 'nt2'])
  await other.claim(idOf(aDelivery()), 'other', now, now + 5000)
  assert.deepEqual(await due(writer), ['nt2'])
})

test('a retry moves on, wherever it is next made', options, async () => {
  const [one, two] = [process(), process()]
  await one.enqueue(aDelivery({ dueAt: now }))
  await one.claim(idOf(aDelivery()), 'one', now, now + 5000)
  await one.record(idOf(aDelivery()), 'one', null, { status: 'waiting', dueAt: now + 7 * minute })
  assert.deepEqual(await due(two), [])
  now += 8 * minute
  assert.deepEqual([await due(two), await due(process())], [['nt1'], ['nt1']])
  await two.claim(idOf(aDelivery()), 'two', now, now + 5000)
  await two.record(idOf(aDelivery()), 'two', ...delivered(now))
  for (const node of [one, two, process()]) assert.deepEqual(await due(node), [])
})

test('a process that dies in the middle of enqueueing or recording loses nothing', options, async () => {
  for (const table of ['due', 'used_bucket', 'delivery_name', 'delivery'] as const) {
    const dying = process(meddledWith(keyspace.session, async (statement, send) => {
      dies(statement, new RegExp(`INSERT INTO ${table} `))
      return send()
    }))
    await assert.rejects(dying.enqueue(aDelivery({ id: table, dueAt: now })))
    assert.ok(!(await due(process())).includes(table))
    // Its intent is unsettled: somebody does it again.
    assert.equal(await process().enqueue(aDelivery({ id: table, dueAt: now })), 'created')
    assert.ok((await due(process())).includes(table), table)
  }
  const id = { ...idOf(aDelivery()), notification: 'due' }
  const dying = process(meddledWith(keyspace.session, async (statement, send) => {
    dies(statement, /SET revision/)
    return send()
  }))
  await process().claim(id, 'dying', now, now + 5000)
  await assert.rejects(dying.record(id, 'dying', null, { status: 'waiting', dueAt: now + minute }))
  now += 2 * minute
  assert.ok((await due(process())).includes('due'), 'its claim has passed')
})

test('what is made late is found by those who have left its time behind', options, async () => {
  const watching = process()
  assert.deepEqual(await due(watching), [])
  now += 30 * minute
  assert.deepEqual(await due(watching), [])
  await process().enqueue(aDelivery({ dueAt: noon + 5 * minute }))
  assert.deepEqual(await due(watching), ['nt1'])
})

test('what a process that was stopped makes half an hour too late is found all the same', options, async () => {
  const watching = process()
  let monotonic = 0
  const stopped = process(meddledWith(keyspace.session, async (statement, send) => {
    if (isConditional(statement)) {
      now += 30 * minute
      monotonic += 30 * minute
      assert.deepEqual(await due(watching), [])
    }
    return send()
  }), { ...clock, monotonic: () => monotonic })
  await due(watching)
  await stopped.enqueue(aDelivery({ dueAt: now }))
  assert.deepEqual(await due(watching), ['nt1'])
})

test('a delivery that waits and whose index row came when everybody had left is found within minutes', options, async () => {
  const watching = process()
  const late = process(meddledWith(keyspace.session, async (statement, send) => (/INSERT INTO due/.test(statement.cql) ? [] : send())))
  assert.deepEqual(await due(watching), [])
  await late.enqueue(aDelivery({ dueAt: noon }))
  for (let passed = 0; passed <= 5; passed++, now += minute) assert.deepEqual(await due(watching), [])
  await keyspace.session.execute({ cql: "INSERT INTO due (bucket, due_at, tenant, entity, alarm, version, notification, step) VALUES (?, ?, '100000', 'en1', 'al1', 1, 'nt1', 0)", consistency: 'QUORUM', idempotent: true, about: 'a late write' }, [Math.floor(noon / minute), noon])
  let found: readonly string[] = []
  for (let passed = 0; passed <= 10 && found.length === 0; passed++, now += minute) found = await due(watching)
  assert.deepEqual(found, ['nt1'])
})

test('when all is quiet a look costs a few reads and no compare-and-set, however much there was', options, async () => {
  const node = process()
  for (let i = 0; i < 20; i++, now += minute) {
    await node.enqueue(aDelivery({ id: `nt${i}`, dueAt: now }))
    await node.claim({ ...idOf(aDelivery()), notification: `nt${i}` }, 'n', now, now + 1000)
    await node.record({ ...idOf(aDelivery()), notification: `nt${i}` }, 'n', ...delivered(now))
    await node.intend({ key, version: i, at: now })
    await node.settle({ key, version: i, at: now })
    assert.deepEqual([await due(node), await node.intents(now, 10)], [[], []])
  }
  now += 4 * minute
  assert.deepEqual([await due(node), await node.intents(now, 10)], [[], []])
  const [sets] = [keyspace.session.remote.compareAndSets]
  assert.ok(await statements(() => due(node)) <= 4)
  assert.ok(await statements(() => node.intents(now, 10)) <= 4)
  assert.equal(keyspace.session.remote.compareAndSets, sets)
  assert.deepEqual([await due(process()), await process().intents(now, 10)], [[], []])
})

test('an intent that nobody settles is given back for days, also by who starts later', options, async () => {
  const first = process()
  await first.intend({ key, version: 1, at: now })
  await first.intend({ key, version: 2, at: now + 1 })
  await process().settle({ key, version: 1, at: now })
  now += 3 * 24 * 60 * minute
  for (const node of [first, process()]) assert.deepEqual(await node.intents(now, 10), [{ key, version: 2, at: noon + 1 }])
  assert.deepEqual(await first.intents(Number.POSITIVE_INFINITY, 10), [{ key, version: 2, at: noon + 1 }])
})

test('an answer that was lost neither claims twice nor records twice', options, async () => {
  let losing = 0
  const node = process(meddledWith(keyspace.session, async (statement, send) => {
    const answer = await send()
    if (isConditional(statement) && losing-- > 0) throw new StoreUnavailable('no answer in time', 'unknown')
    return answer
  }))
  losing = 1
  assert.equal(await node.enqueue(aDelivery({ dueAt: now })), 'created')
  losing = 1
  assert.equal((await node.claim(idOf(aDelivery()), 'n', now, now + 5000))?.claim?.owner, 'n')
  losing = 1
  assert.equal(await node.record(idOf(aDelivery()), 'n', ...delivered(now)), 'applied')
  assert.equal((await node.deliveries(key, 1))[0]?.attempts.length, 1)
})

test('of twenty processes that claim at once one gets it', options, async () => {
  await process().enqueue(aDelivery({ dueAt: now }))
  const claims = await Promise.all(Array.from({ length: 20 }, (_, i) => process().claim(idOf(aDelivery()), `n${i}`, now, now + 1000)))
  assert.equal(claims.filter((claim) => claim !== undefined).length, 1)
})
