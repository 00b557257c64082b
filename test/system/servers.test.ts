import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft } from './drafts.ts'
import { alarm, creation, entityWith, httpCheck } from './drafts.ts'
import { simulated, startSystem, type System } from './start-system.ts'

const zones = ['mzdfw', 'mzlon', 'mzord']

/** A second check with an alarm on the entity of `draft`. */
function another(draft: Draft, url: string): Draft {
  const check = { ...draft.check, id: 'chAnother0', details: { url }, target_hostname: new URL(url).hostname }
  return { ...draft, check, alarms: draft.alarms.map((one) => ({ ...one, id: 'alAnother0', check_id: check.id })) }
}
const withoutEntity = (draft: Draft) => creation(draft).filter((change) => change.kind !== 'entity')

async function watched(system: System) {
  const site = system.target.http()
  const draft = await system.create(entityWith(httpCheck(site.url), alarm('QUORUM')))
  await system.until('3m')
  assert.equal(await system.state(draft), 'OK')
  return { site, draft }
}

test('a check that is made through one server is known to all: none of its observations is thrown away', async () => {
  await using system = await startSystem(simulated({ seed: 50, zones, servers: 3 }))
  const { draft } = await watched(system)
  const second = another(draft, system.target.http().url)
  await system.configure(draft, withoutEntity(second))
  await system.until('8m')
  assert.equal(await system.state(second), 'OK')
  const seen = system.store.history.flatMap((write) => (write.kind === 'observation' && write.observation.check === second.check.id ? [write.observation.zone] : []))
  assert.deepEqual([...new Set(seen)].toSorted(), zones)
  assert.deepEqual(system.problems(), [])
})

test('whichever server sweeps, an alarm that another one made turns UNKNOWN when nobody looks', async () => {
  for (const seed of [52, 53, 54, 55]) {
    await using system = await startSystem(simulated({ seed, zones, servers: 2 }))
    const { draft } = await watched(system)
    const second = another(draft, system.target.http().url)
    await system.configure(draft, withoutEntity(second))
    await system.until('6m')
    for (const zone of zones) system.killPoller(zone)
    await system.until('12m')
    assert.deepEqual([await system.state(draft), await system.state(second)], ['UNKNOWN', 'UNKNOWN'], `seed ${seed}`)
    assert.deepEqual(system.problems(), [])
  }
})

