import { test } from 'node:test'
import assert from 'node:assert/strict'
import { Window } from './window.ts'

const settings = { first: 8, least: 2, most: 32, step: 4, aim: 1000 }

test('a window that is done in time grows by a step, up to its most', () => {
  const window = new Window(settings)
  window.took(8, 0, 900)
  assert.equal(window.size, 12)
  for (let n = 1; n < 20; n++) window.took(window.size, n * 1000, n * 1000 + 1)
  assert.equal(window.size, 32)
})

test('a part of a window grows it by a part of a step', () => {
  const window = new Window(settings)
  for (let n = 0; n < 8; n++) window.took(1, 0, 10)
  assert.ok(window.size === 11 || window.size === 12, `${window.size}`)
})

test('what takes too long halves it once, however much of it was under way, down to its least', () => {
  const window = new Window(settings)
  for (let n = 0; n < 8; n++) window.took(1, n, 1500 + n)
  assert.equal(window.size, 4)
  for (let n = 2; n < 9; n++) window.took(1, n * 2000, n * 2000 + 1500)
  assert.equal(window.size, 2)
  window.took(2, 30_000, 30_010)
  assert.equal(window.size, 6)
})
