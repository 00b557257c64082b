import type { Metric, MetricType } from '../../core/alarm-language/types.ts'

/** What is alike in all observations of a check: the names, types and units of its metrics, in their order. */
export interface Field { readonly name: string; readonly type: MetricType; readonly unit: string; readonly text: boolean }
export interface Shape { readonly word: string; readonly fields: readonly Field[] }

/** The shape of these metrics; the last one of the same check is usually it. */
export function shapeOf(metrics: Readonly<Record<string, Metric>>, last: Shape | undefined): Shape {
  if (last !== undefined && fits(last, metrics)) return last
  const fields = Object.entries(metrics).map(([name, { type, unit, value }]): Field => ({ name, type, unit, text: typeof value === 'string' }))
  return { word: JSON.stringify(fields.map((field) => [field.name, field.type, field.unit, field.text ? 1 : 0])), fields }
}

/** Reads a shape's word; what `shapeOf` wrote. */
export function parseShape(word: string): Shape {
  // The word was written by shapeOf and read back from our own file.
  const rows = JSON.parse(word) as [string, MetricType, string, 0 | 1][]
  return { word, fields: rows.map(([name, type, unit, text]) => ({ name, type, unit, text: text === 1 })) }
}

function fits(shape: Shape, metrics: Readonly<Record<string, Metric>>): boolean {
  let index = 0
  for (const name in metrics) {
    const field = shape.fields[index++]
    const metric = metrics[name]
    if (field === undefined || metric === undefined || field.name !== name || field.type !== metric.type) return false
    if (field.unit !== metric.unit || field.text !== (typeof metric.value === 'string')) return false
  }
  return index === shape.fields.length
}
