import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alarm, entityWith, httpCheck } from './drafts.ts'
import { between } from './durations.ts'
import { simulated, startSystem, type System } from './start-system.ts'

const zones = ['mzdfw', 'mzlon', 'mzord']

async function watched(system: System) {
  const site = system.target.http()
  const draft = await system.create(entityWith(httpCheck(site.url), alarm('QUORUM')))
  await system.until('3m')
  assert.equal(await system.state(draft), 'OK')
  return { site, draft }
}

test('a poller that is gone leaves the others to decide; the second one leaves nobody who knows', async () => {
  await using system = await startSystem(simulated({ seed: 1, zones }))
  const { draft } = await watched(system)
  system.killPoller('mzdfw')
  await system.until('10m')
  assert.equal(await system.state(draft), 'OK')
  system.killPoller('mzlon')
  await system.until('15m')
  const row = await system.row(draft)
  assert.equal(row?.state, 'UNKNOWN')
  assert.match(row.reason, /^1 of 3 zones report/)
  system.mailbox.expectNothing()
  assert.deepEqual(system.problems(), [])
})

test('enough zones that are heard again end UNKNOWN, though no vote has changed', async () => {
  await using system = await startSystem(simulated({ seed: 1, zones }))
  const { draft } = await watched(system)
  system.killPoller('mzdfw')
  system.killPoller('mzlon')
  await system.until('10m')
  assert.equal(await system.state(draft), 'UNKNOWN')
  await system.startPoller('mzlon')
  await system.until('13m')
  assert.equal(await system.state(draft), 'OK')
  system.mailbox.expectNothing()
  assert.deepEqual(system.problems(), [])
})

test('what went down while nobody looked is told when somebody looks again', async () => {
  await using system = await startSystem(simulated({ seed: 2, zones }))
  const { site, draft } = await watched(system)
  for (const zone of zones) system.killPoller(zone)
  await system.until('10m')
  assert.equal(await system.state(draft), 'UNKNOWN')
  site.down()
  await system.until('20m')
  system.mailbox.expectNothing()
  for (const zone of zones) await system.startPoller(zone)
  await system.until('23m')
  system.mailbox.expectOne({ state: 'CRITICAL', at: between('20m', '22m') })
  assert.deepEqual(system.problems(), [])
})

test('a store that is away decides nothing, and its return makes no storm', async () => {
  await using system = await startSystem(simulated({ seed: 3, zones }))
  const { draft } = await watched(system)
  const before = (await system.row(draft))?.version
  system.store.faults.unavailable = true
  await system.until('15m')
  system.store.faults.unavailable = false
  await system.until('16m')
  assert.equal(await system.state(draft), 'OK')
  await system.until('30m')
  assert.deepEqual(await system.state(draft), 'OK')
  const states = system.store.history.filter((write) => write.kind === 'version' && write.row.version > (before ?? 0) && write.entry.kind === 'state')
  assert.deepEqual(states, [])
  system.mailbox.expectNothing()
  assert.deepEqual(system.problems(), [])
})

test('what happens while the store is away is told when it is back, once', async () => {
  await using system = await startSystem(simulated({ seed: 4, zones }))
  const { site } = await watched(system)
  system.store.faults.unavailable = true
  await system.until('6m')
  site.down()
  await system.until('20m')
  system.mailbox.expectNothing()
  system.store.faults.unavailable = false
  await system.until('25m')
  system.mailbox.expectOne({ state: 'CRITICAL', at: between('20m', '21m') })
  await system.until('40m')
  system.mailbox.expectNothing()
  assert.deepEqual(system.problems(), [])
})

test('who is stressed does not vote: the others decide, and when too few are left nobody does', async () => {
  await using system = await startSystem(simulated({ seed: 5, zones }))
  const { site, draft } = await watched(system)
  system.lag.set('mzdfw', 5000).set('mzlon', 5000)
  await system.until('5m')
  site.vanishFor('mzdfw', 'mzlon')
  await system.until('6m')
  assert.equal(await system.state(draft), 'OK')
  await system.until('15m')
  const row = await system.row(draft)
  assert.equal(row?.state, 'UNKNOWN')
  assert.match(row.reason, /stressed: mzdfw, mzlon/)
  system.mailbox.expectNothing()

  system.lag.clear()
  await system.until('20m')
  system.mailbox.expectOne({ state: 'CRITICAL', at: between('15m', '17m') })
  assert.deepEqual(system.problems(), [])
})

test('a zone that sees none of its canaries does not blame the target', async () => {
  const world = simulated({ seed: 6, zones, canaries: ['canary.example'] })
  world.network.http('canary.example')
  await using system = await startSystem(world)
  const { draft } = await watched(system)
  system.network.cut('mzdfw', 'mzlon')
  await system.until('5m')
  assert.equal(await system.state(draft), 'OK')
  await system.until('15m')
  assert.equal(await system.state(draft), 'UNKNOWN')
  system.mailbox.expectNothing()
  assert.deepEqual(system.problems(), [])
})

test('without canaries the same would page: the neighbour of the one above', async () => {
  await using system = await startSystem(simulated({ seed: 6, zones }))
  await watched(system)
  system.network.cut('mzdfw', 'mzlon')
  await system.until('5m')
  system.mailbox.expectOne({ state: 'CRITICAL' })
})
