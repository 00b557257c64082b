import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from './parse.ts'
import type { MetricType } from './types.ts'
import { warnings } from './warn.ts'

const http: Readonly<Record<string, MetricType>> = { code: 's', duration: 'I', 'body_match_*': 's' }

function hints(text: string, known: Readonly<Record<string, MetricType>> = http): string[] {
  const parsed = parse(text)
  assert.ok(parsed.ok, JSON.stringify(parsed))
  return warnings(parsed.criteria, known).map(({ line, column, message }) => `${line}:${column} ${message}`)
}

const one = (comparison: string) => `if (${comparison}) {return OK}`

test('a metric that the check does not have', () => {
  assert.deepEqual(hints(one("metric['durration'] > 1")), ["1:5 the check does not measure 'durration'"])
  assert.deepEqual(hints(one("metric['duratiox'] > 1")), ["1:5 the check does not measure 'duratiox'"])
  assert.deepEqual(hints(one("rate(metric['constructor']) > 1")), ["1:10 the check does not measure 'constructor'"])
  assert.deepEqual(hints(one("metric['body_match_x'] == 'y'")), [])
  assert.deepEqual(hints(one("metric['anything'] > 1"), {}), [])
})

test('a string that is compared as a number, a number that is matched as a string', () => {
  assert.deepEqual(hints(one("metric['code'] == 404")), ["1:5 'code' is a string and compared as a number; write the value in quotes"])
  assert.deepEqual(hints(one("metric['duration'] > metric['body_match_x']")), ["1:26 'body_match_x' is a string and compared as a number; write the value in quotes"])
  assert.deepEqual(hints(one("percentage(metric['code'], 100) == '1'")), ["1:16 'code' is a string and compared as a number; write the value in quotes"])
  assert.deepEqual(hints(one("metric['duration'] regex '1'")), ["1:5 'duration' is a number and has no text to match"])
  assert.deepEqual(hints(one("metric['code'] regex '4..' || metric['duration'] > 5 || previous(metric['code']) != metric['code']")), [])
})

/** Two conditions: is a branch with the second after one with the first never reached? */
const reach: [first: string, second: string, hidden: boolean][] = [
  ["metric['duration'] > 1", "metric['duration'] > 1", true],
  ["metric['duration'] > 1", "metric['duration'] > 2", true],
  ["metric['duration'] > 2", "metric['duration'] > 1", false],
  ["metric['duration'] >= 1", "metric['duration'] == 1", true],
  ["metric['duration'] > 1", "metric['duration'] == 1", false],
  ["metric['duration'] != 1", "metric['duration'] < 1", true],
  ["metric['duration'] != 1", "metric['duration'] <= 1", false],
  ["metric['duration'] < 5", "metric['duration'] > 5", false],
  ["metric['duration'] > 5", "metric['duration'] < 5", false],
  ["metric['duration'] > 1", "metric['duration'] != 1", false],
  ["metric['duration'] >= 2", "metric['duration'] > 1", false],
  ["metric['duration'] > 1", "rate(metric['duration']) > 1", false],
  ["metric['duration'] > 1 || metric['code'] == 'x'", "metric['code'] == 'x' && metric['duration'] < 1", true],
  ["metric['duration'] > 1 && metric['code'] == 'x'", "metric['duration'] > 1", false],
  ["metric['duration'] > 1", "metric['duration'] > 5 || metric['code'] == 'x'", false],
  ["metric['code'] != '200'", "metric['code'] == '404'", true],
  ["metric['code'] != '404'", "metric['code'] == '404'", false],
  ["metric['code'] regex '4..'", "metric['code'] regex '4..'", true],
  ["metric['code'] regex '4..'", "metric['code'] nregex '4..'", false],
]

for (const [first, second, hidden] of reach)
  test(`${second} ${hidden ? 'is never' : 'may be'} reached after ${first}`, () =>
    assert.deepEqual(hints(`${one(first)}\n${one(second)}`), hidden ? ['2:1 this branch is never reached: line 1 already returns whenever it holds'] : []))

test('returns after the first, and settings before the last', () => {
  assert.deepEqual(hints('return OK return CRITICAL'), ['1:11 this return is never reached, the one before it always is'])
  assert.deepEqual(hints(':set consecutiveCount=1 :set consecutiveCount=2'), ['1:1 consecutiveCount is set again further down, and the last one counts'])
})
