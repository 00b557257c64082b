import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byCode, checkId, key, quietStage, tenant, theAlarm, type Stage } from './stage.suite.ts'

const set = (stage: Stage, criteria: string | null, expected: number) => stage.commit({ kind: 'alarm', id: key.alarm, expected, value: { ...theAlarm, criteria } })

test('a plan is read once, and by whoever asks for it meanwhile', async (t) => {
  let trees = 0
  const { stage } = await quietStage(t)
  const node = stage.node({ spoil: (store) => ({ configuration: { ...store.configuration, tree: async (...of) => {
    trees += 1
    return store.configuration.tree(...of)
  } } }) })
  stage.store.faults.latency = [5, 5]
  await stage.run(Promise.all(Array.from({ length: 20 }, () => node.plans.of(tenant, key.entity))))
  await stage.run(node.plans.alarm(key))
  assert.equal(trees, 1)
})

test('a change is known after a reload, after forgetting, and after a doubt', async (t) => {
  const { stage, node } = await quietStage(t)
  const generation = async () => (await stage.run(node.plans.alarm(key)))?.generation
  await set(stage, null, 1)
  assert.equal(await generation(), 2)
  await stage.run(node.plans.reload(tenant, key.entity))
  assert.equal(await generation(), 3)
  await set(stage, byCode, 2)
  node.plans.forget(tenant, key.entity)
  assert.equal(await generation(), 4)
  await set(stage, null, 3)
  node.plans.doubt()
  assert.equal(await generation(), 5)
})

test('what was being read when it changed is not kept', async (t) => {
  const { stage } = await quietStage(t)
  const node = stage.node()
  stage.store.faults.latency = [50, 50]
  const early = node.plans.alarm(key)
  await stage.clock.advance(60)
  stage.store.faults.latency = [0, 0]
  await set(stage, null, 1)
  node.plans.forget(tenant, key.entity)
  assert.equal((await stage.run(node.plans.alarm(key)))?.generation, 3)
  assert.equal((await stage.run(early))?.generation, 2)
  assert.equal((await stage.run(node.plans.alarm(key)))?.generation, 3)
})

test('criteria that did not change are not compiled again', async (t) => {
  const { stage, node } = await quietStage(t)
  const before = await stage.plan(node)
  await stage.change(node, 'check', { label: 'another' })
  const after = await stage.plan(node)
  assert.equal(after.criteria, before.criteria)
  assert.notEqual(after.generation, before.generation)
})

test('criteria that an older version accepted and this one does not fall back to availability', async (t) => {
  const { stage, node } = await quietStage(t)
  await set(stage, 'return something strange', 1)
  await stage.run(node.plans.reload(tenant, key.entity))
  const { criteria } = await stage.plan(node)
  assert.deepEqual([criteria.evaluate(stage.sees('mzdfw', '500'), undefined).state, criteria.evaluate(stage.sees('mzdfw', 'down'), undefined).state], ['OK', 'CRITICAL'])
})

test('an entity that does not exist has no checks, and is not remembered', async (t) => {
  const { stage, node } = await quietStage(t)
  assert.equal((await stage.run(node.plans.of(tenant, 'enGone0000'))).size, 0)
  await stage.commit({ kind: 'alarm', id: key.alarm, expected: 1, value: null }, { kind: 'check', id: checkId, expected: 1, value: null }, { kind: 'entity', id: key.entity, expected: 1, value: null })
  await stage.run(node.plans.reload(tenant, key.entity))
  assert.equal(node.plans.size, 0)
})

test('a read that fails is not remembered either', async (t) => {
  const { stage } = await quietStage(t)
  const node = stage.node()
  stage.store.faults.unavailable = true
  await assert.rejects(stage.run(node.plans.of(tenant, key.entity)))
  stage.store.faults.unavailable = false
  assert.equal((await stage.run(node.plans.of(tenant, key.entity))).size, 1)
})
