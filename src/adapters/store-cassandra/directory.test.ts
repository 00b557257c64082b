import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newId } from '../../core/entities/ids.ts'
import { rangeOf } from './directory.ts'

test('ranges lie in the order of the ids in them', () => {
  const id = fc.string({ unit: fc.constantFrom(...'en0179@AHWXZ_ahxz~'.split('')), minLength: 1, maxLength: 6 })
  fc.assert(fc.property(id, id, (a, b) => {
    if (rangeOf(a) < rangeOf(b)) assert.ok(a < b, `${a} ${b}`)
    assert.ok(rangeOf(a) <= a)
  }))
})

test('the entities of a tenant lie in ten ranges', () => {
  const ids = Array.from({ length: 256 }, (_, i) => newId('entity', Uint8Array.of(i, 1, 2, 3, 4, 5, 6, 7)))
  assert.equal(new Set(ids.map(rangeOf)).size, 10)
})
