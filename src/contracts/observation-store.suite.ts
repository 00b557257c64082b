import assert from 'node:assert/strict'
import fc from 'fast-check'
import { observationId, type Observation } from '../core/observation.ts'
import { defineSuite, suiteStart, type TestedStore } from './define.suite.ts'
import { anObservation } from './samples.suite.ts'

const range = (tested: TestedStore, from = -Infinity, to = Infinity, zone = 'mzdfw') => Array.fromAsync(tested.store.observations.range('ch1', zone, from, to))
const sequences = (observations: readonly Observation[]) => observations.map(({ sequence }) => sequence)
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

/** Ordered as the contract says: by time, then by identity. */
function inOrder(observations: readonly Observation[]): Observation[] {
  return observations.toSorted((a, b) => a.at - b.at || (observationId(a) < observationId(b) ? -1 : 1))
}

const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const time = fc.integer({ min: 0, max: 4_000_000_000_000 })
const measure = fc.oneof(fc.nat(), fc.double({ noNaN: true }), fc.constantFrom(0, 0.25, 1e21, -3))
const metric = fc.oneof(
  fc.record({ type: fc.constantFrom('i', 'I', 'l', 'L', 'n'), value: measure, unit: fc.constantFrom('ms', 'bytes', '') }),
  fc.record({ type: fc.constant('s'), value: fc.oneof(text, fc.string({ minLength: 200, maxLength: 400 })), unit: fc.constant('') }),
)
// The metrics of a check, and with each run some of them anew, as checks do.
const metrics = fc.dictionary(fc.string({ minLength: 1, maxLength: 12 }).filter((name) => name !== '__proto__'), metric, { maxKeys: 6, noNullPrototype: true })
const observations = fc.uniqueArray(
  fc.record({
    tenant: fc.constantFrom('100000', 'hybrid:7'), entity: fc.constantFrom('en1', 'en2'), check: fc.constant('ch1'), zone: fc.constantFrom('mzdfw', 'mzlon'), slot: time,
    kind: fc.constantFrom('scheduled', 'confirming', 'test'), boot: text, sequence: fc.nat(), at: fc.oneof(fc.integer({ min: suiteStart, max: suiteStart + 86_400_000 }), fc.constant(suiteStart)), receivedAt: fc.oneof(time, fc.constant(0)),
    available: fc.boolean(), status: text, metrics, target: fc.option(text), startDelay: fc.double({ min: 0, max: 1e6, noNaN: true }), lag: fc.nat(), stressed: fc.option(text), trace: text,
  }) as fc.Arbitrary<Observation>,
  { selector: observationId, maxLength: 40 },
).map((made) => structuredClone(made))

export const observationStoreSuite = defineSuite<TestedStore>('observation store', {
  async 'newest gives at most so many, newest first, as soon as they are appended'(tested) {
    const { observations: kept } = tested.store
    for (const sequence of numbers(20)) {
      await kept.append([anObservation(sequence)])
      assert.deepEqual((await kept.newest('ch1', 'mzdfw', 1)).map(observationId), [observationId(anObservation(sequence))])
    }
    for (const count of [0, 1, 3, 8, 9, 20, 50]) assert.deepEqual(sequences(await kept.newest('ch1', 'mzdfw', count)), numbers(20).reverse().slice(0, count))
  },

  async 'a late one takes its place in time'(tested) {
    for (const sequence of [5, 1, 3, 9, 2, 8]) {
      await tested.store.observations.append([anObservation(sequence)])
      await tested.store.observations.newest('ch1', 'mzdfw', 4)
    }
    assert.deepEqual(sequences(await tested.store.observations.newest('ch1', 'mzdfw', 4)), [9, 8, 5, 3])
    assert.deepEqual(sequences(await range(tested)), [1, 2, 3, 5, 8, 9])
  },

  async 'what is written twice is read once'(tested) {
    const [one, two] = [anObservation(1), anObservation(2)]
    const { observations: kept } = tested.store
    await kept.append([one, one, two])
    await Promise.all([kept.append([one]), kept.append([two]), kept.append([one, two])])
    assert.deepEqual(sequences(await range(tested)), [1, 2])
    assert.deepEqual(sequences(await kept.newest('ch1', 'mzdfw', 8)), [2, 1])
    await tested.tidy?.()
    await tested.reopen()
    await tested.store.observations.append([one, two])
    assert.deepEqual(sequences(await range(tested)), [1, 2])
    assert.deepEqual(sequences(await tested.store.observations.newest('ch1', 'mzdfw', 8)), [2, 1])
  },

  async 'kind, boot and sequence tell observations of one slot apart'(tested) {
    const same = { slot: 0, at: 10 }
    const all = [anObservation(1, same), anObservation(2, same), anObservation(1, { ...same, kind: 'confirming' }), anObservation(1, { ...same, boot: 'boot-2' }), anObservation(1, { ...same, kind: 'test' })]
    await tested.store.observations.append(all)
    assert.deepEqual((await range(tested)).map(observationId), inOrder(all).map(observationId))
    assert.deepEqual(await tested.store.observations.newest('ch1', 'mzdfw', 5), inOrder(all).toReversed())
  },

  async 'range is oldest first; from is inside, to is not'(tested) {
    await tested.store.observations.append([3, 1, 2].map((sequence) => anObservation(sequence, { at: sequence * 10 })))
    for (const [from, to, expected] of [[0, 100, [1, 2, 3]], [10, 30, [1, 2]], [11, 31, [2, 3]], [10, 10, []], [31, 99, []]] as const) {
      assert.deepEqual(sequences(await range(tested, from, to)), expected, `${from} to ${to}`)
    }
  },

  async 'a long range comes whole, also when many share one moment'(tested) {
    const all = numbers(1500).map((sequence) => anObservation(sequence, { at: Math.floor(sequence / 700) }))
    await tested.store.observations.append(all)
    assert.deepEqual((await range(tested)).map(observationId), inOrder(all).map(observationId))
  },

  async 'checks and zones are apart, and zones names those that have any, sorted'(tested) {
    const { observations: kept } = tested.store
    assert.deepEqual(await kept.zones('ch1'), [])
    assert.deepEqual(await kept.newest('ch1', 'mzdfw', 5), [])
    assert.deepEqual(await range(tested), [])
    await kept.append([anObservation(1, { zone: 'mzord' }), anObservation(2, { zone: 'mzlon' }), anObservation(3, { check: 'ch2', zone: 'mzsyd' })])
    assert.deepEqual(await kept.zones('ch1'), ['mzlon', 'mzord'])
    assert.deepEqual(sequences(await kept.newest('ch1', 'mzlon', 5)), [2])
    assert.deepEqual(await kept.newest('ch2', 'mzlon', 5), [])
  },

  async 'many appends at once are all there'(tested) {
    await Promise.all(numbers(200).map((sequence) => tested.store.observations.append([anObservation(sequence)])))
    assert.deepEqual(sequences(await range(tested)), numbers(200))
  },

  async 'nothing to append is no error'(tested) {
    await tested.store.observations.append([])
    assert.deepEqual(await range(tested), [])
  },

  async 'every observation comes back as it was, in order, before and after closing and opening again'(tested) {
    const model = new Map<string, Observation>()
    await fc.assert(fc.asyncProperty(observations, fc.integer({ min: 1, max: 5 }), fc.constantFrom('go on', 'tidy', 'reopen'), async (batch, cut, then) => {
      const fresh = batch.filter((observation) => !model.has(observationId(observation)))
      await Promise.all(Array.from({ length: cut }, (_, i) => tested.store.observations.append(fresh.filter((__, j) => j % cut === i))))
      for (const observation of fresh) model.set(observationId(observation), observation)
      if (then === 'tidy') await tested.tidy?.()
      if (then === 'reopen') await tested.reopen()
      for (const zone of ['mzdfw', 'mzlon']) {
        const expected = inOrder([...model.values()].filter((observation) => observation.zone === zone))
        assert.deepEqual(await range(tested, -Infinity, Infinity, zone), expected)
        assert.deepEqual(await tested.store.observations.newest('ch1', zone, 7), expected.toReversed().slice(0, 7))
      }
    }), { numRuns: 20 })
  },
})
