import fc from 'fast-check'
import type { Call, Comparison, Criteria, Metric, MetricName, NumberLiteral, Place, Return, Sample, Setting, StringLiteral } from '../../src/core/alarm-language/index.ts'

/** Anything that the grammar can say, also what `check` would refuse; places are all the same. */
const place: Place = { position: 0, line: 1, column: 1 }
const text = fc.string({ unit: 'binary', maxLength: 12 })
const state = fc.constantFrom('OK' as const, 'WARNING' as const, 'CRITICAL' as const)
const aName = fc.oneof(fc.constantFrom('a', 'b', 'code', '__proto__', 'constructor'), fc.stringMatching(/^[A-Za-z0-9_\-. /]{1,8}$/))

const metric: fc.Arbitrary<MetricName> = aName.map(name => ({ kind: 'metric', name, place }))
const number: fc.Arbitrary<NumberLiteral> = fc.oneof(fc.double({ noNaN: true }), fc.integer()).map(value => ({ kind: 'number', value, place }))
const string: fc.Arbitrary<StringLiteral> = text.map(value => ({ kind: 'string', value, place }))
const pattern: fc.Arbitrary<StringLiteral> = fc.constantFrom('', 'a', '^.*b', '4..', '[0-9]+$').map(value => ({ kind: 'string', value, place }))

const legalCall: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ kind: fc.constant('call' as const), name: fc.constantFrom('previous', 'rate'), params: fc.tuple(metric), place: fc.constant(place) }),
  fc.record({ kind: fc.constant('call' as const), name: fc.constant('percentage'), params: fc.tuple(fc.oneof(metric, number), fc.oneof(metric, number)), place: fc.constant(place) }),
)
const anyCall: fc.Arbitrary<Call> = fc.record({
  kind: fc.constant('call' as const), name: fc.stringMatching(/^[A-Za-z_]{1,6}$/), params: fc.array(fc.oneof(metric, number), { minLength: 1, maxLength: 3 }), place: fc.constant(place),
})

function comparison(operand: fc.Arbitrary<MetricName | Call>): fc.Arbitrary<Comparison> {
  const at = fc.constant(place)
  return fc.oneof(
    fc.record({ left: operand, operator: fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const), right: fc.oneof(number, operand), place: at }),
    fc.record({ left: operand, operator: fc.constantFrom('==' as const, '!=' as const), right: fc.oneof(number, string, operand), place: at }),
    fc.record({ left: operand, operator: fc.constantFrom('regex' as const, 'nregex' as const), right: pattern, place: at }),
  )
}

const result: fc.Arbitrary<Return> = fc.record({ state, message: fc.option(fc.oneof(text, fc.constant('#{a} #{b}')), { nil: undefined }), place: fc.constant(place) })
const setting: fc.Arbitrary<Setting> = fc.oneof(
  fc.constantFrom('ONE' as const, 'QUORUM' as const, 'ALL' as const).map(value => ({ kind: 'consistencyLevel' as const, value, place })),
  fc.integer({ min: 1, max: 5 }).map(value => ({ kind: 'consecutiveCount' as const, value, place })),
  text.map(value => ({ kind: 'dimensionFilter' as const, value, place })),
)

function criteria(operand: fc.Arbitrary<MetricName | Call>): fc.Arbitrary<Criteria> {
  const group = fc.array(comparison(operand), { minLength: 1, maxLength: 2 })
  const condition = fc.array(group, { minLength: 1, maxLength: 2 })
  const branch = fc.record({ condition, result, place: fc.constant(place) })
  return fc.record({ settings: fc.array(setting, { maxLength: 3 }), branches: fc.array(branch, { maxLength: 2 }), returns: fc.array(result, { maxLength: 2 }) })
}

export const anyCriteria = criteria(fc.oneof(metric, anyCall))
export const legalCriteria = criteria(fc.oneof(metric, legalCall))

const aMetric: fc.Arbitrary<Metric> = fc.record({
  type: fc.constantFrom('s', 'i', 'I', 'l', 'L', 'n'),
  value: fc.oneof(fc.double(), fc.integer(), text, fc.constantFrom('0x10', '-nan', '1e999', '', '12', '18446744073709551615')),
  unit: fc.constant(''),
})

export const anySample: fc.Arbitrary<Sample> = fc.record({
  at: fc.oneof(fc.integer(), fc.double()), available: fc.boolean(), status: text, metrics: fc.dictionary(aName, aMetric),
})

/** Texts made of the language's own words, where mistakes are more interesting than in random letters. */
const words = [
  ':set ', 'consistencyLevel', '=', 'ALL', 'if', '(', ')', '{', '}', 'return ', 'return', 'new ', 'AlarmStatus(', 'OK', 'CRITICAL', ';', ',', '"', "'", '\\', '\\"', '/*', '*/', '#', '\n', ' ',
  "metric['a']", 'metric[', 'rate(', '>', '==', 'regex', '1', '-', '0', '&&', '||', "'x'",
]
export const wordSalad = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 60 }).map(all => all.join(''))
