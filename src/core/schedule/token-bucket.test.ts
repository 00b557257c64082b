import { test } from 'node:test'
import assert from 'node:assert/strict'
import { TokenBucket } from './token-bucket.ts'

test('a burst at once, then the rate, and never more than a burst saved up', () => {
  const bucket = new TokenBucket(10, 3)
  const takes = (now: number, tries: number) => Array.from({ length: tries }, () => bucket.take(now)).filter(Boolean).length
  assert.equal(takes(0, 5), 3)
  assert.equal(takes(99, 5), 0)
  assert.equal(takes(100, 5), 1)
  assert.equal(takes(1_000_000, 50), 3)
})
