import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check } from './check.ts'
import { compile } from './evaluate.ts'
import { parse } from './parse.ts'
import type { Compiled, Metric, MetricType, Sample } from './types.ts'

function compiled(text: string): Compiled {
  const parsed = parse(text)
  assert.ok(parsed.ok, JSON.stringify(parsed))
  assert.deepEqual(check(parsed.criteria), [])
  return compile(parsed.criteria)
}

type Values = Readonly<Record<string, string | number | Metric>>

/** Texts become strings, numbers doubles. */
function sample(values: Values, more: Partial<Sample> = {}): Sample {
  const metrics = Object.entries(values).map(([name, value]) => [name, typeof value === 'object' ? value : metric(typeof value === 'string' ? 's' : 'n', value)])
  return { at: 60_000, available: true, status: 'fine so far', metrics: Object.fromEntries(metrics), ...more }
}

function metric(type: MetricType, value: string | number): Metric {
  return { type, value, unit: 'unknown' }
}

/** Whether one comparison holds now, given what was seen a minute before. */
function holds(comparison: string, now: Values, before?: Values): boolean {
  const { evaluate } = compiled(`if (${comparison}) { return CRITICAL, 'it holds' }`)
  const { state, reason } = evaluate(sample(now), before && sample(before, { at: 0 }))
  assert.ok(reason === 'matched' || reason === 'no match', `${comparison}: ${reason}`)
  return state === 'CRITICAL'
}

const table: [comparison: string, now: Values, before: Values | undefined, holds: boolean][] = [
  ["metric['a'] >= 1", { a: 1 }, undefined, true],
  ["metric['a'] > 1", { a: 1 }, undefined, false],
  ["metric['a'] <= 1", { a: 1 }, undefined, true],
  ["metric['a'] < 1", { a: 1 }, undefined, false],
  ["metric['a'] == 1", { a: 1 }, undefined, true],
  ["metric['a'] != 1", { a: 1 }, undefined, false],
  ["metric['a'] != 1", { a: 2 }, undefined, true],
  ["metric['a'] > -1.2e-7", { a: 0 }, undefined, true],
  // A numeric metric may come as text; it is a number all the same.
  ["metric['a'] > 9", { a: metric('L', '18446744073709551615') }, undefined, true],
  ["metric['a'] > 9", { a: metric('i', '10') }, undefined, true],
  ["metric['a'] == 5", { a: metric('n', '5.0') }, undefined, true],
  // A string on the right compares texts, whatever the metric's type.
  ["metric['code'] == '404'", { code: '404' }, undefined, true],
  ["metric['code'] != '404'", { code: '200' }, undefined, true],
  ["metric['a'] == '5'", { a: metric('i', 5) }, undefined, true],
  // Two metrics: ordering is numeric, equality is of the texts.
  ["metric['a'] > metric['b']", { a: 10, b: 9 }, undefined, true],
  ["metric['a'] == metric['b']", { a: '10', b: metric('i', 10) }, undefined, true],
  ["metric['a'] != metric['b']", { a: 'x', b: 'x' }, undefined, false],
  // Patterns are searched for, not anchored.
  ["metric['code'] regex '4[0-9][0-9]'", { code: '404' }, undefined, true],
  ["metric['b'] regex 'OpenSSH.*'", { b: 'SSH-2.0-OpenSSH_9.2' }, undefined, true],
  [String.raw`metric['code'] nregex '2\\d\\d'`, { code: '200' }, undefined, false],
  [String.raw`metric['code'] nregex '2\\d\\d'`, { code: '503' }, undefined, true],
  // && binds tighter than ||.
  ["metric['a'] == 1 || metric['b'] == 1 && metric['c'] == 1", { a: 1, b: 0, c: 0 }, undefined, true],
  ["metric['a'] == 1 && metric['b'] == 1 || metric['c'] == 1", { a: 0, b: 0, c: 1 }, undefined, true],
  ["metric['a'] == 1 && metric['b'] == 1 || metric['c'] == 1", { a: 1, b: 0, c: 0 }, undefined, false],
  // previous
  ["previous(metric['a']) != metric['a']", { a: 'y' }, { a: 'x' }, true],
  ["previous(metric['a']) != metric['a']", { a: 'x' }, { a: 'x' }, false],
  ["metric['a'] > previous(metric['a'])", { a: 10 }, { a: 9 }, true],
  ["previous(metric['a']) == 'x'", { a: 'y' }, { a: 'x' }, true],
  ["previous(metric['a']) regex '^x'", { a: 'y' }, { a: 'xx' }, true],
  // Without a predecessor, or with one that cannot be used, nothing holds: not even a negation.
  ["previous(metric['a']) != metric['a']", { a: 'y' }, undefined, false],
  ["previous(metric['a']) nregex 'x'", { a: 'y' }, undefined, false],
  ["previous(metric['a']) != 'x'", { a: 'y' }, {}, false],
  ["previous(metric['a']) != 1", { a: 2 }, { a: 'x' }, false],
  ["previous(metric['a']) nregex 'x'", { a: 'y' }, { a: 1 }, false],
  ["previous(metric['a']) < 1 || metric['a'] == 2", { a: 2 }, undefined, true],
  // rate, per second; the two are a minute apart
  ["rate(metric['rx']) == 2", { rx: 220 }, { rx: 100 }, true],
  ["rate(metric['rx']) == 2", { rx: metric('L', '220') }, { rx: metric('L', '100') }, true],
  ["rate(metric['rx']) == 0", { rx: 100 }, { rx: 100 }, true],
  ["rate(metric['rx']) == '2'", { rx: 220 }, { rx: 100 }, true],
  ["rate(metric['rx']) > 1", { rx: 220 }, undefined, false],
  ["rate(metric['rx']) != 1", { rx: 220 }, undefined, false],
  // A counter that was reset says nothing.
  ["rate(metric['rx']) < 1", { rx: 5 }, { rx: 100 }, false],
  ["rate(metric['rx']) != 1", { rx: 5 }, { rx: 100 }, false],
  // percentage
  ["percentage(metric['used'], metric['total']) > 90", { used: 91, total: 100 }, undefined, true],
  ["percentage(metric['used'], 200) == 50", { used: 100 }, undefined, true],
  ["percentage(1, metric['total']) == 50", { total: 2 }, undefined, true],
  ["percentage(metric['used'], metric['total']) > 90", { used: 91, total: 0 }, undefined, false],
  ["percentage(metric['used'], metric['total']) != 90", { used: 0, total: 0 }, undefined, false],
  // Names that every object knows are names like others.
  ["metric['constructor'] == 'x' && metric['__proto__'] == 'y'", Object.fromEntries([['constructor', 'x'], ['__proto__', 'y']]), undefined, true],
]

for (const [comparison, now, before, expected] of table)
  test(`${comparison} ${expected ? 'holds' : 'does not hold'} for ${JSON.stringify(now)}${before ? ` after ${JSON.stringify(before)}` : ''}`, () => assert.equal(holds(comparison, now, before), expected))

test('rate needs time to pass', () => {
  const { evaluate } = compiled("if (rate(metric['a']) != 1) { return CRITICAL }")
  for (const at of [60_000, 70_000]) assert.equal(evaluate(sample({ a: 9 }), sample({ a: 1 }, { at })).reason, 'no match')
})

const unusable: [comparison: string, values: Values, reason: string, status: string][] = [
  ["metric['a'] > 1", {}, 'missing metric', "metric 'a' is missing"],
  ["metric['a'] > 1", { a: '2' }, 'wrong type', "metric 'a' is not a number"],
  ["metric['a'] > 1", { a: Number.NaN }, 'wrong type', "metric 'a' is not a number"],
  ["metric['a'] > 1", { a: Number.POSITIVE_INFINITY }, 'wrong type', "metric 'a' is not a number"],
  ["metric['a'] > 1", { a: metric('n', '-nan') }, 'wrong type', "metric 'a' is not a number"],
  ["metric['a'] > 1", { a: metric('l', '0x10') }, 'wrong type', "metric 'a' is not a number"],
  ["metric['a'] > 1", { a: metric('l', '') }, 'wrong type', "metric 'a' is not a number"],
  ["metric['a'] regex 'x'", { a: 1 }, 'wrong type', "metric 'a' is not a string"],
  ["rate(metric['a']) == 'x'", { a: 'x' }, 'wrong type', "metric 'a' is not a number"],
  ["percentage(1, metric['a']) > 1", { a: 'x' }, 'wrong type', "metric 'a' is not a number"],
  ["previous(metric['a']) == 'x'", {}, 'missing metric', "metric 'a' is missing"],
  ["metric['__proto__'] == 'x'", {}, 'missing metric', "metric '__proto__' is missing"],
  ["metric['toString'] == 'x'", {}, 'missing metric', "metric 'toString' is missing"],
]

for (const [comparison, values, reason, status] of unusable) {
  test(`${comparison} on ${JSON.stringify(values)} is CRITICAL: ${status}`, () => {
    const { evaluate, metrics } = compiled(`if (${comparison}) { return OK }`)
    assert.deepEqual(evaluate(sample(values), sample({ a: 'x' })), { state: 'CRITICAL', status, reason, metric: metrics[0] })
  })
}

test('a metric is missed before any branch is tried, also one further down', () => {
  const { evaluate } = compiled("if (metric['a'] == 1) { return OK } if (metric['b'] == 1) { return OK }")
  assert.equal(evaluate(sample({ a: 1 }), undefined).metric, 'b')
})

test('unavailable is CRITICAL with the status of the check, and criteria are not consulted', () => {
  const expected = { state: 'CRITICAL', status: 'timeout', reason: 'unavailable' }
  for (const text of ['', 'return OK', "if (metric['a'] == 1) { return OK }"])
    assert.deepEqual(compiled(text).evaluate(sample({ a: 1 }, { available: false, status: 'timeout' }), undefined), expected)
})

test('the first branch that holds returns, then the first plain return, then OK', () => {
  const branches = "if (metric['a'] > 9) { return CRITICAL, 'c' }\nif (metric['a'] > 5) { return WARNING, 'w' }\n"
  const at = (text: string, a: number) => compiled(text).evaluate(sample({ a }), undefined)
  assert.deepEqual(at(branches, 10), { state: 'CRITICAL', status: 'c', reason: 'matched', line: 1 })
  assert.deepEqual(at(branches, 6), { state: 'WARNING', status: 'w', reason: 'matched', line: 2 })
  assert.deepEqual(at(branches, 1), { state: 'OK', status: 'fine so far', reason: 'no match' })
  assert.deepEqual(at(`${branches}return CRITICAL, 'd' return OK`, 1), { state: 'CRITICAL', status: 'd', reason: 'default return', line: 3 })
})

test('without criteria an available check is OK, with settings alone too', () => {
  for (const text of ['', '# nothing', ':set consistencyLevel=ALL'])
    assert.deepEqual(compiled(text).evaluate(sample({}), undefined), { state: 'OK', status: 'fine so far', reason: 'no criteria' })
})

test('without a message a branch shows the status of the check, or else its line; the default says what it is', () => {
  const { evaluate } = compiled("if (metric['a'] > 1) {\n  return CRITICAL\n}\nreturn OK")
  assert.equal(evaluate(sample({ a: 2 }), undefined).status, 'fine so far')
  assert.equal(evaluate(sample({ a: 2 }, { status: '' }), undefined).status, 'matched return statement on line 2')
  assert.equal(evaluate(sample({ a: 1 }), undefined).status, 'Matched default return statement')
})

test('messages are interpolated with the present values', () => {
  const { evaluate } = compiled("if (previous(metric['f']) != metric['f']) { return CRITICAL, 'now #{f}, load #{5m}' }")
  assert.equal(evaluate(sample({ f: 'bb', '5m': 0.5 }), sample({ f: 'aa' })).status, 'now bb, load 0.50')
})

test('settings are read, the last of each counts, and what is not set says so', () => {
  const set = compiled(":set consistencyLevel=ONE :set consistencyLevel=ALL :set consecutiveCount=3 :set dimensionFilter='eth0'")
  assert.deepEqual([set.consistencyLevel, set.consecutiveCount, set.dimensionFilter], ['ALL', 3, 'eth0'])
  const unset = compiled('')
  assert.deepEqual([unset.consistencyLevel, unset.consecutiveCount, unset.dimensionFilter], ['QUORUM', undefined, undefined])
})

test('it is known which metrics are named, and whether a predecessor is needed', () => {
  const { metrics, needsPrevious } = compiled("if (percentage(metric['b'], metric['a']) > 1 || metric['b'] > metric['c']) { return OK, '#{d}' }")
  assert.deepEqual(metrics, ['b', 'a', 'c'])
  assert.equal(needsPrevious, false)
  for (const call of ['rate', 'previous']) assert.equal(compiled(`if (${call}(metric['a']) > 1) { return OK }`).needsPrevious, true)
})

test('what check refused is not compiled', () => {
  const parsed = parse("if (metric['a'] regex '(') { return OK }")
  assert.ok(parsed.ok)
  assert.throws(() => compile(parsed.criteria), /only after check/)
})
