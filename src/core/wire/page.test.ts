import assert from 'node:assert/strict'
import { test } from 'node:test'
import { envelope, pageOf, whole } from './page.ts'

test('a page says where the next one begins, and keeps limit and filters', () => {
  const place = { url: 'https://x/v1.0/1/checks', query: [['limit', '2'], ['id', 'a b'], ['marker', 'enA'], ['id', 'c']] as const }
  assert.deepEqual(envelope(['enA', 'enB'], 'enC', { limit: 2, marker: 'enA' }, place), {
    values: ['enA', 'enB'],
    metadata: { count: 2, limit: 2, marker: 'enA', next_marker: 'enC', next_href: 'https://x/v1.0/1/checks?limit=2&marker=enC&id=a%20b&id=c' },
  })
  assert.deepEqual(envelope([], null, { limit: 100 }, place).metadata, { count: 0, limit: 100, marker: null, next_marker: null, next_href: null })
})

test('pages of a list in memory: the marker is inside and need not exist', () => {
  const page = (marker?: string) => pageOf(['a', 'c', 'e', 'g'], (id) => id, { limit: 2, ...(marker === undefined ? {} : { marker }) })
  assert.deepEqual(page(), { values: ['a', 'c'], next: 'e' })
  assert.deepEqual(page('c'), { values: ['c', 'e'], next: 'g' })
  assert.deepEqual(page('d'), { values: ['e', 'g'], next: null })
  assert.deepEqual(page('z'), { values: [], next: null })
})

test('a list that comes whole has no limit', () => {
  assert.deepEqual(whole([1]).metadata, { count: 1, limit: null, marker: null, next_marker: null, next_href: null })
})
