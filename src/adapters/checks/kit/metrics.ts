import type { Metric, MetricType } from '../../../core/alarm-language/types.ts'
import type { MetricFacts } from '../../../contracts/check-type.ts'

/** Whole numbers fit their type: a clock that is off must not make a metric that nothing can store. */
const bounds: Readonly<Partial<Record<MetricType, readonly [number, number]>>> = {
  i: [-(2 ** 31), 2 ** 31 - 1], I: [0, 2 ** 32 - 1], l: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER], L: [0, Number.MAX_SAFE_INTEGER],
}

/** A value as a metric of these facts. */
export function measured(facts: MetricFacts, value: string | number): Metric {
  const { type, unit } = facts
  if (typeof value === 'string') return { type, unit, value }
  const range = bounds[type]
  return { type, unit, value: range === undefined ? value : Math.min(Math.max(Math.round(value), range[0]), range[1]) }
}

/** Metrics of those values that are there, as the table says. */
export function metricsOf<Names extends string>(table: Readonly<Record<Names, MetricFacts>>, values: { readonly [Name in NoInfer<Names>]?: string | number | undefined }): Record<string, Metric> {
  const metrics: Record<string, Metric> = {}
  for (const name in table) {
    const value = values[name]
    if (value !== undefined) metrics[name] = measured(table[name], value)
  }
  return metrics
}

/** ms with three decimals: finer than a clock can tell apart from noise, and short to store. */
export const fine = (ms: number): number => Math.round(ms * 1000) / 1000

export const milliseconds = (about: string): MetricFacts => ({ type: 'I', unit: 'milliseconds', about })
export const words = (about: string): MetricFacts => ({ type: 's', unit: 'unknown', about })
export const bytes = (type: MetricType, about: string): MetricFacts => ({ type, unit: 'bytes', about })
