import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entityWith, heartbeat } from './drafts.ts'
import { between } from './durations.ts'
import { unhurried } from './world.ts'
import { simulated, startSystem } from './start-system.ts'

const zones = ['mzdfw']
const hourly = heartbeat({ period: 3600, details: { grace: 60 } })

test('a job that does not report is overdue after its period and grace, and fine when it reports again', async () => {
  await using system = await startSystem(simulated({ seed: 40, zones, ...unhurried }))
  const draft = await system.create(entityWith(hourly, { criteria: null }))
  for (const hour of ['1h', '2h', '3h']) {
    await system.until(hour)
    await system.beat(draft)
  }
  await system.until('4h')
  assert.equal(await system.state(draft), 'OK')
  system.mailbox.expectNothing()
  await system.until('5h')
  const mail = system.mailbox.expectOne({ state: 'CRITICAL', at: between('4h1m', '4h4m') })
  assert.match(mail.message.entry.status, /overdue/)
  await system.until('7h')
  system.mailbox.expectNothing()
  await system.beat(draft)
  await system.until('7h5m')
  system.mailbox.expectOne({ state: 'OK' })
  assert.deepEqual(system.problems(), [])
})

test('our own outage makes no job overdue', async () => {
  await using system = await startSystem(simulated({ seed: 41, zones, ...unhurried }))
  const draft = await system.create(entityWith(hourly, { criteria: null }))
  await system.until('1h')
  await system.beat(draft)
  await system.until('1h30m')
  system.killServer()
  await system.until('4h')
  await system.startServer()
  await system.until('4h25m')
  system.mailbox.expectNothing()
  await system.beat(draft)
  await system.until('5h')
  system.mailbox.expectNothing()
  assert.equal(await system.state(draft), 'OK')
  assert.deepEqual(system.problems(), [])
})

test('the silence before our outage counts, and the rest of the period passes after it', async () => {
  await using system = await startSystem(simulated({ seed: 41, zones, ...unhurried }))
  const draft = await system.create(entityWith(hourly, { criteria: null }))
  await system.until('1h')
  await system.beat(draft)
  await system.until('1h30m')
  system.killServer()
  await system.until('4h')
  await system.startServer()
  // Half an hour was heard before the outage; the rest of the period passes after it.
  await system.until('5h')
  system.mailbox.expectOne({ state: 'CRITICAL', at: between('4h28m', '4h36m') })
})
