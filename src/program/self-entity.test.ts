import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../adapters/simulated/clock.ts'
import { simulatedRandom } from '../adapters/simulated/random.ts'
import { openSimulatedStore } from '../adapters/simulated/store/open.ts'
import { leaveNote, noteOf, notesOf } from './notes.ts'
import { createSelfEntity, selfIds, selfIdsOf } from './self-entity.ts'

test('each region has an entity of its own, whichever of its processes makes it', async () => {
  const clock = simulatedClock()
  const { configuration } = openSimulatedStore({ clock, random: simulatedRandom(1) })
  const make = (region: string) => createSelfEntity(configuration, { tenant: 't', ids: selfIdsOf(region), label: `Vedette in ${region}`, now: 1 })
  assert.deepEqual(await clock.run(Promise.all(['dc1', 'dc2', 'dc1'].map(make))), ['applied', 'applied', 'conflict'])
  const entities = await clock.run(Array.fromAsync(configuration.entities('t')))
  assert.deepEqual(entities, ['dc1', 'dc2'].map((region) => selfIdsOf(region).entity).toSorted())
  const tree = await clock.run(configuration.tree('t', selfIdsOf('dc1').entity))
  assert.deepEqual([tree?.checks.map((check) => check.value.type), tree?.alarms.map((alarm) => alarm.value.check_id)], [['agent.vedette'], [selfIdsOf('dc1').check]])
  for (const region of ['dc1', 'dc2']) assert.match(Object.values(selfIdsOf(region)).join(' '), /^en\w{8} ch\w{8} al\w{8}$/)
  assert.ok(!Object.values(selfIdsOf('dc1')).some((id) => Object.values<string>(selfIds).includes(id)))
})

test('a note stands as it was left first, and notes are found by how they begin', async () => {
  const clock = simulatedClock()
  const { configuration } = openSimulatedStore({ clock, random: simulatedRandom(1) })
  const left = await clock.run(Promise.all(['one', 'two'].map((text) => leaveNote(configuration, 'vedette-x', text, 0))))
  assert.equal(new Set(left).size, 1)
  assert.equal(await clock.run(noteOf(configuration, 'vedette-x')), left[0])
  for (const id of ['vedette-region-b', 'vedette-region-a', 'vedette-other']) await clock.run(leaveNote(configuration, id, id.slice(-1), 0))
  assert.deepEqual(await clock.run(notesOf(configuration, 'vedette-region-')), ['a', 'b'])
})
