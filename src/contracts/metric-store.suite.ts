import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Observation } from '../core/observation.ts'
import type { Metric } from '../core/alarm-language/types.ts'
import { resolutions, type Point, type Resolution } from './metric-store.ts'
import { defineSuite, suiteStart as start, type TestedStore } from './define.suite.ts'
import { anObservation } from './samples.suite.ts'

const duration = { check: 'ch1', zone: 'mzdfw', metric: 'duration' }
const number = (value: number): Metric => ({ type: 'n', value, unit: 'ms' })
const text = (value: string): Metric => ({ type: 's', value, unit: '' })
const at = (sequence: number, offset: number, metrics: Record<string, Metric>, fields: Partial<Observation> = {}) => anObservation(sequence, { at: start + offset, slot: start + offset, metrics, ...fields })
const read = (tested: TestedStore, resolution: Resolution, from = start, to = start + 86_400_000 * 40, series = duration) => Array.fromAsync(tested.store.metrics.read(series, from, to, resolution))
const rollups = (Object.keys(resolutions) as Resolution[]).filter((resolution) => resolution !== 'FULL')

/** Rolling up all samples at once, the plainest way. */
function atOnce(samples: readonly Pick<Observation, 'at' | 'metrics'>[], length: number): Point[] {
  const buckets = Map.groupBy(samples, (sample) => Math.floor(sample.at / length) * length)
  return [...buckets].sort(([a], [b]) => a - b).map(([bucket, inside]) => {
    const values = inside.map((sample) => sample.metrics.duration?.value as number)
    const average = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length
    return { at: bucket, count: values.length, average, minimum: Math.min(...values), maximum: Math.max(...values), variance }
  })
}

function assertClose(actual: readonly Point[], expected: readonly Point[], what: string): void {
  assert.deepEqual(actual.map(({ at: when, count, minimum, maximum }) => [when, count, minimum, maximum]), expected.map(({ at: when, count, minimum, maximum }) => [when, count, minimum, maximum]), what)
  for (const [i, point] of expected.entries()) {
    // Sums in another order differ in their last digits, by a share of the greatest value that went in.
    const scale = Math.max(1, Math.abs(point.minimum), Math.abs(point.maximum))
    assert.ok(Math.abs(actual[i]!.average - point.average) <= 1e-9 * scale, `${what}: average ${actual[i]!.average}, expected ${point.average}`)
    assert.ok(Math.abs(actual[i]!.variance - point.variance) <= 1e-9 * scale ** 2, `${what}: variance ${actual[i]!.variance}, expected ${point.variance}`)
  }
}

const span = 3 * 86_400_000
const arrivals = fc.array(
  fc.record({
    batch: fc.array(fc.record({ offset: fc.oneof(fc.nat(span - 1), fc.nat(1_200_000)), value: fc.oneof(fc.integer({ min: -1000, max: 1_000_000 }), fc.double({ min: 0, max: 10, noNaN: true })) }), { maxLength: 30 }),
    next: fc.constantFrom('go on', 'tidy', 'reopen'),
    cut: fc.tuple(fc.nat(span), fc.nat(span)),
  }),
  { minLength: 1, maxLength: 6 },
)

export const metricStoreSuite = defineSuite<TestedStore>('metric store', {
  async 'series names the metrics of each zone, sorted by zone and name'(tested) {
    assert.deepEqual(await tested.store.metrics.series('ch1'), [])
    await tested.store.observations.append([
      at(1, 0, { duration: number(1), code: text('200') }), at(2, 1, { bytes: { type: 'L', value: 3, unit: 'bytes' } }), at(3, 2, { duration: number(1) }, { zone: 'mzaaa' }),
    ])
    const expected = [
      { zone: 'mzaaa', metric: 'duration', type: 'n', unit: 'ms' }, { zone: 'mzdfw', metric: 'bytes', type: 'L', unit: 'bytes' },
      { zone: 'mzdfw', metric: 'code', type: 's', unit: '' }, { zone: 'mzdfw', metric: 'duration', type: 'n', unit: 'ms' },
    ]
    assert.deepEqual(await tested.store.metrics.series('ch1'), expected)
    await tested.reopen()
    assert.deepEqual(await tested.store.metrics.series('ch1'), expected)
  },

  async 'a test leaves no metrics, a confirming run does'(tested) {
    await tested.store.observations.append([at(1, 0, { duration: number(1) }, { kind: 'test' })])
    assert.deepEqual([await tested.store.metrics.series('ch1'), await read(tested, 'FULL'), await read(tested, 'MIN5')], [[], [], []])
    await tested.store.observations.append([at(2, 1, { duration: number(2) }, { kind: 'confirming' }), at(3, 2, { duration: number(4) })])
    assert.deepEqual((await read(tested, 'FULL')).map((point) => point.average), [2, 4])
    assert.equal((await read(tested, 'MIN5'))[0]?.count, 2)
    assert.deepEqual((await tested.store.metrics.series('ch1')).map((series) => series.metric), ['duration'])
  },

  async 'at full resolution all statistics equal the sample and the count is 1'(tested) {
    await tested.store.observations.append([at(1, 5, { duration: number(7.5) })])
    assert.deepEqual((await read(tested, 'FULL')).map((point) => ({ ...point })), [{ at: start + 5, count: 1, average: 7.5, minimum: 7.5, maximum: 7.5, variance: 0 }])
  },

  async 'points come in time order; from is inside, to is not'(tested) {
    const minutes = [0, 5, 10, 15].map((minute) => minute * 60_000)
    await tested.store.observations.append(minutes.toReversed().map((offset) => at(offset, offset, { duration: number(offset) })))
    for (const resolution of ['FULL', 'MIN5'] as const) {
      const times = async (from: number, to: number) => (await read(tested, resolution, start + from, start + to)).map((point) => point.at - start)
      assert.deepEqual(await times(0, 900_001), minutes)
      assert.deepEqual(await times(300_000, 900_000), [300_000, 600_000])
      assert.deepEqual(await times(300_001, 900_000), [600_000])
    }
  },

  async 'an empty range yields nothing, and neither does what nobody knows'(tested) {
    await tested.store.observations.append([at(1, 5, { duration: number(1), code: text('200') })])
    assert.deepEqual(await read(tested, 'FULL', start + 6, start + 100), [])
    assert.deepEqual(await read(tested, 'MIN5', start + 5, start + 5), [])
    assert.deepEqual(await read(tested, 'MIN5', start + 100, start), [])
    for (const other of [{ check: 'ch9' }, { zone: 'mzxxx' }, { metric: 'toString' }]) {
      for (const resolution of ['FULL', 'MIN20'] as const) assert.deepEqual(await read(tested, resolution, start, start + span, { ...duration, ...other }), [])
    }
  },

  async 'a string metric answers at full resolution only, and only where it changes'(tested) {
    const code = { check: 'ch1', zone: 'mzdfw', metric: 'code' }
    const codes = ['200', '200', '503', '503', '200']
    await tested.store.observations.append(codes.map((value, i) => at(i, i * 1000, { code: text(value) })))
    const texts = async (from: number) => (await read(tested, 'FULL', start + from, start + 9000, code)).map((point) => [point.at - start, point.text, point.average])
    const tidied = async (expected: unknown, from: number) => {
      assert.deepEqual(await texts(from), expected)
      await tested.tidy?.()
      assert.deepEqual(await texts(from), expected)
    }
    await tidied([[0, '200', 0], [2000, '503', 0], [4000, '200', 0]], 0)
    await tidied([[4000, '200', 0]], 3000)
    await tested.store.observations.append([at(9, 2500, { code: text('404') })])
    await tidied([[2500, '404', 0], [3000, '503', 0], [4000, '200', 0]], 2001)
    assert.deepEqual(await read(tested, 'MIN5', start, start + span, code), [])
  },

  async 'a rollup always equals rolling up its points at once, late and duplicated ones too'(tested) {
    let run = 0
    await fc.assert(fc.asyncProperty(arrivals, async (steps) => {
      const samples: Observation[] = []
      const series = { ...duration, check: `ch${run += 1}` }
      for (const { batch, next, cut } of steps) {
        const fresh = batch.map(({ offset, value }, i) => at(samples.length + i, offset, { duration: number(value) }, { check: series.check }))
        await tested.store.observations.append([...fresh, ...samples.slice(0, 3)])
        samples.push(...fresh)
        if (next === 'tidy') await tested.tidy?.()
        if (next === 'reopen') await tested.reopen()
        const [from, to] = cut.map((offset) => start + offset).sort((a, b) => a - b) as [number, number]
        for (const resolution of rollups) {
          const expected = atOnce(samples, resolutions[resolution])
          assertClose(await read(tested, resolution, start, start + span, series), expected, `${resolution}, all`)
          assertClose(await read(tested, resolution, from, to, series), expected.filter((point) => point.at >= from && point.at < to), `${resolution}, a part`)
        }
      }
    }), { numRuns: 25 })
  },
})
