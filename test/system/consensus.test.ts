import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apart } from './apart.ts'
import { alarm, entityWith, httpCheck } from './drafts.ts'
import { between } from './durations.ts'
import { unhurried } from './world.ts'
import { simulated, startSystem, type System } from './start-system.ts'

const zones = ['mzdfw', 'mzlon', 'mzord']

/** A web site that three zones watch once a minute, found in order. */
async function watched(system: System, level: 'ONE' | 'QUORUM' | 'ALL' = 'QUORUM', consecutiveCount = 1) {
  const site = system.target.http()
  const draft = await system.create(entityWith(httpCheck(site.url), alarm(level, { consecutiveCount })))
  await system.until('3m')
  assert.equal(await system.state(draft), 'OK')
  return { site, draft }
}

test('one zone losing its way wakes nobody; the second one does, at once and once', async () => {
  await using system = await startSystem(simulated({ seed: 7, zones, ...unhurried, notifyEvery: 1000 }))
  const { site, draft } = await watched(system)
  site.vanishFor('mzdfw')
  await system.until('10m')
  system.mailbox.expectNothing()
  assert.equal(await system.state(draft), 'OK')

  site.vanishFor('mzord')
  await system.until('12m')
  system.mailbox.expectOne({ state: 'CRITICAL', at: between('10m', '11m30s') })
  await system.until('1h')
  system.mailbox.expectNothing()

  site.comeBackFor('mzdfw', 'mzord')
  await system.until('1h5m')
  system.mailbox.expectOne({ state: 'OK', at: between('1h', '1h1m') })
  assert.deepEqual(system.problems(), [])
})

test('a real outage is confirmed by the other zones at once', async () => {
  await using system = await startSystem(simulated({ seed: 8, zones }))
  const { site } = await watched(system)
  site.down()
  await system.until('5m')
  // The zones look every 20 s between them, and the second one is asked as soon as the first has seen it.
  system.mailbox.expectOne({ state: 'CRITICAL', at: between('3m', '3m21s') })
  assert.deepEqual(system.problems(), [])
})

test('without confirmation the next zone finds it when its turn comes', async () => {
  await using system = await startSystem(simulated({ seed: 8, zones }))
  const site = system.target.http()
  await system.create(entityWith(httpCheck(site.url, { confirm: false }), alarm('QUORUM')))
  await system.until('3m')
  site.down()
  await system.until('3m21s')
  system.mailbox.expectNothing()
  await system.until('5m')
  system.mailbox.expectOne({ state: 'CRITICAL', at: between('3m21s', '3m41s') })
})

test('ONE hears a single zone, ALL waits for all of them', async () => {
  await using system = await startSystem(simulated({ seed: 9, zones }))
  const site = system.target.http()
  const draft = await system.create(entityWith(httpCheck(site.url), alarm('ONE'), alarm('ALL')))
  await system.until('3m')
  site.vanishFor('mzdfw', 'mzlon')
  await system.until('6m')
  assert.deepEqual([await system.state(draft, 0), await system.state(draft, 1)], ['CRITICAL', 'OK'])
  site.vanishFor('mzord')
  await system.until('9m')
  assert.deepEqual([await system.state(draft, 0), await system.state(draft, 1)], ['CRITICAL', 'CRITICAL'])
  assert.deepEqual(system.mailbox.take().map((mail) => mail.state), ['CRITICAL', 'CRITICAL'])
  assert.deepEqual(system.problems(), [])
})

test('a target that flaps within consecutiveCount wakes nobody, one that stays down does', async () => {
  await using system = await startSystem(simulated({ seed: 10, zones, ...unhurried, notifyEvery: 1000 }))
  const { site } = await watched(system, 'QUORUM', 3)
  for (let minute = 3; minute < 33; minute += 3) {
    await system.until(`${minute}m`)
    site.answer('503')
    await system.until(`${minute}m70s`)
    site.answer('200')
  }
  system.mailbox.expectNothing()
  await system.until('40m')
  site.answer('503')
  await system.until('45m')
  // The looks that confirm stand for the slot before them, so the third of a zone may come within two periods.
  system.mailbox.expectOne({ state: 'CRITICAL', at: between('41m40s', '43m') })
  assert.deepEqual(system.problems(), [])
})

test('a zone whose network fails altogether pages nobody, for a day', async () => {
  const { states, mails, problems } = await apart('one-zone-cut', { seed: 11, hours: 24 })
  assert.deepEqual(mails, [])
  assert.deepEqual(states, ['UNKNOWN', 'OK'])
  assert.deepEqual(problems, [])
})
