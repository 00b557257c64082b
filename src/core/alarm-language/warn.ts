import { problem } from './check.ts'
import { numberTest, useOf } from './compare.ts'
import { printComparison, printOperand } from './print.ts'
import type { Comparison, Condition, Criteria, EqualityOperator, MetricType, Operator, OrderOperator, Problem } from './types.ts'
import { comparisons, metricsIn, operands } from './walk.ts'

/** What a check is known to measure; a name may end in `*`. An empty record: nothing is known, say nothing. */
export type KnownMetrics = Readonly<Record<string, MetricType>>

/** Hints, not errors: criteria that mean something else than their author thinks, as far as one can tell. */
export function warnings(criteria: Criteria, known: KnownMetrics): readonly Problem[] {
  const found = [
    ...comparisons(criteria).flatMap(comparison => metricHints(comparison, known)),
    ...unreachableBranches(criteria),
    ...criteria.returns.slice(1).map(({ place }) => problem(place, 'return', 'this return is never reached, the one before it always is')),
    ...repeatedSettings(criteria),
  ]
  return found.toSorted((a, b) => a.position - b.position)
}

function metricHints(comparison: Comparison, known: KnownMetrics): Problem[] {
  if (Object.keys(known).length === 0) return []
  return operands(comparison).flatMap(operand => {
    const use = operand.kind === 'call' && operand.name !== 'previous' ? 'number' : useOf(comparison)
    return metricsIn(operand).flatMap(({ name, place }) => {
      const type = typeOf(name, known)
      const text = type === undefined ? `the check does not measure '${name}'`
        : use === 'number' && type === 's' ? `'${name}' is a string and compared as a number; write the value in quotes`
        : use === 'string' && type !== 's' ? `'${name}' is a number and has no text to match`
        : undefined
      return text === undefined ? [] : [problem(place, name, text, type === undefined ? Object.keys(known) : [])]
    })
  })
}

function typeOf(name: string, known: KnownMetrics): MetricType | undefined {
  if (Object.hasOwn(known, name)) return known[name]
  const family = Object.keys(known).find(key => key.endsWith('*') && name.startsWith(key.slice(0, -1)))
  return family === undefined ? undefined : known[family]
}

function unreachableBranches({ branches }: Criteria): Problem[] {
  return branches.flatMap(({ condition, place }, index) => {
    const earlier = branches.slice(0, index).find(other => covers(other.condition, condition))
    return earlier === undefined ? [] : [problem(place, 'if', `this branch is never reached: line ${earlier.place.line} already returns whenever it holds`)]
  })
}

/** Whether the first condition holds wherever the second does; false when it is not plain to see. */
function covers(first: Condition, second: Condition): boolean {
  return second.every(group => first.some(wider => wider.every(wanted => group.some(given => implies(given, wanted)))))
}

function implies(given: Comparison, wanted: Comparison): boolean {
  if (printComparison(given) === printComparison(wanted)) return true
  if (printOperand(given.left) !== printOperand(wanted.left)) return false
  if (given.right.kind === 'string' && wanted.right.kind === 'string')
    return given.operator === '==' && wanted.operator === '!=' && given.right.value !== wanted.right.value
  if (given.right.kind !== 'number' || wanted.right.kind !== 'number') return false
  if (!ordered(given.operator) || !ordered(wanted.operator)) return false
  return impliesNumber([given.operator, given.right.value], [wanted.operator, wanted.right.value])
}

function ordered(operator: Operator): operator is OrderOperator | EqualityOperator {
  return operator !== 'regex' && operator !== 'nregex'
}

type Bound = readonly [OrderOperator | EqualityOperator, number]

/** Both change only at their own limits, so it is enough to try those, between them and outside. */
function impliesNumber([operator, limit]: Bound, [wanted, other]: Bound): boolean {
  const low = Math.min(limit, other)
  const high = Math.max(limit, other)
  const points = [-Infinity, low, low / 2 + high / 2, high, Infinity]
  return points.every(x => !numberTest(operator)(x, limit) || numberTest(wanted)(x, other))
}

function repeatedSettings({ settings }: Criteria): Problem[] {
  return settings
    .filter((setting, index) => settings.slice(index + 1).some(later => later.kind === setting.kind))
    .map(({ kind, place }) => problem(place, ':set', `${kind} is set again further down, and the last one counts`))
}
