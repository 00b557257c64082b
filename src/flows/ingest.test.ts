import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailable } from '../contracts/errors.ts'
import { observationId, type Observation } from '../core/observation.ts'
import { checkId, key, quietStage, theCheck, zones, type Stage, type StageNode } from './stage.suite.ts'

const newest = async (stage: Stage, zone = 'mzdfw'): Promise<Observation> => {
  const [row] = await stage.run(stage.store.observations.newest(checkId, zone, 1))
  assert.ok(row !== undefined)
  return row
}
const spooled = (stage: Stage, node: StageNode, observation: Observation, age: number | null) => stage.run(node.ingest.take([observation], false, [age]))

test('what belongs to no check is acknowledged and not kept', async (t) => {
  const { stage, node } = await quietStage(t)
  const strange = [stage.sees('mzdfw', '200', { check: 'chGone0000' }), stage.sees('mzdfw', '200', { entity: 'enGone0000' })]
  const good = stage.sees('mzdfw', '200', { at: stage.clock.now() + 5 })
  assert.deepEqual(await stage.take(node, ...strange, good), [...strange, good].map(observationId))
  assert.equal(node.ingest.counts.discarded, 2)
  assert.deepEqual(await stage.run(stage.store.observations.zones('chGone0000')), [])
  assert.equal((await newest(stage)).sequence, good.sequence)
})

test('entities that do not exist are not remembered, however many are named', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.take(node, ...Array.from({ length: 100 }, (_, n) => stage.sees('mzdfw', '200', { entity: `enGone${n}` })))
  assert.equal(node.plans.size, 1)
})

test('a check that was just made on another node is known before anything of it is thrown away', async (t) => {
  const { stage, node } = await quietStage(t)
  const other = stage.node()
  await stage.plan(other)
  await stage.commit({ kind: 'check', id: 'chSecond00', expected: 0, value: { ...theCheck, id: 'chSecond00' } })
  await stage.take(other, stage.sees('mzdfw', '200', { check: 'chSecond00' }))
  assert.deepEqual([other.ingest.counts.discarded, node.ingest.counts.discarded], [0, 0])
  assert.deepEqual(await stage.run(stage.store.observations.zones('chSecond00')), ['mzdfw'])
})

test('a probe that took until its timeout was made when it began', async (t) => {
  const { stage, node } = await quietStage(t, { check: { timeout: 30 } })
  await stage.clock.advance(60_000)
  const observation = stage.sees('mzdfw', 'down')
  await stage.clock.advance(30_000)
  await stage.take(node, observation)
  assert.deepEqual([(await newest(stage)).at, node.ingest.counts.clockOff], [observation.at, 0])
})

for (const [what, difference] of [['ahead', 3_600_000], ['behind', -3_600_000]] as const) {
  test(`a live one from a clock that is ${what} is taken at its arrival, and said so once`, async (t) => {
    const { stage, node } = await quietStage(t)
    await stage.take(node, stage.sees('mzdfw', '200', { at: stage.clock.now() + difference }))
    const first = node.ingest.counts.clockOff
    for (let n = 0; n < 3; n++) {
      await stage.clock.advance(60_000)
      await stage.take(node, stage.sees('mzdfw', '200', { at: stage.clock.now() + difference }))
      assert.equal((await newest(stage)).at, stage.clock.now())
    }
    assert.equal(node.ingest.counts.clockOff - first, 3)
    assert.equal(stage.log.lines.filter((line) => line.facts.zone === 'mzdfw').length, 1)
  })
}

test('what lay for long in a socket is as old as it says; a clock that is behind by as much again and again is known', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.clock.advance(60_000)
  const takenAt = async (sequence: number, late: number) => {
    const observation = stage.sees('mzdfw', '200', { sequence, at: stage.clock.now() - late })
    await stage.take(node, observation)
    const rows = await stage.run(stage.store.observations.newest(checkId, 'mzdfw', 8))
    return stage.clock.now() - (rows.find((row) => row.sequence === sequence)?.at ?? 0)
  }
  assert.equal(await takenAt(1, 30_000), 30_000, 'nobody knows')
  await stage.clock.advance(60_000)
  assert.equal(await takenAt(2, 0), 0)
  await stage.clock.advance(1000)
  assert.equal(await takenAt(3, 40_000), 40_000, 'it was on time a moment ago')
  await stage.clock.advance(1000)
  assert.equal(await takenAt(4, 40_000), 40_000, 'two that lay in one socket look like one clock')
  await stage.clock.advance(60_000)
  assert.equal(await takenAt(5, 41_000), 0, 'its clock is behind')
})

test('a spooled one is as old as its poller counted, whatever its clock says', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.clock.advance(600_000)
  const now = stage.clock.now()
  await spooled(stage, node, stage.sees('mzdfw', '200', { at: now + 3_600_000 }), 120_000)
  assert.equal((await newest(stage)).at, now - 120_000)
  await spooled(stage, node, stage.sees('mzdfw', '200', { at: now - 59_000 }), 60_000)
  assert.equal((await newest(stage)).at, now - 59_000, 'a second or two is no other time')
})

test('a spooled one of unknown age is believed, unless it comes from the future: then it does not vote', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.clock.advance(600_000)
  const now = stage.clock.now()
  await spooled(stage, node, stage.sees('mzdfw', '200', { at: now - 300_000 }), null)
  assert.equal((await newest(stage)).at, now - 300_000)
  await spooled(stage, node, stage.sees('mzdfw', '500', { at: now + 3_600_000 }), null)
  const row = await newest(stage)
  assert.deepEqual([row.at, row.stressed], [now, 'made at an unknown time, by a clock that was ahead'])
})

test('a store that refuses is told to the sender, and no silence is judged for a while', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.clock.advance(60_000)
  stage.store.faults.unavailable = true
  await assert.rejects(stage.take(node, stage.sees('mzdfw', '200')), StoreUnavailable)
  assert.deepEqual([node.health.healthyFor(), node.ingest.counts.failed], [0, 1])
})

test('what comes out of a spool at once is decided once a zone, by what is newest', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.clock.advance(3_600_000)
  const before = node.decider.counts.evaluations
  const hour = Array.from({ length: 60 }, (_, minute) => stage.sees('mzdfw', minute < 50 ? '500' : '200', { at: stage.clock.now() - (60 - minute) * 60_000 }))
  await stage.run(node.ingest.take(hour, false, hour.map((one) => stage.clock.now() - one.at)))
  assert.ok(node.decider.counts.evaluations - before <= 2)
  assert.deepEqual([await stage.state(), (await stage.row()).votes.find((vote) => vote.zone === 'mzdfw')?.state, node.asked], ['OK', 'OK', []])
})

test('observations that arrive late, twice and in any order give the same vote', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.clock.advance(300_000)
  const now = stage.clock.now()
  const [first, second, third] = ([['500', 3], ['500', 2], ['404', 1]] as const).map(([code, minutes]) => stage.sees('mzdfw', code, { at: now - minutes * 60_000 }))
  for (const observation of [third, first, second, third, first]) await spooled(stage, node, observation!, now - observation!.at)
  const vote = (await stage.row()).votes.find((one) => one.zone === 'mzdfw')
  assert.deepEqual([vote?.state, vote?.at], ['WARNING', third?.at])
})

test('a zone that the check does not have any more costs nothing and asks nobody', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.change(node, 'check', { monitoring_zones_poll: ['mzdfw', 'mzlon'] })
  const { version } = await stage.row()
  await stage.minutes(node, 2, '500', ['mzord'])
  assert.deepEqual([(await stage.row()).version, node.asked, (await newest(stage, 'mzord')).status], [version, [], 'code=500'])
})

test('a store that is slow to decide keeps no acknowledgement back', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.clock.advance(60_000)
  stage.store.loseNext('ledger.commit', 'never')
  const begun = stage.clock.monotonic()
  await stage.take(node, stage.sees('mzdfw', '500'))
  assert.ok(stage.clock.monotonic() - begun < 1500)
  await stage.run(node.ingest.settled())
  assert.equal((await stage.row()).votes.find((vote) => vote.zone === 'mzdfw')?.state, 'CRITICAL')
})

test('an error in deciding one alarm says nothing about ingest', async (t) => {
  const { stage, node } = await quietStage(t, {}, { spoil: (store) => ({ ledger: { ...store.ledger, commit: async (expected, next, entry) => {
    if (next.votes.some((vote) => vote.state === 'CRITICAL')) throw new TypeError('a bug')
    return store.ledger.commit(expected, next, entry)
  } } }) })
  await stage.minutes(node, 10, '500')
  assert.ok(node.health.healthyFor() >= 600_000)
  assert.ok(stage.log.lines.some((line) => line.level === 'error' && line.facts.alarm === key.alarm))
})

test('it is known how long a zone has been silent', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.minutes(node, 3, '200', ['mzdfw', 'mzlon'])
  assert.deepEqual(zones.map((zone) => Math.round((node.ingest.silentFor(zone) ?? 0) / 60_000)), [0, 0, 3])
  assert.equal(node.ingest.silentFor('mzsyd'), undefined)
})
