import { test } from 'node:test'
import assert from 'node:assert/strict'
import { chosen } from './rendezvous.ts'

const checks = Array.from({ length: 3000 }, (_, n) => `ch${n.toString(36).padStart(8, '0')}`)
const pollers = ['poller-a', 'poller-b', 'poller-c']

test('everyone finds the same one, in whatever order they know the pollers', () => {
  for (const check of checks) assert.equal(chosen(check, pollers), chosen(check, pollers.toReversed()))
})

test('shares are even within a few percent', () => {
  for (const poller of pollers) {
    const share = checks.filter((check) => chosen(check, pollers) === poller).length
    assert.ok(Math.abs(share - 1000) < 100, `${poller} has ${share}`)
  }
})

test('when one leaves only its checks move, and when it is back they come home', () => {
  for (const check of checks) {
    const before = chosen(check, pollers)
    if (before !== 'poller-b') assert.equal(chosen(check, ['poller-a', 'poller-c']), before)
  }
})

test('nobody to choose from', () => assert.equal(chosen('ch1', []), undefined))
