import { compilePattern } from './pattern.ts'
import type { Comparison, EqualityOperator, Operand, OrderOperator, Sample } from './types.ts'
import { numberReader, textReader } from './values.ts'
import type { NumberReader, TextReader, Use } from './values.ts'

export type Test = (current: Sample, previous: Sample | undefined) => boolean

/**
 * What the comparison asks of the metrics in it: the right side decides. A number and the ordering operators
 * compare numbers; a string, and a metric on both sides of == or !=, compare texts; a pattern wants a string.
 */
export function useOf({ operator, right }: Comparison): Use {
  if (operator === 'regex' || operator === 'nregex') return 'string'
  return right.kind === 'number' || (operator !== '==' && operator !== '!=') ? 'number' : 'any'
}

/** A comparison as a function. What is not evaluable is false, for != and nregex too. */
export function compileComparison(comparison: Comparison): Test {
  const { left, operator, right } = comparison
  if (operator === 'regex' || operator === 'nregex') return matching(textReader(left, 'string'), right, operator === 'regex')
  if (right.kind === 'string') return sameText(textReader(left, 'any'), () => right.value, operator === '==')
  if (right.kind === 'number') return withLiteral(numberReader(left), operator, right.value)
  return withOperand(left, operator, right)
}

function withOperand(left: Operand, operator: OrderOperator | EqualityOperator, right: Operand): Test {
  if (operator === '==' || operator === '!=') return sameText(textReader(left, 'any'), textReader(right, 'any'), operator === '==')
  const a = numberReader(left)
  const b = numberReader(right)
  const holds = numberTest(operator)
  return (current, previous) => holds(a(current, previous), b(current, previous))
}

function withLiteral(read: NumberReader, operator: OrderOperator | EqualityOperator, value: number): Test {
  const holds = numberTest(operator)
  return (current, previous) => holds(read(current, previous), value)
}

/** With a NaN on either side every one of these is false. */
export function numberTest(operator: OrderOperator | EqualityOperator): (a: number, b: number) => boolean {
  switch (operator) {
    case '>=': return (a, b) => a >= b
    case '<=': return (a, b) => a <= b
    case '>': return (a, b) => a > b
    case '<': return (a, b) => a < b
    case '==': return (a, b) => a === b
    case '!=': return (a, b) => a !== b && !Number.isNaN(a) && !Number.isNaN(b)
  }
}

function sameText(left: TextReader, right: TextReader, wanted: boolean): Test {
  return (current, previous) => {
    const a = left(current, previous)
    const b = right(current, previous)
    return a !== undefined && b !== undefined && (a === b) === wanted
  }
}

function matching(read: TextReader, pattern: Comparison['right'], wanted: boolean): Test {
  const compiled = pattern.kind === 'string' ? compilePattern(pattern.value) : undefined
  if (!compiled?.ok) throw new Error(`compile criteria only after check: ${compiled?.reason ?? 'the pattern is no string'}`)
  const { matches } = compiled.pattern
  return (current, previous) => {
    const text = read(current, previous)
    return text !== undefined && matches(text) === wanted
  }
}
