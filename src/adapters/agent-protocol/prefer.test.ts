import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prefer, type Candidate } from './prefer.ts'
import { connectDefaults } from './settings.ts'

/** 'a10 b20!' is a at 10 ms and b at 20 ms, which failed lately. */
const candidates = (text: string): readonly Candidate[] => text.split(' ').filter((part) => part !== '').map((part) => {
  const [, name = '', latency, failed] = /^(\w)(\d+)(!?)$/.exec(part) ?? []
  return { name, latency: Number(latency), trusted: failed === '' }
})

const cases: readonly (readonly [now: string, before: string | undefined, since: number, expected: string | undefined, why: string])[] = [
  ['', undefined, 0, undefined, 'there is none'],
  ['a50 b90', undefined, 0, 'a', 'the nearest'],
  ['a50! b90', 'a', 0, 'b', 'a failed'],
  ['a50! b90!', 'a', 0, 'a', 'all failed: then the nearest as well'],
  ['a50 b90', 'b', 99_000, 'b', 'b is not much farther'],
  ['a20 b90', 'b', 1000, 'b', 'too soon after the last change'],
  ['a20 b90', 'b', 99_000, 'a', 'a is much nearer'],
  ['a1 b9', 'b', 99_000, 'b', 'milliseconds do not matter'],
  ['b90', 'a', 0, 'b', 'a is gone'],
]

test('the preferred endpoint is near, works, and does not change without need', () => {
  for (const [now, name, since, expected, why] of cases) assert.equal(prefer(candidates(now), 'poller', { name, since }, connectDefaults), expected, why)
})

test('pollers spread over equally near endpoints', () => {
  const taken = Array.from({ length: 300 }, (_, n) => prefer(candidates('a5 b7 c9 d90'), `poller ${n}`, { name: undefined, since: 0 }, connectDefaults))
  for (const name of ['a', 'b', 'c']) assert.ok(taken.filter((one) => one === name).length > 60, name)
  assert.ok(!taken.includes('d'))
})
