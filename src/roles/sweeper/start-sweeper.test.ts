import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { State } from '../../core/alarm-row.ts'
import { configured } from '../../flows/configure.ts'
import { quietStage, tenant, theAlarm, theCheck, zones, type NodeOptions, type Stage, type StageNode } from '../../flows/stage.suite.ts'
import { startSweeper } from './start-sweeper.ts'

const start = (stage: Stage, node: StageNode, owner: string): Promise<AsyncDisposable> =>
  startSweeper({ sweep: node.sweep, leases: node.store.leases, owner, clock: node.clock, log: stage.log, every: 5000 })
const stop = (stage: Stage, sweeper: AsyncDisposable) => stage.run((async () => { await sweeper[Symbol.asyncDispose]() })())

/** Many entities with an alarm each, so that every slice has some. */
async function crowd(stage: Stage, node: StageNode, count: number): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, (_, n) => `enCrowd${String(n).padStart(3, '0')}`)
  for (const id of ids) {
    await stage.run(stage.store.configuration.commit({ tenant, entity: id }, [
      { kind: 'entity', id, expected: 0, value: { id, label: id, agent_id: null, ip_addresses: null, managed: false, uri: null, metadata: null, created_at: 0, updated_at: 0 } },
      { kind: 'check', id: `ch${id}`, expected: 0, value: { ...theCheck, id: `ch${id}`, entity_id: id } },
      { kind: 'alarm', id: `al${id}`, expected: 0, value: { ...theAlarm, id: `al${id}`, entity_id: id, check_id: `ch${id}` } },
    ]))
    await stage.run(configured(node.deps, tenant, id))
  }
  return ids
}

const seen = (stage: Stage, node: StageNode, ids: readonly string[], code: '200' | '500') =>
  stage.take(node, ...ids.flatMap((entity) => zones.map((zone) => stage.sees(zone, code, { entity, check: `ch${entity}` }))))
const statesOf = async (stage: Stage) => Map.groupBy(await stage.run(Array.fromAsync(stage.store.ledger.allRows(tenant))), (row) => row.state)
const countOf = async (stage: Stage, state: State) => (await statesOf(stage)).get(state)?.length ?? 0

test('sweepers share the work, and whoever is left does all of it within 15 s', async (t) => {
  const { stage, node } = await quietStage(t)
  const other = stage.node()
  const ids = await crowd(stage, node, 60)
  await seen(stage, node, ids, '200')
  const sweepers = [await start(stage, node, 'a'), await start(stage, other, 'b')]
  await stage.clock.advance(30_000)
  const looks = () => [node, other].map((one) => one.sweep.counts.blind)
  await stage.clock.advance(270_000)
  assert.equal(await countOf(stage, 'UNKNOWN'), 61)
  assert.ok(Math.min(...looks()) >= 15, `${looks().join()}: both swept`)
  assert.equal(looks()[0]! + looks()[1]!, 61, 'nothing twice') // there are two

  node.clock.kill()
  await stage.run(stage.store.observations.append(ids.flatMap((entity) => zones.map((zone) => stage.sees(zone, '500', { entity, check: `ch${entity}` })))))
  await stage.clock.advance(16_000)
  const critical = await countOf(stage, 'CRITICAL')
  assert.ok(critical > 10 && critical < 60, `${critical}: what the dead one had is looked at anew, as it was its own`)
  await stop(stage, sweepers[1]!) // there are two
})

test('with leases in which everyone believes everything is done several times and comes out once', async (t) => {
  const believing = (owner: string): NodeOptions => ({ spoil: () => ({ leases: {
    acquire: async () => true, release: async () => {}, holders: async (prefix) => [{ name: `${prefix}${owner}`, owner, until: Number.POSITIVE_INFINITY }],
  } }) })
  const { stage, node } = await quietStage(t, {}, believing('a'))
  const nodes = [node, stage.node(believing('b')), stage.node(believing('c'))]
  const ids = await crowd(stage, node, 20)
  await stage.commit({ kind: 'check', id: 'chJob00000', expected: 0, value: { ...theCheck, id: 'chJob00000', type: 'heartbeat', monitoring_zones_poll: null, period: 120, details: { grace: 0 } } })
  await seen(stage, node, ids, '200')
  // A process dies before it has told of a change.
  const dead = stage.node()
  stage.store.loseNext('outbox.enqueue', 'never')
  const [entity = ''] = ids
  await stage.clock.advance(60_000)
  const dying = dead.ingest.take(zones.map((zone) => stage.sees(zone, '500', { entity, check: `ch${entity}` })), true)
  await stage.clock.advance(100)
  dead.clock.kill()
  await Promise.race([dying, stage.clock.settle()])
  const sweepers = await Promise.all(nodes.map((one, n) => start(stage, one, 'abc'[n]!))) // there are three
  await stage.clock.advance(300_000)
  const rows = await stage.run(Array.fromAsync(stage.store.ledger.allRows(tenant)))
  const entries = await stage.run(Promise.all(rows.map((row) => stage.store.ledger.entries(row.key, 1, 100))))
  const unknown = entries.map((of) => of.filter((entry) => entry.kind === 'state' && entry.state === 'UNKNOWN').length)
  assert.deepEqual(unknown, Array.from({ length: 21 }, () => 1), 'each alarm turned UNKNOWN once')
  const overdue = await stage.run(stage.store.observations.newest('chJob00000', 'heartbeat', 10))
  assert.ok(overdue.length > 0)
  assert.deepEqual(overdue.length, new Set(overdue.map((one) => one.slot)).size, 'one mark a deadline')
  assert.deepEqual(await stage.run(stage.store.outbox.intents(Number.POSITIVE_INFINITY, 10)), [])
  for (const sweeper of sweepers) await stop(stage, sweeper)
})

test('of two sweepers the one that lives goes on when the other is gone', async (t) => {
  const { stage, node } = await quietStage(t)
  const other = stage.node()
  const sweepers = [await start(stage, node, 'a'), await start(stage, other, 'b')]
  await stage.clock.advance(60_000)
  const { rounds } = other.sweep.counts
  node.clock.kill()
  await stage.clock.advance(60_000)
  assert.ok(other.sweep.counts.rounds >= rounds + 11)
  await stop(stage, sweepers[1]!) // there are two
})

test('a sweeper that stops gives its lease back at once', async (t) => {
  const { stage, node } = await quietStage(t)
  const sweeper = await start(stage, node, 'a')
  await stage.clock.advance(6000)
  await stop(stage, sweeper)
  assert.deepEqual(await stage.run(stage.store.leases.holders('', stage.clock.now())), [])
})

test('what a dead process left is recovered as soon as the store answers', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.clock.advance(60_000)
  await stage.run(stage.store.observations.append(zones.map((zone) => stage.sees(zone, '500'))))
  node.clock.kill()
  const fresh = stage.node()
  stage.store.faults.unavailable = true
  const sweeper = await start(stage, fresh, 'b')
  await stage.clock.advance(30_000)
  stage.store.faults.unavailable = false
  await stage.clock.advance(10_000)
  assert.equal(await stage.state(), 'CRITICAL')
  await stop(stage, sweeper)
})

test('a process that stood still judges nobody when it wakes', async (t) => {
  const { stage, node } = await quietStage(t)
  const sweeper = await start(stage, node, 'a')
  for (let minute = 0; minute < 5; minute++) {
    await stage.clock.advance(60_000)
    await stage.all(node, '200')
  }
  node.clock.pause(1_200_000)
  await stage.clock.advance(1_260_000)
  assert.equal(await stage.state(), 'OK')
  await stage.clock.advance(120_000)
  assert.equal(await stage.state(), 'UNKNOWN')
  await stop(stage, sweeper)
})

test('while the store is away it goes on trying, and says so', async (t) => {
  const { stage, node } = await quietStage(t)
  const sweeper = await start(stage, node, 'a')
  stage.store.faults.unavailable = true
  await stage.clock.advance(20_000)
  assert.ok(stage.log.lines.some((line) => line.level === 'error' && line.message.startsWith('a sweep failed')))
  stage.store.faults.unavailable = false
  const { rounds } = node.sweep.counts
  await stage.clock.advance(20_000)
  assert.ok(node.sweep.counts.rounds > rounds)
  await stop(stage, sweeper)
})

test('a process without the role decides what it owes all the same, and sweeps nothing', async (t) => {
  const { stage, node } = await quietStage(t)
  const other = stage.node()
  const first = await start(stage, node, 'a')
  await stage.clock.advance(6000)
  const second = await startSweeper({ sweep: other.sweep, leases: other.store.leases, owner: 'b', clock: other.clock, log: stage.log, every: 5000, sweeps: false })
  await stage.clock.advance(54_000)
  stage.store.loseNext('outbox.intend', 'never')
  await stage.all(other, '500', ['mzdfw', 'mzlon'])
  await stage.clock.advance(10_000)
  assert.deepEqual([await stage.state(), other.sweep.counts.rounds], ['CRITICAL', 0])
  for (const sweeper of [first, second]) await stop(stage, sweeper)
})
