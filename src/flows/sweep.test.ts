import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailable } from '../contracts/errors.ts'
import type { AlarmLedger } from '../contracts/alarm-ledger.ts'
import { checkId, key, quietStage, theAlarm, theCheck, zones, type Stage, type StageNode } from './stage.suite.ts'

const intents = (stage: Stage) => stage.run(stage.store.outbox.intents(Number.POSITIVE_INFINITY, 100))
const forever = new AbortController().signal

/** A node dies at the first call of this kind, and what it sent may or may not arrive. */
async function dieAt(stage: Stage, node: StageNode, part: 'commit' | 'enqueue', arrives: boolean): Promise<void> {
  await stage.clock.advance(60_000)
  await stage.take(node, stage.sees('mzdfw', '500'))
  stage.store.loseNext(part === 'commit' ? 'ledger.commit' : 'outbox.enqueue', arrives ? 'now' : 'never')
  const dying = node.ingest.take([stage.sees('mzlon', '500')], true)
  await stage.clock.advance(100)
  node.clock.kill()
  await stage.clock.advance(5000)
  await Promise.race([dying, stage.clock.settle()])
}

test('a change whose writer died before making its deliveries is told by the sweeper', async (t) => {
  for (const [part, arrives] of [['commit', true], ['enqueue', false], ['enqueue', true]] as const) {
    const { stage, node } = await quietStage(t)
    const other = stage.node()
    await dieAt(stage, node, part, arrives)
    assert.equal(await stage.state(), 'CRITICAL')
    assert.equal((await intents(stage)).length, 1)
    await stage.clock.advance(10_000)
    await stage.round(other)
    assert.deepEqual([other.told.map((entry) => entry.state), await intents(stage)], [['CRITICAL'], []], `${part}, ${arrives}`)
    assert.equal((await stage.run(stage.store.outbox.deliveries(key, (await stage.row()).version))).length, 1)
  }
})

test('an intent without a change is dropped only after a bump, so that the change cannot come any more', async (t) => {
  const { stage, node } = await quietStage(t)
  const other = stage.node()
  await dieAt(stage, node, 'commit', false)
  const before = await stage.row()
  await stage.clock.advance(10_000)
  await stage.round(other)
  const after = await stage.row()
  assert.deepEqual([after.version, after.state, (await stage.entries()).at(-1)?.kind, await intents(stage), other.told], [before.version + 1, 'OK', 'bump', [], []])
  const late = (await stage.entries()).find((entry) => entry.version === before.version)
  assert.equal(await stage.run(stage.store.ledger.commit(before.version, { ...before, version: before.version + 1, decisionId: 'late' }, { ...late!, version: before.version + 1, decisionId: 'late' })), 'conflict')
})

test('a compare-and-set that was parked does not apply after its intent was dropped', async (t) => {
  const { stage, node } = await quietStage(t)
  const other = stage.node()
  await stage.clock.advance(60_000)
  await stage.take(node, stage.sees('mzdfw', '500'))
  stage.store.faults.parked = [50_000, 50_000]
  stage.store.loseNext('ledger.commit', 'later')
  const dying = node.ingest.take([stage.sees('mzlon', '500')], true)
  await stage.clock.advance(100)
  node.clock.kill()
  await stage.clock.advance(20_000)
  await stage.round(other)
  await stage.clock.advance(60_000)
  assert.deepEqual([await stage.state(), await intents(stage)], ['OK', []])
  await Promise.race([dying, stage.clock.settle()])
})

test('young intents are left to those who wrote them', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.run(stage.store.outbox.intend({ key, version: 99, at: stage.clock.now() - 5000 }))
  const { version } = await stage.row()
  await stage.round(node)
  assert.deepEqual([(await stage.row()).version, (await intents(stage)).length], [version, 1])
})

test('an intent that cannot be settled hides no other', async (t) => {
  const bad = { ...key, alarm: 'alBad00000' }
  const { stage, node } = await quietStage(t, {}, { spoil: (store) => ({
    outbox: { ...store.outbox, intents: async (before, limit) => (await store.outbox.intents(before, 10_000)).slice(0, Math.min(limit, limit - 999)) },
    ledger: { ...store.ledger, read: async (of) => {
      if (of.alarm === bad.alarm) throw new StoreUnavailable('this partition does not answer', 'not done')
      return store.ledger.read(of)
    } },
  }) })
  await stage.run(stage.store.outbox.intend({ key: bad, version: 2, at: 1 }))
  await stage.run(stage.store.outbox.intend({ key, version: 2, at: 2 }))
  await stage.round(node)
  await stage.round(node)
  assert.deepEqual((await intents(stage)).map((intent) => intent.key.alarm), [bad.alarm])
})

test('silence turns an alarm UNKNOWN after a healthy freshness window, and pages only who asked for it', async (t) => {
  for (const unknown of [null, ['ntStage000']]) {
    const { stage, node } = await quietStage(t, { plan: { unknown_state: unknown } })
    await stage.silence(node, 1)
    assert.equal(await stage.state(), 'OK')
    await stage.silence(node, 2)
    assert.deepEqual([await stage.state(), (await stage.row()).reason], ['UNKNOWN', '0 of 3 zones report, QUORUM needs 2'])
    assert.equal(node.told.at(-1)?.notifications.length, unknown === null ? 0 : 1)
    assert.equal((await stage.entries()).at(-1)?.inputs?.absence, true)
  }
})

test('a zone that falls silent alone is no matter while a majority is heard', async (t) => {
  const { stage, node } = await quietStage(t)
  for (let minute = 0; minute < 10; minute++) {
    await stage.minutes(node, 1, '200', ['mzdfw', 'mzlon'])
    await stage.round(node)
  }
  assert.equal(await stage.state(), 'OK')
})

test('a majority that is stressed for long makes the alarm UNKNOWN, and calm ends it', async (t) => {
  const { stage, node } = await quietStage(t)
  for (let minute = 0; minute < 8; minute++) {
    await stage.clock.advance(60_000)
    for (const zone of zones) await stage.take(node, stage.sees(zone, '200', zone === 'mzord' ? {} : { stressed: 'late' }))
    await stage.round(node)
    if (minute < 3) assert.equal(await stage.state(), 'OK')
  }
  assert.deepEqual([await stage.state(), (await stage.row()).reason], ['UNKNOWN', '1 of 3 zones report, QUORUM needs 2; stressed: mzdfw, mzlon'])
  await stage.minutes(node, 1, '200')
  assert.equal(await stage.state(), 'OK')
})

test('ONE forgets what a zone said that is heard no more, when others are', async (t) => {
  const { stage, node } = await quietStage(t, { alarm: { criteria: `:set consistencyLevel=ONE\n${theAlarm.criteria}` } })
  await stage.minutes(node, 1, '500', ['mzord'])
  assert.equal(await stage.state(), 'CRITICAL')
  for (let minute = 0; minute < 4; minute++) {
    await stage.minutes(node, 1, '200', ['mzdfw', 'mzlon'])
    await stage.round(node)
  }
  assert.equal(await stage.state(), 'OK')
})

test('right after a start, a failure, a standstill or a step of the clock nothing is UNKNOWN', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.clock.advance(3_600_000)
  const fresh = stage.node()
  const look = (one: StageNode) => stage.run(one.sweep.round(forever, 7000))
  await look(fresh)
  assert.equal(await stage.state(), 'OK', 'a start')
  await look(node)
  assert.equal(await stage.state(), 'OK', 'a standstill of an hour')
  for (let n = 0; n < 10; n++) {
    await stage.clock.advance(5000)
    await stage.run(node.sweep.awake(7000))
    if (n === 5) node.clock.jump(3_600_000)
    await look(node)
  }
  assert.equal(await stage.state(), 'OK', 'a step of the clock')
  for (let n = 0; n < 40; n++) {
    await stage.clock.advance(5000)
    await stage.run(node.sweep.awake(7000))
    if (n === 15) node.health.failed()
    if (n === 30) assert.equal(await stage.state(), 'OK', 'a failure')
    await look(node)
  }
  assert.equal(await stage.state(), 'UNKNOWN')
})

test('whatever is configured anew has a freshness window to be heard: more zones, a shorter period, other criteria', async (t) => {
  const changes = [{ monitoring_zones_poll: [...zones, 'mzsyd', 'mzhkg', 'mziad'] }, { period: 10 }]
  for (const change of changes) {
    const { stage, node } = await quietStage(t)
    await stage.minutes(node, 10, '200')
    await stage.clock.advance(40_000)
    await stage.change(node, 'check', change)
    await stage.round(node)
    assert.equal(await stage.state(), 'OK', JSON.stringify(change))
    await stage.silence(node, 5)
    assert.equal(await stage.state(), 'UNKNOWN', JSON.stringify(change))
  }
  const { stage, node } = await quietStage(t)
  await stage.minutes(node, 10, '500')
  await stage.change(node, 'alarm', { criteria: `:set consecutiveCount=5\nif (metric['code'] == '500') { return new AlarmStatus(WARNING); }` })
  await stage.round(node)
  assert.equal(await stage.state(), 'WARNING')
})

test('no more than the budget turn UNKNOWN in a round, and all of them do in the end', async (t) => {
  const { stage, node } = await quietStage(t, {}, { settings: { unknownPerRound: 3 } })
  for (let n = 0; n < 10; n++) await stage.commit({ kind: 'alarm', id: `alMany0000${n}`, expected: 0, value: { ...theAlarm, id: `alMany0000${n}` } })
  await stage.configured(node)
  await stage.minutes(node, 1, '200')
  const states = async () => (await stage.run(Array.fromAsync(stage.store.ledger.allRows(key.tenant)))).filter((row) => row.state === 'UNKNOWN').length
  await stage.clock.advance(180_000)
  const seen: number[] = []
  for (let round = 0; round < 5; round++) {
    await stage.round(node)
    seen.push(await states())
  }
  assert.deepEqual(seen, [3, 6, 9, 11, 11])
})

test('an alarm that always fails is looked at last, and hides nobody', async (t) => {
  const failing = (ledger: AlarmLedger, calls: string[]): AlarmLedger => ({ ...ledger, read: async (of) => {
    if (of.alarm < 'alS') {
      calls.push(of.alarm)
      throw new StoreUnavailable('this partition does not answer', 'not done')
    }
    return ledger.read(of)
  } })
  const { stage, node } = await quietStage(t)
  const before = Array.from({ length: 60 }, (_, n) => `alBad${String(n).padStart(5, '0')}`)
  await stage.commit(...before.map((id) => ({ kind: 'alarm', id, expected: 0, value: { ...theAlarm, id } }) as const))
  await stage.configured(node)
  await stage.minutes(node, 1, '200')
  const calls: string[] = []
  const sweeper = stage.node({ spoil: (store) => ({ ledger: failing(store.ledger, calls) }) })
  await stage.clock.advance(180_000)
  await stage.round(sweeper)
  assert.equal(calls.length, 50)
  await stage.round(sweeper)
  assert.deepEqual([await stage.state(), calls.length], ['UNKNOWN', 60])
})

test('an alarm that cannot have fallen silent yet is not read', async (t) => {
  let reads = 0
  const { stage, node } = await quietStage(t, {}, { spoil: (store) => ({ observations: { ...store.observations, newest: async (...of) => {
    reads += 1
    return store.observations.newest(...of)
  } } }) })
  await stage.minutes(node, 10, '200')
  reads = 0
  for (let n = 0; n < 720; n++) {
    await stage.clock.advance(5000)
    if (n % 12 === 0) await stage.all(node, '200')
    await stage.round(node)
  }
  // 3 × 60 observations, and a look at three zones when the last of them could have fallen silent: not 720.
  assert.ok(reads <= 180 + 3 * 61, `${reads} reads`)
  assert.equal(await stage.state(), 'OK')
})

test('a row of an alarm that nobody buried is buried, and one that nobody brought up to date is', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.commit({ kind: 'check', id: checkId, expected: 1, value: { ...theCheck, monitoring_zones_poll: ['mzdfw', 'mzlon'] } })
  await stage.clock.advance(60_001)
  await stage.run(node.sweep.awake(Number.POSITIVE_INFINITY))
  await stage.round(node)
  assert.equal((await stage.row()).generation, 3)
  await stage.commit({ kind: 'alarm', id: key.alarm, expected: 1, value: null })
  await stage.clock.advance(60_001)
  await stage.run(node.sweep.awake(Number.POSITIVE_INFINITY))
  await stage.round(node)
  assert.equal((await stage.row()).deleted, true)
})

test('after a start everything that was seen is decided, also what nobody lived to decide', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.clock.advance(60_000)
  await stage.run(stage.store.observations.append(zones.map((zone) => stage.sees(zone, '500'))))
  const fresh = stage.node()
  await stage.run(fresh.sweep.recover(forever))
  assert.equal(await stage.state(), 'CRITICAL')
  assert.deepEqual([node.told.length, fresh.told.length], [1, 1])
})

test('after an hour of our own nothing is made up: neither UNKNOWN nor OK', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.minutes(node, 1, '500')
  node.clock.kill()
  await stage.clock.advance(3_600_000)
  const { version } = await stage.row()
  const fresh = stage.node()
  await stage.run(fresh.sweep.recover(forever))
  await stage.round(fresh)
  await stage.take(fresh, stage.sees('mzdfw', '200'))
  assert.equal(await stage.state(), 'CRITICAL')
  await stage.take(fresh, stage.sees('mzlon', '200'))
  assert.equal(await stage.state(), 'OK')
  assert.deepEqual((await stage.entries()).filter((entry) => entry.version > version && entry.state === 'UNKNOWN'), [])
})
