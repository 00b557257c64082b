import { functions, limits } from './limits.ts'
import { compilePattern, patternLimits } from './pattern.ts'
import { printOperand } from './print.ts'
import type { Call, Comparison, Criteria, Place, Problem, StringLiteral } from './types.ts'
import { comparisons, metricsIn, operands, returnsIn } from './walk.ts'

/** The rules that the grammar does not know (reference, section 1), and that every pattern compiles. */
export function check(criteria: Criteria): readonly Problem[] {
  const all = comparisons(criteria)
  const found = [
    ...checkCounts(criteria),
    ...tooMany(all),
    ...all.flatMap(checkComparison),
    ...checkPatterns(all),
    ...checkMessages(criteria),
  ]
  return found.toSorted((a, b) => a.position - b.position)
}

/** A problem with something that was read well. */
export function problem(place: Place, token: string, message: string, expected: readonly string[] = []): Problem {
  const { position, line, column } = place
  return { message, position, line, column, token, expected }
}

function checkCounts(criteria: Criteria): Problem[] {
  return criteria.settings
    .filter(setting => setting.kind === 'consecutiveCount')
    .filter(({ value }) => value < 1 || value > limits.consecutiveCount)
    .map(({ place, value }) => problem(place, String(value), `consecutiveCount may be 1 to ${limits.consecutiveCount}, not ${value}`))
}

function tooMany(all: readonly Comparison[]): Problem[] {
  const first = all[limits.comparisons]
  if (first === undefined) return []
  return [problem(first.place, printOperand(first.left), `criteria may have ${limits.comparisons} comparisons, these have ${all.length}`)]
}

function checkComparison(comparison: Comparison): Problem[] {
  const { right, operator } = comparison
  const sides = operands(comparison)
  const names = sides.flatMap(metricsIn).filter(({ name }) => name.length > limits.metricName)
    .map(({ place, name }) => problem(place, name, `a metric's name may have ${limits.metricName} characters, this one has ${name.length}`))
  const calls = sides.filter(side => side.kind === 'call').flatMap(checkCall)
  const matched = operator === 'regex' || operator === 'nregex'
  const long = right.kind === 'string' && !matched && right.value.length > limits.comparedString
    ? [problem(right.place, printOperand(right), `a compared string may have ${limits.comparedString} characters, this one has ${right.value.length}`)]
    : []
  return [...names, ...calls, ...long]
}

function checkCall(call: Call): Problem[] {
  const known = Object.keys(functions)
  const rule = Object.hasOwn(functions, call.name) ? functions[call.name] : undefined
  if (rule === undefined) return [problem(call.place, call.name, `there is no function ${call.name}, only ${known.join(', ')}`, known)]
  const takes = `${rule.params} ${rule.metricsOnly ? 'metric' : 'metrics or numbers'}`
  const fits = call.params.length === rule.params && !(rule.metricsOnly && call.params.some(param => param.kind === 'number'))
  return fits ? [] : [problem(call.place, call.name, `${call.name} takes ${takes}`)]
}

function checkPatterns(all: readonly Comparison[]): Problem[] {
  const found: Problem[] = []
  let instructions = 0
  for (const literal of patterns(all)) {
    const compiled = compilePattern(literal.value)
    const before = instructions
    if (!compiled.ok) found.push(problem(literal.place, printOperand(literal), `this pattern cannot be used: ${compiled.reason}`))
    else instructions += compiled.pattern.instructions
    if (before <= patternLimits.instructions && instructions > patternLimits.instructions)
      found.push(problem(literal.place, printOperand(literal), `with this pattern all patterns unfold to more than ${patternLimits.instructions} instructions`))
  }
  return found
}

function patterns(all: readonly Comparison[]): StringLiteral[] {
  return all.filter(({ operator }) => operator === 'regex' || operator === 'nregex')
    .map(({ right }) => right).filter(right => right.kind === 'string')
}

function checkMessages(criteria: Criteria): Problem[] {
  return returnsIn(criteria).flatMap(({ place, message }) => message === undefined || message.length <= limits.message ? []
    : [problem(place, 'return', `a message may have ${limits.message} characters, this one has ${message.length}`)])
}
