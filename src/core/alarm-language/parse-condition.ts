import { fail, looksAt, need, needOneOf, numberLiteral, placeAt, space, stringLiteral, take, takeMatch } from './scan.ts'
import type { Scanner } from './scan.ts'
import type { Call, Comparison, Condition, MetricName, NumberLiteral, Operand, Operator } from './types.ts'

/** Reads comparisons joined by && and ||, up to what follows them. */
export function condition(s: Scanner): Condition {
  let group = [term(s)]
  const groups = [group]
  for (;;) {
    if (take(s, '&&')) group.push(term(s))
    else if (take(s, '||')) groups.push(group = [term(s)])
    else return groups
  }
}

/** One comparison, with at most one pair of parentheses around it. */
function term(s: Scanner): Comparison {
  space(s)
  const wrapped = take(s, '(')
  if (wrapped) space(s)
  const comparison = compare(s)
  space(s)
  if (wrapped) {
    need(s, ')')
    space(s)
  }
  return comparison
}

// The longer of two that start alike comes first.
const operators = ['>=', '<=', '>', '<', '==', '!=', 'nregex', 'regex'] as const

function compare(s: Scanner): Comparison {
  const place = placeAt(s)
  const left = operand(s, [])
  space(s)
  const operator = needOneOf(s, operators)
  space(s)
  return { left, operator, right: rightSide(s, operator), place }
}

function rightSide(s: Scanner, operator: Operator): Comparison['right'] {
  if (operator === 'regex' || operator === 'nregex') return stringLiteral(s) ?? fail(s, ['a string'])
  const equality = operator === '==' || operator === '!='
  const literal = (equality ? stringLiteral(s) : undefined) ?? numberLiteral(s)
  return literal ?? operand(s, equality ? ['a number', 'a string'] : ['a number'])
}

const callStart = /[A-Za-z_]+\(/y

function operand(s: Scanner, also: readonly string[]): Operand {
  if (looksAt(s, 'metric[')) return metric(s)
  const place = placeAt(s)
  const start = takeMatch(s, callStart)
  if (start === undefined) return fail(s, ["metric['name']", 'a function', ...also])
  return { kind: 'call', name: start.slice(0, -1), params: params(s), place }
}

function params(s: Scanner): Call['params'] {
  const found: (MetricName | NumberLiteral)[] = []
  do {
    space(s)
    found.push(looksAt(s, 'metric[') ? metric(s) : numberLiteral(s) ?? fail(s, ["metric['name']", 'a number']))
    space(s)
  } while (take(s, ','))
  need(s, ')', [','])
  return found
}

const namePattern = /[A-Za-z0-9_\-. /]+/y

function metric(s: Scanner): MetricName {
  const place = placeAt(s)
  need(s, 'metric[')
  const quote = needOneOf(s, ["'", '"'])
  const name = takeMatch(s, namePattern) ?? fail(s, ["a metric's name"])
  need(s, quote, ['a letter, digit, space, _ - . or /'])
  need(s, ']')
  return { kind: 'metric', name, place }
}
