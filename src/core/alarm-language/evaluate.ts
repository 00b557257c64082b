import { compileComparison, useOf } from './compare.ts'
import type { Test } from './compare.ts'
import { cut, hasReferences, interpolate } from './interpolate.ts'
import type { Compiled, Condition, Criteria, Reason, Return, Sample, Setting, Verdict } from './types.ts'
import { find, usable } from './values.ts'
import type { Use } from './values.ts'
import { comparisons, metricsIn, operands } from './walk.ts'

interface Need { readonly name: string; readonly use: Use }
type Answer = (current: Sample) => Verdict

/** Turns criteria that passed `check` into closures; throws when a pattern in them did not. */
export function compile(criteria: Criteria): Compiled {
  const needs = needsOf(criteria)
  return {
    ...settingsOf(criteria),
    metrics: [...new Set(needs.map(need => need.name))],
    needsPrevious: comparisons(criteria).flatMap(operands).some(o => o.kind === 'call' && o.name !== 'percentage'),
    evaluate: evaluator(criteria, needs),
  }
}

/** Of a setting that is repeated the last one counts. */
function settingsOf({ settings }: Criteria): Pick<Compiled, Setting['kind']> {
  return {
    consistencyLevel: settings.findLast(setting => setting.kind === 'consistencyLevel')?.value ?? 'QUORUM',
    consecutiveCount: settings.findLast(setting => setting.kind === 'consecutiveCount')?.value,
    dimensionFilter: settings.findLast(setting => setting.kind === 'dimensionFilter')?.value,
  }
}

/** Reference, section 3: availability, then every metric that is named anywhere, then the branches in order. */
function evaluator(criteria: Criteria, needs: readonly Need[]): Compiled['evaluate'] {
  const branches = criteria.branches.map(({ condition, result }) => ({ holds: compileCondition(condition), answer: compileReturn(result, 'matched') }))
  const otherwise = compileOtherwise(criteria)
  return (current, previous) => {
    if (!current.available) return { state: 'CRITICAL', status: current.status, reason: 'unavailable' }
    for (const need of needs) {
      const metric = find(current.metrics, need.name)
      if (metric === undefined || !usable(metric, need.use)) return fault(need, metric === undefined)
    }
    for (const { holds, answer } of branches) if (holds(current, previous)) return answer(current)
    return otherwise(current)
  }
}

function fault({ name, use }: Need, missing: boolean): Verdict {
  const wrong = missing ? 'is missing' : `is not a ${use}`
  return { state: 'CRITICAL', status: cut(`metric '${name}' ${wrong}`), reason: missing ? 'missing metric' : 'wrong type', metric: name }
}

function needsOf(criteria: Criteria): Need[] {
  const needs = new Map<string, Need>()
  for (const comparison of comparisons(criteria)) {
    for (const operand of operands(comparison)) {
      const counted = operand.kind === 'call' && operand.name !== 'previous'
      const use = counted ? 'number' : useOf(comparison)
      for (const { name } of metricsIn(operand)) needs.set(`${use} ${name}`, { name, use })
    }
  }
  return [...needs.values()]
}

function compileCondition(condition: Condition): Test {
  const groups = condition.map(group => join(group.map(compileComparison), false))
  return join(groups, true)
}

/** All must hold, or (`any`) one must; the usual single test stays as it is. */
function join(tests: readonly Test[], any: boolean): Test {
  const [only] = tests
  if (tests.length === 1 && only !== undefined) return only
  return (current, previous) => {
    for (const test of tests) if (test(current, previous) === any) return any
    return !any
  }
}

/** What holds when no branch did: the first plain return, or OK. */
function compileOtherwise(criteria: Criteria): Answer {
  const [first] = criteria.returns
  if (first !== undefined) return compileReturn(first, 'default return')
  const reason = criteria.branches.length === 0 ? 'no criteria' : 'no match'
  return current => ({ state: 'OK', status: current.status, reason })
}

/**
 * The status is the message. Without one, a branch shows the check's own status, or its line when there is
 * none; the default return says that it is the default, as the original service did.
 */
function compileReturn({ state, message, place: { line } }: Return, reason: Reason): Answer {
  if (message === undefined && reason === 'matched')
    return current => ({ state, status: current.status || `matched return statement on line ${line}`, reason, line })
  const text = message ?? 'Matched default return statement'
  if (hasReferences(text)) return current => ({ state, status: interpolate(text, current.metrics), reason, line })
  const verdict = { state, status: cut(text), reason, line }
  return () => verdict
}
