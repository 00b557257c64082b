import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check } from './check.ts'
import { parse } from './parse.ts'

function messages(text: string): string[] {
  const parsed = parse(text)
  assert.ok(parsed.ok, JSON.stringify(parsed))
  return check(parsed.criteria).map(({ line, column, message }) => `${line}:${column} ${message}`)
}

const within = (comparison: string) => `if (${comparison}) {return OK}`
const many = (count: number) => Array.from({ length: count }, (_, i) => `metric['m${i}'] > ${i}`).join(' || ')

const fine = [
  ':set consecutiveCount=5',
  within(many(10)),
  within(`metric['${'m'.repeat(128)}'] > 1`),
  within(`metric['a'] == '${'x'.repeat(80)}'`),
  within(`metric['a'] regex '${'x'.repeat(900)}'`),
  `return OK, '${'x'.repeat(128)}'`,
  within("percentage(metric['a'], 100) > previous(metric['b']) && rate(metric['c']) < 1 && percentage(1, 2) > 3"),
]

const refused: [text: string, ...messages: string[]][] = [
  [':set consecutiveCount=6', '1:1 consecutiveCount may be 1 to 5, not 6'],
  [within(many(11)), '1:205 criteria may have 10 comparisons, these have 11'],
  [within(`metric['${'m'.repeat(129)}'] > 1`), "1:5 a metric's name may have 128 characters, this one has 129"],
  [within(`metric['a'] == '${'x'.repeat(81)}'`), '1:20 a compared string may have 80 characters, this one has 81'],
  [`return OK, '${'x'.repeat(129)}'`, '1:1 a message may have 128 characters, this one has 129'],
  [`${within("metric['a'] > 1").replace('OK', `OK, '${'x'.repeat(129)}'`)}`, '1:23 a message may have 128 characters, this one has 129'],
  [within("count(metric['a']) > 1"), '1:5 there is no function count, only previous, rate, percentage'],
  [within("constructor(metric['a']) > 1"), '1:5 there is no function constructor, only previous, rate, percentage'],
  [within('previous(1) > 1'), '1:5 previous takes 1 metric'],
  [within("rate(metric['a'], metric['b']) > 1"), '1:5 rate takes 1 metric'],
  [within("metric['a'] > percentage(metric['a'])"), '1:19 percentage takes 2 metrics or numbers'],
  [within("metric['a'] regex '(a'"), '1:23 this pattern cannot be used: missing closing ): `(a`'],
  [within("metric['a'] regex '(?=a)'"), '1:23 this pattern cannot be used: invalid or unsupported Perl syntax: `(?=`'],
  [within(String.raw`metric['a'] nregex '(a)\\1'`), '1:24 this pattern cannot be used: invalid escape sequence: `\\1`'],
  [within("metric['a'] regex 'a{1000}'"), '1:23 this pattern cannot be used: it unfolds to more than 1000 instructions'],
  [
    ":set consecutiveCount=9\nif (count(metric['a']) regex '[') {return OK}",
    '1:1 consecutiveCount may be 1 to 5, not 9',
    '2:5 there is no function count, only previous, rate, percentage',
    '2:30 this pattern cannot be used: missing closing ]: `[`',
  ],
]

for (const text of fine) test(`nothing is wrong with ${text.slice(0, 60)}`, () => assert.deepEqual(messages(text), []))

for (const [text, ...expected] of refused) test(`refused: ${expected.join('; ')}`, () => assert.deepEqual(messages(text), expected))

test('patterns share one bound, told where it is passed', () => {
  const one = "metric['a'] regex 'a{400}'"
  assert.deepEqual(messages(within(`${one} || ${one}`)), [])
  assert.deepEqual(messages(within(`${one} || ${one} || ${one} || ${one}`)), ['1:83 with this pattern all patterns unfold to more than 1000 instructions'])
})
