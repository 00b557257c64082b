import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '../contracts/store.ts'
import { checkId, key, quietStage, tenant, theAlarm, zones } from './stage.suite.ts'

/** Counts the calls of a store, by part and name. */
function counting(counts: Map<string, number>) {
  return (store: Store): Partial<Store> => Object.fromEntries((['configuration', 'observations', 'ledger', 'outbox'] as const).map((part) => [part, new Proxy(store[part], {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        counts.set(`${part}.${String(name)}`, (counts.get(`${part}.${String(name)}`) ?? 0) + 1)
        return Reflect.apply(value, target, args)
      }
    },
  })]))
}

test('the usual observation costs one write, one read of its zone and one of each alarm\'s row', async (t) => {
  const counts = new Map<string, number>()
  const { stage, node } = await quietStage(t, {}, { spoil: counting(counts) })
  await stage.minutes(node, 2, '200')
  counts.clear()
  await stage.minutes(node, 10, '200')
  const { 'configuration.tree': trees = 0, ...others } = Object.fromEntries(counts)
  assert.deepEqual(others, { 'observations.append': 30, 'observations.newest': 30, 'ledger.read': 30 })
  assert.ok(trees <= 10, 'an entity is looked at anew once a minute')
})

test('a change is told once, with what was seen and whom it concerns', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.minutes(node, 1, '500')
  assert.equal(await stage.state(), 'CRITICAL')
  const [entry] = node.told.filter((one) => one.state === 'CRITICAL')
  assert.deepEqual([entry?.previousState, entry?.status, entry?.zone, entry?.context?.observation?.zone], ['OK', 'answers 500', 'mzlon', 'mzlon'])
  assert.deepEqual(entry?.notifications.map(({ notification }) => notification.id), ['ntStage000'])
  assert.deepEqual(await stage.run(stage.store.outbox.intents(Number.POSITIVE_INFINITY, 10)), [])
})

test('UNKNOWN ends when enough zones are heard again, although no vote changes', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.silence(node, 5)
  assert.equal(await stage.state(), 'UNKNOWN')
  await stage.take(node, stage.sees('mzdfw', '200'))
  assert.equal(await stage.state(), 'UNKNOWN')
  await stage.take(node, stage.sees('mzlon', '200'))
  assert.equal(await stage.state(), 'OK')
  assert.deepEqual(node.told.map((entry) => [entry.state, entry.notifications.length]), [['OK', 0], ['UNKNOWN', 0], ['OK', 0]])
})

test('two nodes that see the same change record it once', async (t) => {
  const { stage, node } = await quietStage(t)
  const other = stage.node()
  stage.store.faults.latency = [1, 20]
  await stage.clock.advance(60_000)
  const seen = zones.map((zone) => stage.sees(zone, '500'))
  await stage.run(Promise.all(seen.flatMap((observation) => [node.ingest.take([observation], true), other.ingest.take([observation], true)])))
  assert.equal(await stage.state(), 'CRITICAL')
  assert.equal([...node.told, ...other.told].filter((entry) => entry.state === 'CRITICAL').length, 1)
  assert.deepEqual((await stage.entries()).map((entry) => entry.version), (await stage.entries()).map((_, index) => index + 1))
})

for (const fate of ['now', 'later', 'never'] as const) {
  test(`a compare-and-set whose answer is lost is recorded and told once (it applied: ${fate})`, async (t) => {
    const { stage, node } = await quietStage(t)
    await stage.clock.advance(60_000)
    await stage.take(node, stage.sees('mzdfw', '500'))
    stage.store.loseNext('ledger.commit', fate)
    await stage.take(node, stage.sees('mzlon', '500'))
    await stage.clock.advance(60_000)
    assert.equal(await stage.state(), 'CRITICAL')
    assert.equal((await stage.entries()).filter((entry) => entry.state === 'CRITICAL' && entry.kind === 'state').length, 1)
    assert.equal(node.told.filter((entry) => entry.state === 'CRITICAL').length, 1)
    assert.deepEqual(await stage.run(stage.store.outbox.intents(Number.POSITIVE_INFINITY, 10)), [])
  })

  test(`what is over by the time a lost compare-and-set is settled pages nobody, unless it had applied (it applied: ${fate})`, async (t) => {
    const { stage, node } = await quietStage(t)
    const other = stage.node()
    await stage.clock.advance(60_000)
    await stage.take(node, stage.sees('mzdfw', '500'))
    stage.store.loseNext('ledger.commit', fate)
    const slow = node.ingest.take([stage.sees('mzlon', '500')], true)
    await stage.clock.advance(500)
    // To the row as it stands nothing changes with this one: mzlon never voted anything but OK.
    await stage.take(other, stage.sees('mzlon', '200'))
    await stage.run(slow)
    await stage.run(node.ingest.settled())
    await stage.clock.advance(120_000)
    const states = (await stage.entries()).filter((entry) => entry.kind === 'state').map((entry) => entry.state)
    assert.deepEqual(states, fate === 'now' ? ['OK', 'CRITICAL', 'OK'] : ['OK'])
    if (fate !== 'now') assert.equal((await stage.entries()).at(-1)?.kind, 'bump')
  })
}

test('a process that stood still before its compare-and-set looks again, and does not write what it thought', async (t) => {
  const stall = { for: 0 }
  const { stage, node } = await quietStage(t, {}, {
    spoil: (store) => ({
      outbox: { ...store.outbox, intend: async (intent) => {
        await store.outbox.intend(intent)
        await stage.clock.sleep(stall.for)
        stall.for = 0
      } },
    }),
  })
  const other = stage.node()
  await stage.clock.advance(60_000)
  await stage.take(node, stage.sees('mzdfw', '500'))
  stall.for = 30_000
  const slow = node.ingest.take([stage.sees('mzlon', '500')], true)
  await stage.clock.advance(10_000)
  await stage.take(other, stage.sees('mzlon', '200'))
  await stage.run(slow)
  await stage.clock.advance(30_000)
  await stage.run(node.ingest.settled())
  assert.equal(node.decider.counts.stale, 1)
  assert.equal(await stage.state(), 'OK')
})

test('who knows an older configuration than the row reads it anew, and decides by the newer one', async (t) => {
  const { stage, node } = await quietStage(t)
  const other = stage.node()
  await stage.plan(other)
  await stage.change(node, 'alarm', { criteria: ":set consistencyLevel=ONE\nif (metric['code'] == '404') { return new AlarmStatus(CRITICAL); } return new AlarmStatus(OK);" })
  await stage.clock.advance(20_000)
  await stage.take(other, stage.sees('mzdfw', '404'))
  assert.equal(await stage.state(), 'CRITICAL')
})

test('who knows a newer configuration than the row takes it over with the next observation', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.commit({ kind: 'alarm', id: key.alarm, expected: 1, value: { ...theAlarm, criteria: 'return new AlarmStatus(WARNING);' } })
  const other = stage.node()
  await stage.take(other, stage.sees('mzdfw', '200'))
  assert.deepEqual([await stage.state(), (await stage.row()).generation, (await stage.row()).votes.map((vote) => vote.state)], ['WARNING', 3, ['WARNING', 'WARNING', 'WARNING']])
  assert.equal(node.told.length, 1)
})

test('an alarm added on another node is decided here before long, though nothing told us of it', async (t) => {
  const { stage, node } = await quietStage(t)
  const other = stage.node()
  await stage.plan(other)
  await stage.commit({ kind: 'alarm', id: 'alSecond00', expected: 0, value: { ...theAlarm, id: 'alSecond00', criteria: 'return new AlarmStatus(CRITICAL);' } })
  await stage.configured(node)
  await stage.minutes(other, 1, '200')
  assert.equal((await stage.run(stage.store.ledger.read({ ...key, alarm: 'alSecond00' })))?.state, 'CRITICAL')
})

test('a row that nobody made is made by the first observation', async (t) => {
  const { stage } = await quietStage(t)
  await stage.commit({ kind: 'alarm', id: 'alSecond00', expected: 0, value: { ...theAlarm, id: 'alSecond00' } })
  const other = stage.node()
  await stage.all(other, '200')
  assert.equal((await stage.run(stage.store.ledger.read({ ...key, alarm: 'alSecond00' })))?.state, 'OK')
})

test('a disabled alarm is not evaluated, and asks nobody', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.change(node, 'alarm', { disabled: true })
  const { version } = await stage.row()
  await stage.minutes(node, 3, '500')
  assert.deepEqual([(await stage.row()).version, node.asked], [version, []])
})

test('an alarm that is switched on again pages nobody for not knowing yet, and tells what is new', async (t) => {
  const { stage, node } = await quietStage(t, { plan: { unknown_state: ['ntStage000'] } })
  await stage.change(node, 'check', { disabled: true })
  await stage.clock.advance(86_400_000)
  await stage.change(node, 'check', { disabled: false })
  assert.equal(await stage.state(), 'UNKNOWN')
  await stage.minutes(node, 1, '500')
  assert.deepEqual(node.told.filter((entry) => entry.notifications.length > 0).map((entry) => [entry.previousState, entry.state]), [['UNKNOWN', 'CRITICAL']])
})

test('what the store would not let us decide is owed and caught up', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.clock.advance(60_000)
  await stage.take(node, stage.sees('mzdfw', '500'))
  const refusing = node.ingest.take([stage.sees('mzlon', '500')], true)
  stage.store.loseNext('outbox.intend', 'never')
  await stage.run(refusing)
  await stage.run(node.ingest.settled())
  assert.equal(await stage.state(), 'OK')
  await stage.run(node.sweep.awake(Number.POSITIVE_INFINITY))
  assert.equal(await stage.state(), 'CRITICAL')
  assert.equal(node.told.filter((entry) => entry.state === 'CRITICAL').length, 1)
})

test('five in a row are found among many that do not count', async (t) => {
  const { stage, node } = await quietStage(t, { alarm: { criteria: `:set consecutiveCount=5\n${theAlarm.criteria}` } })
  await stage.minutes(node, 5, '200')
  assert.equal(await stage.state(), 'OK')
  for (let minute = 0; minute < 5; minute++) {
    await stage.clock.advance(60_000)
    for (const zone of zones) {
      const slot = stage.clock.now()
      for (const lost of [1, 2]) await stage.take(node, stage.sees(zone, '500', { slot: slot + lost, at: slot + lost, stressed: 'late' }))
      for (const look of [3, 4, 5, 6]) await stage.take(node, stage.sees(zone, '500', { slot, at: slot + look, kind: look === 3 ? 'scheduled' : 'confirming' }))
    }
    assert.equal(await stage.state(), minute < 4 ? 'OK' : 'CRITICAL')
  }
})

test('ALL decides without a zone that is known to be down, and is blind without one that is only silent', async (t) => {
  const down: string[] = []
  const { stage, node } = await quietStage(t, { alarm: { criteria: `:set consistencyLevel=ALL\n${theAlarm.criteria}` } }, { zonesDown: async (silent) => silent.filter((zone) => down.includes(zone)) })
  const two = ['mzdfw', 'mzlon']
  await stage.minutes(node, 3, '200', two)
  await stage.minutes(node, 1, '500', two)
  assert.equal(await stage.state(), 'OK')
  down.push('mzord')
  await stage.minutes(node, 1, '404', two)
  assert.deepEqual([await stage.state(), (await stage.entries()).at(-1)?.inputs?.rule.down], ['WARNING', ['mzord']])
})

test('that a plan does not exist is said, and the change is recorded all the same', async (t) => {
  const { stage, node } = await quietStage(t, { alarm: { notification_plan_id: 'npMissing0' } })
  await stage.minutes(node, 1, '500')
  assert.equal(await stage.state(), 'CRITICAL')
  assert.ok(stage.log.lines.some((line) => line.level === 'error' && line.facts.plan === 'npMissing0'))
})

test('a suppression holds back whom it concerns, wherever it stands among thousands', async (t) => {
  const { stage, node } = await quietStage(t)
  const times = { start_time: 0, end_time: Number.MAX_SAFE_INTEGER, created_at: 0, updated_at: 0 }
  const others = { label: null, notification_plans: [], entities: ['enOther000'], checks: [], alarms: [], ...times }
  for (let n = 0; n < 1100; n++) await stage.run(stage.store.configuration.commit({ tenant }, [{ kind: 'suppression', id: `sp${String(n).padStart(8, '0')}`, expected: 0, value: { ...others, id: `sp${String(n).padStart(8, '0')}` } }]))
  await stage.run(stage.store.configuration.commit({ tenant }, [{ kind: 'suppression', id: 'spZ', expected: 0, value: { ...others, id: 'spZ', entities: [], checks: [`${key.entity}:${checkId}`] } }]))
  await stage.minutes(node, 1, '500')
  assert.deepEqual((await stage.entries()).filter((entry) => entry.state === 'CRITICAL').at(0)?.suppressedBy, ['spZ'])
})
