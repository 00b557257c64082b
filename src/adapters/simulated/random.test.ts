import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedRandom } from './random.ts'

const draw = (seed: number) => { const dice = simulatedRandom(seed); return Array.from({ length: 20 }, () => dice.float()) }

test('the same seed throws the same, another seed something else', () => {
  assert.deepEqual(draw(7), draw(7))
  assert.notDeepEqual(draw(7), draw(8))
})

test('a fork follows from seed and name, whatever was thrown before', () => {
  const early = simulatedRandom(7).fork('network').float()
  const used = simulatedRandom(7)
  used.bytes(100)
  assert.equal(used.fork('network').float(), early)
  assert.notEqual(used.fork('store').float(), early)
})

test('throws are spread evenly, for neighbouring seeds too', () => {
  for (const seed of [0, 1, 2, 2 ** 31]) {
    const dice = simulatedRandom(seed)
    const buckets = new Uint32Array(16)
    for (let i = 0; i < 16_000; i++) buckets[dice.integer(0, 16)]! += 1 // the index is below 16
    for (const count of buckets) assert.ok(count > 850 && count < 1150, `seed ${seed}: ${buckets.join()}`)
  }
  const firsts = Array.from({ length: 1000 }, (_, seed) => simulatedRandom(seed).float())
  assert.ok(Math.abs(firsts.reduce((a, b) => a + b) / 1000 - 0.5) < 0.05)
})
