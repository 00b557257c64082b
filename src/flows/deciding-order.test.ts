import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '../contracts/store.ts'
import type { Alarm, Check } from '../core/entities/resources.ts'
import { byCode, key, quietStage, Stage, theAlarm, zones, type StageNode } from './stage.suite.ts'

/** What has to come before what in a decision, and what rides in its compare-and-set. */

/** Notes what a process asks of its store, in order. */
function noting(calls: string[]) {
  return (store: Store): Partial<Store> => ({
    observations: { ...store.observations, newest: async (check, zone, count) => {
      calls.push(`observations of ${zone}`)
      return store.observations.newest(check, zone, count)
    } },
    ledger: { ...store.ledger, read: async (of) => {
      calls.push('version')
      return store.ledger.read(of)
    }, commit: async (expected, row, entry) => {
      calls.push(`commit ${entry.kind} ${row.state} for ${entry.notifications.length}`)
      return store.ledger.commit(expected, row, entry)
    } },
    outbox: { ...store.outbox, intend: async (intent) => {
      calls.push('intend')
      await store.outbox.intend(intent)
      calls.push('intended')
    }, enqueue: async (delivery) => {
      calls.push('enqueue')
      return store.outbox.enqueue(delivery)
    }, settle: async (intent) => {
      calls.push('settle')
      return store.outbox.settle(intent)
    } },
  })
}

const looked = zones.map((zone) => `observations of ${zone}`)
/** The look at one zone that finds something unusual, and the decision that follows from the same version. */
const decision = (zone: string) => ['version', `observations of ${zone}`, ...looked]

test('the version is read before the observations; intent, compare-and-set and deliveries come in this order', async (t) => {
  const calls: string[] = []
  const { stage, node } = await quietStage(t, {}, { spoil: noting(calls) })
  await stage.clock.advance(60_000)
  calls.length = 0
  await stage.take(node, stage.sees('mzdfw', '500'))
  assert.deepEqual(calls, [...decision('mzdfw'), 'commit vote OK for 0'], 'a vote that changes alone is a version of its own, and tells nobody')
  calls.length = 0
  await stage.take(node, stage.sees('mzlon', '500'))
  assert.deepEqual(calls, [...decision('mzlon'), 'intend', 'intended', 'commit state CRITICAL for 1', 'enqueue', 'settle'])
})

test('who lost a compare-and-set reads the version and all observations anew', async (t) => {
  const calls: string[] = []
  const { stage } = await quietStage(t)
  const meddled = { once: false }
  const node = stage.node({ spoil: (store) => {
    const noted = { ...store, ...noting(calls)(store) }
    return { ...noted, ledger: { ...noted.ledger, commit: async (expected, row, entry) => {
      if (!meddled.once) await other.ingest.take([stage.sees('mzord', '404')], true)
      meddled.once = true
      return noted.ledger.commit(expected, row, entry)
    } } }
  } })
  const other: StageNode = stage.node()
  await stage.plan(node)
  await stage.clock.advance(60_000)
  calls.length = 0
  await stage.take(node, stage.sees('mzdfw', '500'))
  await stage.run(node.ingest.settled())
  assert.deepEqual(calls, [...decision('mzdfw'), 'commit vote OK for 0', 'version', ...looked], 'the other one has recorded what both zones say')
  assert.deepEqual((await stage.row()).votes.map((vote) => vote.state), ['CRITICAL', 'OK', 'WARNING'])
})

test('two zones that see it at once, at two nodes, never both miss the majority', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const stage = new Stage(seed)
    const nodes = [stage.node(), stage.node()]
    await stage.setUp(nodes[0]!) // there are two
    await stage.all(nodes[0]!, '200')
    stage.store.faults.latency = [1, 200]
    await stage.clock.advance(60_000)
    const seen = ['mzdfw', 'mzlon'].map((zone) => stage.sees(zone, '500'))
    await stage.run(Promise.all(nodes.map((node, n) => node.ingest.take(seen.slice(n, n + 1), true))))
    await stage.run(Promise.all(nodes.map((node) => node.ingest.settled())))
    assert.equal(await stage.state(), 'CRITICAL', `seed ${seed}`)
    assert.equal(nodes.flatMap((node) => node.told).filter((entry) => entry.state === 'CRITICAL').length, 1, `seed ${seed}`)
  }
})

test('a decision that is under way when the configuration changes fails, and is made by the new one', async (t) => {
  const change = { due: false }
  const { stage } = await quietStage(t)
  const other = stage.node()
  const node = stage.node({ spoil: (store) => ({ outbox: { ...store.outbox, intend: async (intent) => {
    await store.outbox.intend(intent)
    if (!change.due) return
    change.due = false
    const stored = await store.configuration.get('alarm', { tenant: intent.key.tenant, entity: intent.key.entity }, intent.key.alarm)
    assert.ok(stored !== undefined)
    await store.configuration.commit({ tenant: intent.key.tenant, entity: intent.key.entity }, [{ kind: 'alarm', id: intent.key.alarm, expected: stored.version, value: { ...stored.value, criteria: `:set consistencyLevel=ALL\n${byCode}` } }])
    await other.sweep.recover(new AbortController().signal)
  } } }) })
  await stage.clock.advance(60_000)
  await stage.take(node, stage.sees('mzdfw', '500'))
  change.due = true
  await stage.take(node, stage.sees('mzlon', '500'))
  await stage.run(node.ingest.settled())
  const row = await stage.row()
  assert.deepEqual([row.state, row.generation, change.due], ['OK', 3, false])
  assert.deepEqual((await stage.entries()).filter((entry) => entry.state === 'CRITICAL'), [])
})

test('every change of the alarm, its check or its zones raises the generation of the row', async (t) => {
  const { stage, node } = await quietStage(t)
  let generation = (await stage.row()).generation
  const changes: readonly (readonly ['check' | 'alarm', Partial<Check & Alarm>])[] = [
    ['check', { monitoring_zones_poll: ['mzdfw', 'mzlon'] }], ['check', { timeout: 9 }], ['alarm', { criteria: 'return new AlarmStatus(OK);' }], ['alarm', { disabled: true }],
  ]
  for (const [kind, change] of changes) {
    await stage.change(node, kind, change)
    const row = await stage.row()
    assert.equal(row.generation, generation + 1, JSON.stringify(change))
    generation = row.generation
  }
})

test('over a tombstone an observation begins anew: nothing is decided on it', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.minutes(node, 1, '500')
  await stage.change(node, 'alarm', null)
  const tombstone = await stage.row()
  await stage.commit({ kind: 'alarm', id: key.alarm, expected: 0, value: theAlarm })
  // Nobody lived to make its row.
  const other = stage.node()
  await stage.clock.advance(600_000)
  await stage.take(other, stage.sees('mzdfw', '200'))
  const made = (await stage.entries()).find((entry) => entry.version === tombstone.version + 1)
  assert.deepEqual([made?.kind, made?.previousState, (await stage.row()).deleted, (await stage.row()).lastKnown], ['created', 'UNKNOWN', false, null])
})
