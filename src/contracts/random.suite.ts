import assert from 'node:assert/strict'
import { defineSuite } from './define.suite.ts'
import type { Random } from './random.ts'

export const randomSuite = defineSuite<{ readonly random: Random }>('random', {
  async 'bytes gives as many as were asked for, fresh ones each time'({ random }) {
    for (const count of [0, 1, 10, 1000]) assert.equal(random.bytes(count).length, count)
    assert.notDeepEqual(random.bytes(16), random.bytes(16))
  },

  async 'bytes are spread over all values'({ random }) {
    assert.equal(new Set(random.bytes(20_000)).size, 256)
  },

  async 'a float is in [0, 1), all over it'({ random }) {
    const floats = Array.from({ length: 2000 }, () => random.float())
    assert.ok(floats.every((float) => float >= 0 && float < 1))
    assert.equal(new Set(floats.map((float) => Math.floor(float * 10))).size, 10)
  },
})
