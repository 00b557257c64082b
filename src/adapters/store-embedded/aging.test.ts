import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { suiteStart as start } from '../../contracts/define.suite.ts'
import { resolutions, type Point, type Resolution } from '../../contracts/metric-store.ts'
import { anObservation } from '../../contracts/samples.suite.ts'
import type { Observation } from '../../core/observation.ts'
import { rollUp } from '../../core/rollup/bucket.ts'
import { systemClock } from '../system/clock.ts'
import { systemLog } from '../system/log.ts'
import { openEmbedded } from './index.ts'

const day = 86_400_000
const days = 90
const series = { check: 'ch1', zone: 'mzdfw', metric: 'duration' }
/** A number that looks like chance and is the same each time. */
const dice = (seed: number) => (Math.imul(seed + 1, 0x9e3779b1) >>> 0) / 2 ** 32

const sample = (sequence: number, at: number): Observation => anObservation(sequence, {
  at: Math.floor(at), slot: Math.floor(at), metrics: { duration: { type: 'I', value: Math.floor(dice(sequence) * 1000), unit: 'ms' }, code: { type: 's', value: '200', unit: '' } },
})

/** What a day brings: a point every quarter of an hour, six that are up to twelve days late, and some a second time. */
function arrivals(number: number): { observations: Observation[]; again: Observation[] } {
  const today = start + number * day
  const observations = Array.from({ length: 96 }, (_, i) => sample(number * 200 + i, today + i * 900_000 + dice(i) * 600_000))
  const late = Array.from({ length: 6 }, (_, i) => sample(number * 200 + 100 + i, today - dice(number * 7 + i) * 12 * day))
  return { observations: [...observations, ...late], again: observations.slice(10, 20) }
}

async function assertRolledUp(read: (resolution: Resolution, from: number) => Promise<Point[]>, samples: readonly Observation[], now: number, kept: Partial<Record<Resolution, number>>): Promise<void> {
  const points = samples.map(({ at, metrics }) => ({ at, count: 1, average: metrics.duration!.value as number, minimum: metrics.duration!.value as number, maximum: metrics.duration!.value as number, variance: 0 }))
  for (const [resolution, keep] of Object.entries(kept) as [Exclude<Resolution, 'FULL'>, number][]) {
    const from = now - keep
    const expected = rollUp(points.toSorted((a, b) => a.at - b.at), resolutions[resolution]).filter(({ at }) => at >= from)
    const actual = await read(resolution, from)
    assert.deepEqual(actual.map(({ at, count, minimum, maximum }) => ({ at, count, minimum, maximum })), expected.map(({ at, count, minimum, maximum }) => ({ at, count, minimum, maximum })), resolution)
    for (const [i, { average, variance }] of expected.entries()) {
      assert.ok(Math.abs(actual[i]!.average - average) < 1e-6 && Math.abs(actual[i]!.variance - variance) < 1e-3, `${resolution}: ${JSON.stringify([actual[i], expected[i]])}`)
    }
  }
}

test('through three months of ageing, late points and restarts, rollups equal rolling up at once, and old observations go', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'vedette-ageing-'))
  let now = start
  const open = () => openEmbedded({ directory, linger: 0, clock: { ...systemClock, now: () => now }, log: systemLog('warn') })
  let store = await open()
  t.after(async () => {
    await store[Symbol.asyncDispose]()
    await rm(directory, { recursive: true })
  })
  const samples: Observation[] = []
  for (let number = 0; number < days; number++) {
    const { observations, again } = arrivals(number)
    now = start + (number + 1) * day
    await store.observations.append(observations)
    await store.observations.append(again)
    samples.push(...observations)
    if (number % 3 !== 0) await store.tidy()
    if (number % 10 === 9) {
      await store[Symbol.asyncDispose]()
      store = await open()
    }
    if (number % 15 !== 14) continue
    await assertRolledUp((resolution, from) => Array.fromAsync(store.metrics.read(series, from, now, resolution)), samples, now, { MIN5: 9 * day, MIN20: 19 * day, MIN60: 150 * day, MIN240: 290 * day, MIN1440: 1800 * day })
  }
  await store.tidy()
  const full = await Array.fromAsync(store.metrics.read(series, 0, Infinity, 'FULL'))
  assert.deepEqual([full.length > 96, full.length < 96 * 6], [true, true], `${full.length} points at full resolution`)
  const fives = await Array.fromAsync(store.metrics.read(series, 0, Infinity, 'MIN5'))
  assert.ok(fives[0]!.at > now - 11 * day && fives[0]!.at <= now - 9 * day)
})
