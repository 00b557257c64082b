import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailable } from '../contracts/errors.ts'
import type { Check } from '../core/entities/resources.ts'
import type { Observation } from '../core/observation.ts'
import { checkId, Stage, theCheck, type NodeOptions, type StageNode } from './stage.suite.ts'

const minute = 60_000
const heartbeat = { type: 'heartbeat', monitoring_zones_poll: null, period: 3600, details: { grace: 60 } }

/** A job that reports once an hour and has just done so. */
async function job(options: NodeOptions = {}, check: Partial<Check> = {}): Promise<{ stage: Stage; node: StageNode }> {
  const stage = new Stage()
  const node = stage.node(options)
  await stage.setUp(node, { check: { ...heartbeat, ...check }, alarm: { criteria: null } })
  await beat(stage, node)
  return { stage, node }
}

const beat = (stage: Stage, node: StageNode) => stage.take(node, stage.sees('heartbeat', '200'))
const rows = (stage: Stage): Promise<readonly Observation[]> => stage.run(stage.store.observations.newest(checkId, 'heartbeat', 100))
const marks = async (stage: Stage) => (await rows(stage)).filter((row) => row.boot === 'sweeper')

/** Sweeps every five seconds for some minutes. */
async function sweep(stage: Stage, node: StageNode, minutes: number, nodes: readonly StageNode[] = [node]): Promise<void> {
  for (let passed = 0; passed < minutes * minute; passed += 5000) {
    await stage.clock.advance(5000)
    for (const one of nodes) await stage.round(one)
  }
}

test('a report that does not come is overdue at its deadline, and again once a period', async () => {
  const { stage, node } = await job()
  const begun = stage.clock.now()
  await sweep(stage, node, 60)
  assert.deepEqual([await stage.state(), await marks(stage)], ['OK', []])
  await sweep(stage, node, 2)
  assert.deepEqual([await stage.state(), (await marks(stage)).map((row) => row.at - begun)], ['CRITICAL', [61 * minute]])
  await sweep(stage, node, 60)
  assert.deepEqual((await marks(stage)).map((row) => (row.slot - begun) / minute), [121, 61])
  await beat(stage, node)
  assert.equal(await stage.state(), 'OK')
})

test('a job that never reported is waited for since it was made', async () => {
  const stage = new Stage()
  const node = stage.node()
  await stage.setUp(node, { check: heartbeat, alarm: { criteria: null } })
  await sweep(stage, node, 62)
  assert.deepEqual([await stage.state(), (await stage.row()).status], ['CRITICAL', 'overdue: no heartbeat within 3600 s'])
})

test('any number of sweepers mark a deadline once', async () => {
  const { stage, node } = await job()
  const others = [node, stage.node(), stage.node()]
  await sweep(stage, node, 63, others)
  assert.equal((await marks(stage)).length, 1)
})

test('a report in the very moment of the deadline wins, whichever is written first', async () => {
  let late: (() => Promise<unknown>) | undefined
  const { stage, node } = await job({ spoil: (store) => ({ observations: { ...store.observations, append: async (observations) => {
    const report = late
    late = undefined
    if (observations.some((row) => row.boot === 'sweeper')) await report?.()
    await store.observations.append(observations)
  } } }) })
  await stage.clock.advance(61 * minute)
  await stage.clock.advance(2000)
  late = () => node.ingest.take([stage.sees('heartbeat', '200')], true)
  await stage.round(node)
  assert.equal((await marks(stage)).length, 1)
  await stage.clock.advance(1000)
  await stage.round(node)
  assert.equal(await stage.state(), 'OK')
})

test('a time in which we were away is no silence of the job', async () => {
  let away = 0
  const { stage, node } = await job({ uptime: async (from, to) => to - from - away })
  await sweep(stage, node, 30)
  await stage.clock.advance(600 * minute)
  away = 600 * minute
  await sweep(stage, node, 30)
  assert.deepEqual(await marks(stage), [])
  await sweep(stage, node, 2)
  assert.equal((await marks(stage)).length, 1)
  assert.equal(await stage.state(), 'CRITICAL')
})

test('right after a failure of our own nothing is overdue', async () => {
  const { stage, node } = await job()
  await stage.clock.advance(120 * minute)
  node.health.failed()
  await stage.round(node)
  assert.deepEqual(await marks(stage), [])
  await stage.clock.advance(5000)
  await stage.round(node)
  assert.equal((await marks(stage)).length, 1)
})

test('a job that was switched off is waited for since it was switched on', async () => {
  const { stage, node } = await job()
  await stage.change(node, 'check', { disabled: true })
  await sweep(stage, node, 5)
  await stage.clock.advance(10_000 * minute)
  await stage.round(node)
  await stage.change(node, 'check', { disabled: false })
  await sweep(stage, node, 60)
  assert.deepEqual(await marks(stage), [])
  await sweep(stage, node, 3)
  assert.equal((await marks(stage)).length, 1)
})

test('a shorter period is waited for since it was set', async () => {
  const { stage, node } = await job()
  await sweep(stage, node, 30)
  await stage.change(node, 'check', { period: 600 })
  await sweep(stage, node, 10)
  assert.deepEqual([await stage.state(), await marks(stage)], ['OK', []])
  await sweep(stage, node, 2)
  assert.equal(await stage.state(), 'CRITICAL')
})

test('another label moves no deadline', async () => {
  const { stage, node } = await job()
  await sweep(stage, node, 30)
  await stage.change(node, 'check', { label: 'backup' })
  await sweep(stage, node, 32)
  assert.equal((await marks(stage)).length, 1)
})

test('a heartbeat that cannot be judged hides no other', async () => {
  const { stage, node } = await job({ spoil: (store) => ({ observations: { ...store.observations, newest: async (check, ...of) => {
    if (check === 'chAlpha000') throw new StoreUnavailable('this partition does not answer', 'not done')
    return store.observations.newest(check, ...of)
  } } }) })
  await stage.commit({ kind: 'check', id: 'chAlpha000', expected: 0, value: { ...theCheck, ...heartbeat, id: 'chAlpha000' } })
  await sweep(stage, node, 63)
  assert.equal((await marks(stage)).length, 1)
})

test('a heartbeat is not read again before it can be overdue', async () => {
  let reads = 0
  const { stage, node } = await job({ spoil: (store) => ({ observations: { ...store.observations, newest: async (...of) => {
    reads += 1
    return store.observations.newest(...of)
  } } }) })
  reads = 0
  await sweep(stage, node, 55)
  assert.ok(reads < 5, `${reads} reads in ${55 * 12} rounds`)
})

test('a deleted heartbeat is not waited for', async () => {
  const { stage, node } = await job()
  await stage.round(node)
  await stage.commit({ kind: 'check', id: checkId, expected: 1, value: null })
  await stage.configured(node)
  await sweep(stage, node, 65)
  assert.deepEqual(await marks(stage), [])
})
