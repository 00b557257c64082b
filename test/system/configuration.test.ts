import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alarm, Check } from '../../src/core/entities/resources.ts'
import { alarm, entityWith, httpCheck, notificationId, planId, tenant, type Draft } from './drafts.ts'
import { between } from './durations.ts'
import { simulated, startSystem, type System } from './start-system.ts'

const zones = ['mzdfw', 'mzlon', 'mzord']

async function watched(system: System) {
  const site = system.target.http()
  const draft = await system.create(entityWith(httpCheck(site.url), alarm('QUORUM')))
  await system.until('3m')
  assert.equal(await system.state(draft), 'OK')
  return { site, draft, alarm: draft.alarms[0]! } // the one that was just drafted
}

const changeAlarm = (system: System, draft: Draft, value: Alarm | null, expected = 1) => system.configure(draft, [{ kind: 'alarm', id: draft.alarms[0]?.id ?? '', expected, value }])
const changeCheck = (system: System, draft: Draft, value: Check, expected = 1) => system.configure(draft, [{ kind: 'check', id: draft.check.id, expected, value }])

test('a disabled alarm says so and pages nobody; enabled again it tells what is', async () => {
  await using system = await startSystem(simulated({ seed: 20, zones }))
  const { site, draft, alarm } = await watched(system)
  await changeAlarm(system, draft, { ...alarm, disabled: true })
  assert.equal(await system.state(draft), 'DISABLED')
  site.down()
  await system.until('10m')
  system.mailbox.expectNothing()
  await changeAlarm(system, draft, { ...alarm, disabled: false }, 2)
  await system.until('12m')
  system.mailbox.expectOne({ state: 'CRITICAL', at: between('10m', '11m') })
  assert.deepEqual(system.problems(), [])
})

test('a disabled check is not looked at, and its alarm says DISABLED', async () => {
  await using system = await startSystem(simulated({ seed: 21, zones }))
  const { site, draft } = await watched(system)
  await changeCheck(system, draft, { ...draft.check, disabled: true })
  await system.until('4m')
  const seen = system.store.history.length
  site.down()
  await system.until('10m')
  const later = system.store.history.slice(seen).filter((write) => write.kind === 'observation' && write.observation.check === draft.check.id)
  assert.deepEqual(later, [])
  assert.equal(await system.state(draft), 'DISABLED')
  await changeCheck(system, draft, draft.check, 2)
  await system.until('13m')
  system.mailbox.expectOne({ state: 'CRITICAL', at: between('10m', '12m') })
  assert.deepEqual(system.problems(), [])
})

test('new criteria drop the old votes: what was seen is judged anew', async () => {
  await using system = await startSystem(simulated({ seed: 22, zones }))
  const { draft, alarm } = await watched(system)
  const criteria = ":set consistencyLevel=QUORUM\nif (metric['code'] == '200') { return new AlarmStatus(WARNING, 'too good'); }\nreturn new AlarmStatus(OK);"
  await changeAlarm(system, draft, { ...alarm, criteria })
  await system.until('3m10s')
  system.mailbox.expectOne({ state: 'WARNING' })
  assert.deepEqual(system.problems(), [])
})

test('a change of zones drops the votes of those that are gone', async () => {
  await using system = await startSystem(simulated({ seed: 23, zones }))
  const { site, draft } = await watched(system)
  site.vanishFor('mzord')
  await system.until('5m')
  await changeCheck(system, draft, { ...draft.check, monitoring_zones_poll: ['mzdfw', 'mzlon'] })
  await system.until('8m')
  const row = await system.row(draft)
  assert.deepEqual([row?.state, row?.votes.map((vote) => vote.zone)], ['OK', ['mzdfw', 'mzlon']])
  system.mailbox.expectNothing()
  assert.deepEqual(system.problems(), [])
})

test('a change is told to those whom the plan named when it was decided', async () => {
  await using system = await startSystem(simulated({ seed: 24, zones }))
  const { site } = await watched(system)
  system.mailbox.closed = true
  site.down()
  await system.until('6m')
  const stored = await system.run(system.store.configuration.get('notificationPlan', { tenant }, planId))
  assert.ok(stored !== undefined)
  await system.run(system.store.configuration.commit({ tenant }, [{ kind: 'notificationPlan', id: planId, expected: stored.version, value: { ...stored.value, critical_state: [], ok_state: [] } }]))
  system.mailbox.closed = false
  await system.until('20m')
  assert.match(system.mailbox.expectOne({ state: 'CRITICAL' }).key, new RegExp(`:${notificationId}$`))
  site.up()
  await system.until('25m')
  system.mailbox.expectNothing()
  assert.deepEqual(system.problems(), [])
})

test('what a spool holds for a deleted alarm and check is discarded, and nothing comes back to life', async () => {
  await using system = await startSystem(simulated({ seed: 25, zones }))
  const { site, draft } = await watched(system)
  const late = system.pollers.get('mzdfw')!.link // it was just started
  late.cut = true
  site.down()
  await system.until('3m30s')
  await system.configure(draft, [{ kind: 'alarm', id: draft.alarms[0]!.id, expected: 1, value: null }, { kind: 'check', id: draft.check.id, expected: 1, value: null }])
  const row = await system.row(draft)
  assert.equal(row?.deleted, true)
  system.mailbox.take()
  await system.until('10m')
  late.cut = false
  await system.until('20m')
  assert.equal((await system.row(draft))?.version, row.version)
  assert.equal(system.spooled('mzdfw'), 0)
  system.mailbox.expectNothing()
  assert.deepEqual(system.problems(), [])
})

test('an alarm that is made again under its old name goes on with its versions', async () => {
  await using system = await startSystem(simulated({ seed: 26, zones }))
  const { draft, alarm } = await watched(system)
  await changeAlarm(system, draft, null)
  const tombstone = await system.row(draft)
  await changeAlarm(system, draft, alarm, 0)
  await system.until('6m')
  const row = await system.row(draft)
  assert.equal(row?.state, 'OK')
  assert.ok(row.version > (tombstone?.version ?? 0))
  system.mailbox.expectNothing()
  assert.deepEqual(system.problems(), [])
})
