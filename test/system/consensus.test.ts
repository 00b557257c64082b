import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alarm, entityWith, httpCheck } from './drafts.ts'
import { between } from './durations.ts'
import { simulated, startSystem } from './start-system.ts'

const zones = ['mzdfw', 'mzlon', 'mzord']

test('one zone losing its way wakes nobody', async () => {
  await using system = await startSystem(simulated({ seed: 7, zones }))
  const site = system.target.http()
  const draft = await system.create(entityWith(httpCheck(site.url), alarm('QUORUM')))
  await system.until('3m')
  assert.equal(await system.state(draft), 'OK')
  site.vanishFor('mzdfw')
  await system.until('10m')
  system.mailbox.expectNothing()
  site.vanishFor('mzord')
  await system.until('12m')
  system.mailbox.expectOne({ state: 'CRITICAL', at: between('10m', '11m30s') })
  assert.deepEqual(system.problems(), [])
})
