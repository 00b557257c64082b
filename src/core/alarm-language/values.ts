import type { Call, Metric, NumberLiteral, Operand, Sample } from './types.ts'

/** What a comparison asks of a metric: any text, a number, or a metric of type string. */
export type Use = 'any' | 'number' | 'string'

/** NaN stands for "not evaluable"; no usable metric has that value. */
export type NumberReader = (current: Sample, previous: Sample | undefined) => number
export type TextReader = (current: Sample, previous: Sample | undefined) => string | undefined

/** The metric of that name, unless it is something that every object has, such as `constructor`. */
export function find(metrics: Sample['metrics'], name: string): Metric | undefined {
  const metric: Partial<Metric> | undefined = metrics[name]
  return metric?.type === undefined || metric.value === undefined ? undefined : metrics[name]
}

const decimal = /^[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/

/** The value of a metric of a numeric type, NaN for a string, "nan", an infinity or anything else. */
function numberOf(metric: Metric): number {
  if (metric.type === 's') return Number.NaN
  const value = typeof metric.value === 'number' || decimal.test(metric.value) ? Number(metric.value) : Number.NaN
  return Number.isFinite(value) ? value : Number.NaN
}

export function usable(metric: Metric, use: Use): boolean {
  if (use === 'any') return true
  return use === 'string' ? metric.type === 's' : !Number.isNaN(numberOf(metric))
}

export function numberReader(operand: Operand | NumberLiteral): NumberReader {
  switch (operand.kind) {
    case 'number': return () => operand.value
    case 'metric': return current => numberIn(current, operand.name)
    case 'call': return callReader(operand)
  }
}

function callReader(call: Call): NumberReader {
  const [first, second] = call.params
  if (call.name === 'percentage' && first !== undefined && second !== undefined) return percentage(numberReader(first), numberReader(second))
  if (first?.kind !== 'metric') return () => Number.NaN
  return call.name === 'rate' ? rate(first.name) : (_, previous) => numberIn(previous, first.name)
}

/** Of nothing there is no percentage: not evaluable, rather than an infinity that is above every limit. */
function percentage(part: NumberReader, whole: NumberReader): NumberReader {
  return (current, previous) => {
    const of = whole(current, previous)
    return of === 0 ? Number.NaN : part(current, previous) / of * 100
  }
}

/**
 * Per second, between two observations of a zone. A counter that went back was reset, and what it counted
 * in between is unknown: not evaluable, rather than a guess.
 */
function rate(name: string): NumberReader {
  return (current, previous) => {
    if (previous === undefined || current.at <= previous.at) return Number.NaN
    const grown = numberIn(current, name) - numberIn(previous, name)
    return grown < 0 ? Number.NaN : grown / (current.at - previous.at) * 1000
  }
}

function numberIn(sample: Sample | undefined, name: string): number {
  const metric = sample && find(sample.metrics, name)
  return metric === undefined ? Number.NaN : numberOf(metric)
}

/** The operand as text; undefined when there is none or it cannot be used so. */
export function textReader(operand: Operand, use: Use): TextReader {
  if (operand.kind === 'metric') return current => textIn(current, operand.name, use)
  const [first] = operand.params
  if (operand.name === 'previous' && first?.kind === 'metric') return (_, previous) => textIn(previous, first.name, use)
  const read = numberReader(operand)
  return (current, previous) => {
    const value = read(current, previous)
    return Number.isNaN(value) ? undefined : String(value)
  }
}

function textIn(sample: Sample | undefined, name: string, use: Use): string | undefined {
  const metric = sample && find(sample.metrics, name)
  return metric === undefined || !usable(metric, use) ? undefined : String(metric.value)
}
