import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkId, quietStage, zones, type Stage } from './stage.suite.ts'

/** Observations are the only truth: stored before anything is promised, and never the other way round. */

const newest = async (stage: Stage, zone: string) => (await stage.run(stage.store.observations.newest(checkId, zone, 1)))[0]

test('nothing is acknowledged, and nothing decided, before the store has it', async (t) => {
  const slow = { by: 0 }
  const { stage, node } = await quietStage(t, {}, { spoil: (store, clock) => ({ observations: { ...store.observations, append: async (observations) => {
    await clock.sleep(slow.by)
    await store.observations.append(observations)
  } } }) })
  await stage.clock.advance(60_000)
  slow.by = 5000
  const { version } = await stage.row()
  const progress: string[] = []
  const take = async () => {
    await node.ingest.take([stage.sees('mzdfw', '500')], true)
    progress.push('acknowledged')
  }
  const taking = take()
  await stage.clock.advance(4999)
  assert.deepEqual([progress, (await stage.row()).version, (await newest(stage, 'mzdfw'))?.status], [[], version, 'code=200'])
  await stage.clock.advance(1000)
  await stage.run(taking)
  assert.deepEqual([progress, (await newest(stage, 'mzdfw'))?.status], [['acknowledged'], 'code=500'])
})

test('an endpoint stamps when it took an observation, whatever the sender says, live or out of a spool', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.clock.advance(600_000)
  for (const [live, age] of [[true, 100], [false, 300_000]] as const) {
    await stage.clock.advance(60_000)
    const seen = stage.sees('mzdfw', '200', { at: stage.clock.now() - age, receivedAt: 7 })
    await stage.run(node.ingest.take([seen], live, [age]))
    const rows = await stage.run(stage.store.observations.newest(checkId, 'mzdfw', 8))
    assert.equal(rows.find((row) => row.sequence === seen.sequence)?.receivedAt, stage.clock.now())
  }
})

test('what comes late completes the history: no entry is rewritten or backdated, and no vote goes back', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.minutes(node, 5, '500')
  await stage.minutes(node, 5, '200')
  const before = await stage.entries()
  const votes = (await stage.row()).votes.map((vote) => [vote.zone, vote.state, vote.at])
  const now = stage.clock.now()
  for (const zone of zones) {
    const late = Array.from({ length: 20 }, (_, n) => stage.sees(zone, '404', { at: now - 570_000 + n * 20_000 }))
    await stage.run(node.ingest.take(late, false, late.map((one) => now - one.at)))
  }
  await stage.round(node)
  assert.deepEqual((await stage.entries()).slice(0, before.length), before)
  assert.deepEqual((await stage.entries()).filter((entry) => entry.version > before.length && (entry.at < now || entry.kind === 'state')), [])
  assert.deepEqual((await stage.row()).votes.map((vote) => [vote.zone, vote.state, vote.at]), votes)
  assert.equal((await stage.run(Array.fromAsync(stage.store.observations.range(checkId, 'mzdfw', 0, now + 1)))).filter((row) => row.status === 'code=404').length, 20)
})

test('a vote never replaces one with a later time, whatever an old read says', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.minutes(node, 3, '500')
  await stage.minutes(node, 1, '200')
  const before = await stage.row()
  // What it reads was true three minutes ago.
  const behind = stage.node({ spoil: (store, clock) => ({ observations: { ...store.observations, newest: async (check, zone, count) => (await store.observations.newest(check, zone, count + 3)).filter((row) => row.at < clock.now() - 70_000) } }) })
  await stage.clock.advance(30_000)
  const outcomes: string[] = []
  for (const zone of zones) outcomes.push(await stage.run(behind.decider.observed({ plan: await stage.plan(behind), row: undefined, readAt: 0 }, zone, '')))
  assert.deepEqual(outcomes, ['unchanged', 'unchanged', 'unchanged'])
  assert.deepEqual(await stage.row(), before)
})
