import type { Comparison, Criteria, MetricName, Operand, Return } from './types.ts'

export function comparisons(criteria: Criteria): Comparison[] {
  return criteria.branches.flatMap(branch => branch.condition.flat())
}

export function operands(comparison: Comparison): Operand[] {
  return [comparison.left, comparison.right].filter(side => side.kind === 'metric' || side.kind === 'call')
}

export function metricsIn(operand: Operand): MetricName[] {
  return operand.kind === 'metric' ? [operand] : operand.params.filter(param => param.kind === 'metric')
}

/** Every return, also those which are never reached. */
export function returnsIn(criteria: Criteria): Return[] {
  return [...criteria.branches.map(branch => branch.result), ...criteria.returns]
}
