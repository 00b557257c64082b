import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSimulatedStore } from '../adapters/simulated/store/open.ts'
import { simulatedClock } from '../adapters/simulated/clock.ts'
import { simulatedRandom } from '../adapters/simulated/random.ts'
import { anObservation } from '../contracts/samples.suite.ts'
import type { Store } from '../contracts/store.ts'
import { uptime } from './uptime.ts'

const hour = 3_600_000
const start = 20_454 * 24 * hour
const period = 10_000
const series = { check: 'ch1', zone: 'agent', metric: 'up', period }

/** A store whose record says that ingest was up in these spans (hours), as told by so many processes. */
async function up(spans: readonly (readonly [from: number, to: number])[], processes = 1, every = period): Promise<{ store: Store; of: (from: number, to: number) => Promise<number> }> {
  const clock = simulatedClock({ free: true })
  const store = openSimulatedStore({ clock, random: simulatedRandom(1) })
  let sequence = 0
  for (const [from, to] of spans) {
    for (let at = start + from * hour; at < start + to * hour; at += every) {
      for (let process = 0; process < processes; process++) {
        sequence += 1
        await store.observations.append([anObservation(sequence, { zone: 'agent', at: at + process * 1000, slot: at, boot: `process ${process}`, metrics: { up: { type: 'i', value: 1, unit: '' } } })])
      }
    }
  }
  return { store, of: async (from, to) => (await uptime(store.metrics, { ...series, period: every }, start + from * hour, start + to * hour)) / hour }
}

test('a short span is counted by samples, an outage in it is missing', async () => {
  const { of } = await up([[0, 0.5], [0.75, 2]])
  assert.ok(Math.abs((await of(0, 1)) - 0.75) < 0.003, 'as far as half a minute')
  assert.equal(await of(0.6, 0.7), 0)
  assert.equal(await of(1, 1.5), 0.5)
})

test('several processes make no time longer', async () => {
  const { of } = await up([[0, 1], [1.5, 8]], 3, 30_000)
  assert.ok(Math.abs((await of(0, 2)) - 1.5) < 0.01)
  assert.ok(Math.abs((await of(0, 8)) - 7.5) < 0.1)
})

test('a long span is counted by buckets, also where it begins and ends between them', async () => {
  const { of } = await up([[0, 4], [6, 12]], 1, 60_000)
  for (const [from, to, expected] of [[0, 12, 10], [0.21, 12, 9.79], [3.3, 7.1, 1.8], [6, 11.99, 5.99]] as const) assert.ok(Math.abs((await of(from, to)) - expected) < 0.1, `${from} to ${to}: ${await of(from, to)}`)
})

test('a month is counted by a record that lasts as long', async () => {
  const { store, of } = await up([[0, 24 * 10], [24 * 12, 24 * 31]], 1, 15 * 60_000)
  const asked: string[] = []
  const read: typeof store.metrics.read = (of, from, to, resolution) => {
    asked.push(resolution)
    return store.metrics.read(of, from, to, resolution)
  }
  assert.ok(Math.abs((await of(0, 24 * 31)) - 24 * 29) < 2)
  for (const days of [0.05, 3, 12, 31, 200]) await uptime({ ...store.metrics, read }, series, start, start + days * 24 * hour)
  assert.deepEqual(asked, ['FULL', 'MIN5', 'MIN20', 'MIN60', 'MIN240'])
})

test('samples that come a little late are no outage', async () => {
  const { store } = await up([[0, 100]], 1, 61_000)
  for (const hours of [1.5, 100]) assert.ok(await uptime(store.metrics, { ...series, period: 60_000 }, start, start + hours * hour) > hours * hour - 90_000)
})

test('where nothing is recorded nothing was up', async () => {
  const { of } = await up([])
  assert.deepEqual([await of(0, 1), await of(0, 100)], [0, 0])
})

test('time in which any region was up counts, once', async () => {
  const clock = simulatedClock({ free: true })
  const store = openSimulatedStore({ clock, random: simulatedRandom(1) })
  const spans = { ch1: [0, 4], ch2: [3, 6], ch3: [9, 10] } as const
  for (const [check, [from, to]] of Object.entries(spans)) {
    let sequence = 0
    for (let at = start + from * hour; at < start + to * hour; at += 30_000) {
      sequence += 1
      await store.observations.append([anObservation(sequence, { check, zone: 'agent', at, slot: at, boot: check, metrics: { up: { type: 'i', value: 1, unit: '' } } })])
    }
  }
  const regions = Object.keys(spans).map((check) => ({ ...series, check, period: 30_000 }))
  const of = async (from: number, to: number) => (await uptime(store.metrics, regions, start + from * hour, start + to * hour)) / hour
  for (const [from, to, expected] of [[0, 10, 7], [3, 4.5, 1.5], [5, 7, 1], [7, 8.5, 0], [0, 100, 7]] as const) {
    assert.ok(Math.abs((await of(from, to)) - expected) < 0.02 * Math.max(1, expected), `${from} to ${to}: ${await of(from, to)}`)
  }
})
