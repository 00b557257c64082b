import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../adapters/simulated/clock.ts'
import { simulatedRandom } from '../adapters/simulated/random.ts'
import { openSimulatedStore } from '../adapters/simulated/store/open.ts'
import { openSecretBox } from '../adapters/system/secret-box.ts'
import { ConfigError } from './config.ts'
import { demandSameKey } from './secret-key.ts'

const boxOf = (byte: number) => openSecretBox(new Uint8Array(32).fill(byte))

test('processes with one key go on, however many begin at once; one with another key is told', async () => {
  const clock = simulatedClock()
  const { configuration } = openSimulatedStore({ clock, random: simulatedRandom(1) })
  const demand = (byte: number) => clock.run(demandSameKey(configuration, boxOf(byte), clock.now()))
  await clock.run(Promise.all([1, 1, 1].map((byte) => demandSameKey(configuration, boxOf(byte), clock.now()))))
  await demand(1)
  await assert.rejects(demand(2), (error) => error instanceof ConfigError && error.message.startsWith('VEDETTE_SECRET_KEY: is not the key'))
  await demand(1)
})

test('of two firsts with two keys at once one is told', async () => {
  const clock = simulatedClock()
  const { configuration } = openSimulatedStore({ clock, random: simulatedRandom(1) })
  const outcomes = await clock.run(Promise.allSettled([1, 2].map((byte) => demandSameKey(configuration, boxOf(byte), clock.now()))))
  assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
})
