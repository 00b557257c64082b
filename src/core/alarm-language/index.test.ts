import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileText } from './index.ts'

test('no text is no criteria', () => {
  for (const text of ['', null, undefined, ' # only a comment']) {
    const result = compileText(text)
    assert.ok(result.ok)
    assert.equal(result.compiled.evaluate({ at: 0, available: true, status: 'up', metrics: {} }, undefined).reason, 'no criteria')
  }
})

test('what cannot be read, and what is read but not allowed, comes back as problems', () => {
  for (const [text, token] of [['return ok', 'ok'], [':set consecutiveCount=7', '7']] as const) {
    const result = compileText(text)
    assert.ok(!result.ok)
    assert.deepEqual(result.problems.map(problem => problem.token), [token])
  }
})
