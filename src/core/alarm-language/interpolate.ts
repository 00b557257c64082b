import { limits } from './limits.ts'
import type { Metric } from './types.ts'

const reference = /#\{([^{}]+)\}/g

/** Whether a message names metrics at all. */
export function hasReferences(message: string): boolean {
  return message.search(reference) >= 0
}

/** Puts metrics' values in the place of `#{name}`; a name that nothing was measured for stays as it is. */
export function interpolate(message: string, metrics: Readonly<Record<string, Metric>>): string {
  const filled = message.replace(reference, (whole, name: string) => {
    const metric = Object.hasOwn(metrics, name) ? metrics[name] : undefined
    return metric === undefined ? whole : cut(show(metric))
  })
  return cut(filled)
}

/** Doubles have two decimals, those that are whole none; everything else is shown as it came. */
function show(metric: Metric): string {
  const value = Number(metric.value)
  if (metric.type !== 'n' || !Number.isFinite(value)) return String(metric.value)
  return Number.isInteger(value) ? String(value) : value.toFixed(2)
}

/** At most 128 UTF-16 units, and no half of a character at the end. */
export function cut(text: string): string {
  if (text.length <= limits.message) return text
  const kept = text.slice(0, limits.message)
  return kept.isWellFormed() || !text.isWellFormed() ? kept : kept.slice(0, -1)
}
