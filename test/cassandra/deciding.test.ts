import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { withoutCassandra } from '../../scripts/lab/cassandra.ts'
import { recordingLog } from '../../src/adapters/simulated/log.ts'
import { configurationRepository } from '../../src/adapters/store-cassandra/configuration.ts'
import { CassandraConfirmBus } from '../../src/adapters/store-cassandra/confirm-bus.ts'
import { alarmLedger } from '../../src/adapters/store-cassandra/ledger.ts'
import { observationStore } from '../../src/adapters/store-cassandra/observations.ts'
import { outbox } from '../../src/adapters/store-cassandra/outbox.ts'
import { StoreTime } from '../../src/adapters/store-cassandra/schedule-time.ts'
import { defaultSettings } from '../../src/adapters/store-cassandra/settings.ts'
import { isConditional, type Row, type Statement } from '../../src/adapters/store-cassandra/statement.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import { anAlarm, aCheck, aDelivery, anAlarmKey, anEntity, anObservation, aVersion } from '../../src/contracts/samples.suite.ts'
import { meddledWith, testKeyspace, type TestKeyspace } from './cluster.ts'

/** What deciding asks of the store and its statements, on a real Cassandra. */
const options = { skip: await withoutCassandra() }
const hour = 3_600_000
const patience = { clock: systemClock, random: systemRandom }
let keyspace: TestKeyspace

before(async () => {
  if (options.skip === false) keyspace = await testKeyspace()
})
after(() => keyspace?.[Symbol.asyncDispose]())
beforeEach(() => keyspace?.empty())

/** A statement of the test's own. */
const ask = (cql: string): Promise<readonly Row[]> => keyspace.session.execute({ cql, consistency: 'QUORUM', idempotent: true, about: 'looking into a table' })
const observed = (sequence: number, at = systemClock.now()) => anObservation(sequence, { at, slot: at, receivedAt: at })

/** Everything that deciding writes and reads, through this session. */
async function decideOnce(session: TestKeyspace['session']): Promise<void> {
  const log = recordingLog()
  const configuration = configurationRepository(session, { time: new StoreTime(session, systemClock), clock: systemClock, log })
  const [observations, ledger, box] = [observationStore(session, systemClock, defaultSettings), alarmLedger(session, patience, defaultSettings), outbox(session, patience, defaultSettings)]
  const home = { tenant: '100000', entity: 'en1' }
  await configuration.commit(home, [
    { kind: 'entity', id: 'en1', expected: 0, value: anEntity({ id: 'en1' }) }, { kind: 'check', id: 'ch1', expected: 0, value: aCheck({ id: 'ch1' }) }, { kind: 'alarm', id: 'al1', expected: 0, value: anAlarm({ id: 'al1' }) },
  ])
  await configuration.tree(home.tenant, home.entity)
  await observations.append([observed(1)])
  await observations.append([observed(2), observed(3)])
  await observations.newest('ch1', 'mzdfw', 8)
  await ledger.read(anAlarmKey)
  const intent = { key: anAlarmKey, version: 1, at: systemClock.now() }
  await box.intend(intent)
  await ledger.commit(0, ...aVersion(1, 'd1'))
  await box.enqueue(aDelivery())
  await box.settle(intent)
  await box.intents(systemClock.now() + hour, 10)
  await ledger.entry(anAlarmKey, 1)
  await box.due(systemClock.now(), 10)
  const { key, version, notification, step } = aDelivery()
  const id = { key, version, notification: notification.id, step }
  await box.claim(id, 'n', systemClock.now(), systemClock.now() + hour)
  await box.record(id, 'n', null, { status: 'delivered', dueAt: 0 })
}

/** Tables that decisions and deliveries rest on. */
const truth = ['observation', 'observation_day', 'alarm', 'alarm_name', 'configuration', 'intent', 'delivery', 'delivery_name']
const tableOf = ({ cql }: Statement) => /\b(?:FROM|INTO|UPDATE) ([a-z_]+)/.exec(cql)?.[1] ?? ''

test('what decisions rest on is written and read at QUORUM of all regions, or by a compare-and-set over all of them', options, async () => {
  const sent: Statement[] = []
  await decideOnce(meddledWith(keyspace.session, (statement, send) => {
    sent.push(statement)
    return send()
  }))
  const ofTruth = sent.filter((statement) => truth.includes(tableOf(statement)))
  assert.deepEqual([...new Set(ofTruth.map(tableOf))].toSorted(), truth.toSorted(), 'each of them was met')
  const levels = (statement: Statement) => (isConditional(statement) ? `${statement.serialConsistency}, ${statement.consistency}` : statement.consistency)
  const weak = ofTruth.filter((statement) => !['QUORUM', 'SERIAL', 'SERIAL, QUORUM'].includes(levels(statement))).map((statement) => `${levels(statement)}: ${statement.cql}`)
  assert.deepEqual(weak, [])
  for (const table of ['alarm', 'configuration', 'delivery']) {
    const writes = ofTruth.filter((statement) => tableOf(statement) === table && !statement.cql.startsWith('SELECT'))
    assert.deepEqual(writes.filter((statement) => !isConditional(statement) || statement.idempotent), [], `${table} is written by compare-and-set alone, and none is sent to two nodes at once`)
  }
})

test('a clock of ours that is an hour ahead stamps nothing: timestamps are the coordinators\'', options, async (t) => {
  const at = systemClock.now()
  const real = Date.now
  t.mock.method(Date, 'now', () => real() + hour)
  assert.ok(Date.now() - at >= hour)
  await observationStore(keyspace.session, { ...systemClock, now: () => at }, defaultSettings).append([observed(1, at)])
  t.mock.restoreAll()
  const [row] = await ask('SELECT WRITETIME(body) AS written FROM observation')
  const ahead = Number(row?.get('written')) / 1000 - systemClock.now()
  assert.ok(Math.abs(ahead) < hour / 2, `${ahead} ms ahead`)
})

test('an observation leaves by its age alone, an alarm\'s row and tombstone never', options, async () => {
  await observationStore(keyspace.session, systemClock, defaultSettings).append([observed(1)])
  const ledger = alarmLedger(keyspace.session, patience, defaultSettings)
  await ledger.commit(0, ...aVersion(1, 'd1'))
  await ledger.commit(1, ...aVersion(2, 'd2', { kind: 'deleted', deleted: true }))
  const [observation] = await ask('SELECT TTL(body) AS left FROM observation')
  const kept = Number(observation?.get('left')) * 1000
  assert.ok(kept > defaultSettings.observationRetention - hour && kept <= defaultSettings.observationRetention, `${kept} ms`)
  const alarms = await ask('SELECT TTL(row) AS left, TTL(row_version) AS version_left, TTL(entry) AS entry_left FROM alarm')
  assert.deepEqual(alarms.map((row) => [row.get('left'), row.get('version_left'), row.get('entry_left')]), [[null, null, null], [null, null, null]])
  assert.equal(await ledger.commit(0, ...aVersion(1, 'again')), 'conflict', 'nothing is made over a tombstone as if there were none')
})

test('an intent is marked when it is settled, never deleted, and leaves by TTL', options, async () => {
  const box = outbox(keyspace.session, patience, defaultSettings)
  const intents = [1, 2].map((version) => ({ key: anAlarmKey, version, at: systemClock.now() }))
  for (const intent of intents) await box.intend(intent)
  await box.settle(intents[0]!) // there are two
  const rows = await ask('SELECT version, settled, TTL(settled) AS left FROM intent')
  assert.deepEqual(rows.map((row) => [row.get('version'), row.get('settled')]), [[1, true], [2, null]])
  const kept = Number(rows[0]?.get('left')) * 1000
  assert.ok(kept > defaultSettings.intentRetention - hour && kept <= defaultSettings.intentRetention, `${kept} ms`)
  for (let look = 0; look < 3; look++) assert.deepEqual((await box.intents(systemClock.now() + 1000, 10)).map((intent) => intent.version), [2], 'until it is settled it is read again')
})

test('each delivery lies in a partition of its own, an alarm and its ledger in one', options, async () => {
  const parts = await ask(`SELECT table_name, column_name, position FROM system_schema.columns WHERE keyspace_name = '${keyspace.options.keyspace}' AND table_name IN ('alarm', 'delivery', 'intent', 'observation') AND kind = 'partition_key' ALLOW FILTERING`)
  const key = (table: string) => parts.filter((row) => row.get('table_name') === table).toSorted((a, b) => Number(a.get('position')) - Number(b.get('position'))).map((row) => row.get('column_name'))
  assert.deepEqual(key('alarm'), ['tenant', 'entity', 'alarm'])
  assert.deepEqual(key('delivery'), ['tenant', 'entity', 'alarm', 'version', 'notification'])
  assert.deepEqual(key('intent'), ['bucket'], 'a bucket of time')
  assert.deepEqual(key('observation'), ['check_id', 'zone', 'day'])
})

test('a request to look is found by every other endpoint within a second of waiting', options, async () => {
  let slept = 0
  const counting: Clock = { ...systemClock, sleep: async (ms, signal) => {
    slept += ms
    await systemClock.sleep(ms, signal)
  } }
  const bus = (clock: Clock) => new CassandraConfirmBus({ session: keyspace.session, clock, random: systemRandom, log: recordingLog() })
  await using here = bus(systemClock)
  await using there = bus(counting)
  const leave = new AbortController()
  const heard = there.subscribe('mzdfw', leave.signal)[Symbol.asyncIterator]()
  here.publish('mzdfw', { check: 'ch1', slot: 5, askedBy: 'mzlon', trace: 'trace' })
  const before = slept
  assert.equal((await heard.next()).value?.check, 'ch1')
  assert.ok(slept - before < 1000, `it slept ${slept - before} ms between its looks`)
  leave.abort()
})
