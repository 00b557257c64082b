import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byCode, checkId, key, quietStage, Stage, tenant, theAlarm, theCheck, zones } from './stage.suite.ts'

const kinds = async (stage: Stage) => (await stage.entries()).map((entry) => entry.kind)

test('a new alarm gets a row that knows nothing, once, however many configure it', async () => {
  const stage = new Stage()
  const [node, other] = [stage.node(), stage.node()]
  await stage.setUp(node)
  await stage.run(Promise.all([node, other].map((one) => one.sweep.recover(new AbortController().signal))))
  assert.deepEqual([await kinds(stage), await stage.state()], [['created'], 'UNKNOWN'])
})

test('a newer generation is taken over: votes of zones that are gone leave', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.change(node, 'check', { monitoring_zones_poll: ['mzdfw', 'mzlon'] })
  const row = await stage.row()
  assert.deepEqual([row.votes.map((vote) => vote.zone), row.state, row.generation], [['mzdfw', 'mzlon'], 'OK', 3])
  assert.equal((await kinds(stage)).at(-1), 'configured')
})

test('new criteria are judged by what was seen last, also out of CRITICAL', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.minutes(node, 1, '500')
  await stage.change(node, 'alarm', { criteria: "if (metric['code'] == '404') { return new AlarmStatus(CRITICAL); } return new AlarmStatus(OK, 'no longer missing');" })
  assert.equal(await stage.state(), 'OK')
  assert.deepEqual(node.told.at(-1)?.notifications.length, 1)
})

test('criteria that ask for more in a row hold what is recorded until enough was seen', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.minutes(node, 1, '500')
  await stage.change(node, 'alarm', { criteria: `:set consecutiveCount=3\n${byCode}` })
  for (const code of ['200', '500', '200', '500', '200', '500', '200', '500'] as const) {
    await stage.minutes(node, 1, code)
    await stage.round(node)
    assert.equal(await stage.state(), 'CRITICAL', 'zones that have not made up their mind are not silent')
  }
  await stage.minutes(node, 3, '200')
  assert.equal(await stage.state(), 'OK')
})

test('doing it twice changes nothing more', async (t) => {
  const { stage, node } = await quietStage(t)
  const { version } = await stage.row()
  await stage.configured(node)
  await stage.configured(node)
  assert.equal((await stage.row()).version, version)
})

test('a deleted alarm leaves a tombstone, nothing decides it any more, and a node that knew it forgets it', async (t) => {
  const { stage, node } = await quietStage(t)
  const other = stage.node()
  await stage.plan(other)
  await stage.change(node, 'alarm', null)
  const { version, deleted } = await stage.row()
  assert.equal(deleted, true)
  await stage.minutes(other, 2, '500')
  assert.equal((await stage.row()).version, version)
  assert.equal(await stage.run(other.plans.alarm(key)), undefined)
})

test('a deletion outruns those who are deciding', async (t) => {
  const { stage, node } = await quietStage(t)
  const other = stage.node()
  await stage.plan(other)
  await stage.clock.advance(60_000)
  stage.store.faults.latency = [1, 30]
  await stage.commit({ kind: 'alarm', id: key.alarm, expected: 1, value: null })
  const deciding = Promise.all(zones.map((zone) => other.ingest.take([stage.sees(zone, '500')], true)))
  await stage.run(Promise.all([deciding, node.sweep.recover(new AbortController().signal)]))
  assert.equal((await stage.row()).deleted, true)
})

test('an alarm made again under its old name goes on with its versions, and knows nothing of before', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.minutes(node, 1, '500')
  await stage.change(node, 'alarm', null)
  const tombstone = await stage.row()
  await stage.change(node, 'alarm', {})
  const row = await stage.row()
  assert.deepEqual([row.version, row.state, row.votes, row.lastKnown], [tombstone.version + 1, 'UNKNOWN', [], null])
  await stage.minutes(node, 1, '200')
  const versions = (await stage.entries()).map((entry) => entry.version)
  assert.deepEqual([await stage.state(), versions], ['OK', versions.map((_, n) => n + 1)])
})

test('who still knows the alarm that was deleted does not bring it back', async (t) => {
  const { stage, node } = await quietStage(t)
  const late = stage.node({ spoil: (store) => ({ ledger: { ...store.ledger, rows: async (...of) => {
    const rows = await store.ledger.rows(...of)
    // Between its look at the rows and its look at the configuration the alarm is made, and afterwards deleted.
    return rows.filter((row) => row.key.alarm !== 'alSecond00')
  }, read: async (of) => {
    if (of.alarm === 'alSecond00') await gone()
    return store.ledger.read(of)
  } } }) })
  const gone = async () => {
    await stage.store.configuration.commit({ tenant, entity: key.entity }, [{ kind: 'alarm', id: 'alSecond00', expected: 1, value: null }])
    await node.sweep.recover(new AbortController().signal)
  }
  await stage.commit({ kind: 'alarm', id: 'alSecond00', expected: 0, value: { ...theAlarm, id: 'alSecond00' } })
  await stage.configured(node)
  await stage.configured(late)
  assert.equal((await stage.run(stage.store.ledger.read({ ...key, alarm: 'alSecond00' })))?.deleted, true)
})

test('what was made while we looked is not taken for deleted', async (t) => {
  const { stage, node } = await quietStage(t)
  const second = { ...key, alarm: 'alSecond00' }
  const slow = stage.node({ spoil: (store) => ({ configuration: { ...store.configuration, tree: async (...of) => {
    const tree = await store.configuration.tree(...of)
    await stage.store.configuration.commit({ tenant, entity: key.entity }, [{ kind: 'alarm', id: second.alarm, expected: 0, value: { ...theAlarm, id: second.alarm } }])
    await node.deps.decider.catchUp()
    await node.sweep.recover(new AbortController().signal)
    return tree
  } } }) })
  await stage.configured(slow)
  assert.equal((await stage.run(stage.store.ledger.read(second)))?.deleted, false)
})

test('an alarm whose check is deleted with it, and both made again, are decided', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.commit({ kind: 'check', id: checkId, expected: 1, value: null }, { kind: 'alarm', id: key.alarm, expected: 1, value: null })
  await stage.configured(node)
  await stage.commit({ kind: 'check', id: checkId, expected: 0, value: theCheck }, { kind: 'alarm', id: key.alarm, expected: 0, value: theAlarm })
  await stage.configured(node)
  await stage.minutes(node, 1, '500')
  assert.equal(await stage.state(), 'CRITICAL')
})
