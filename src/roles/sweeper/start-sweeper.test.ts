import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quietStage, zones, type Stage, type StageNode } from '../../flows/stage.suite.ts'
import { startSweeper } from './start-sweeper.ts'

const start = (stage: Stage, node: StageNode, owner: string): Promise<AsyncDisposable> =>
  startSweeper({ sweep: node.sweep, leases: node.store.leases, owner, clock: node.clock, log: stage.log, every: 5000 })
const stop = (stage: Stage, sweeper: AsyncDisposable) => stage.run((async () => { await sweeper[Symbol.asyncDispose]() })())

test('of two sweepers one sweeps; the other takes over when it is gone', async (t) => {
  const { stage, node } = await quietStage(t)
  const other = stage.node()
  const sweepers = [await start(stage, node, 'a'), await start(stage, other, 'b')]
  await stage.clock.advance(60_000)
  assert.deepEqual([node.sweep.counts.rounds + other.sweep.counts.rounds, Math.min(node.sweep.counts.rounds, other.sweep.counts.rounds)], [12, 0])
  const [busy, idle] = node.sweep.counts.rounds > 0 ? [node, other] : [other, node]
  busy.clock.kill()
  await stage.clock.advance(60_000)
  assert.ok(idle.sweep.counts.rounds >= 9)
  await stop(stage, sweepers[idle === node ? 0 : 1]!) // there are two
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

test('a process that does not hold the lease decides what it owes all the same', async (t) => {
  const { stage, node } = await quietStage(t)
  const other = stage.node()
  const first = await start(stage, node, 'a')
  await stage.clock.advance(6000)
  const second = await start(stage, other, 'b')
  await stage.clock.advance(54_000)
  stage.store.loseNext('outbox.intend', 'never')
  await stage.all(other, '500', ['mzdfw', 'mzlon'])
  await stage.clock.advance(10_000)
  assert.deepEqual([await stage.state(), other.sweep.counts.rounds], ['CRITICAL', 0])
  for (const sweeper of [first, second]) await stop(stage, sweeper)
})
