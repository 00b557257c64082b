import { code } from './markdown.ts'

/** The parts of a JSON Schema that details use. */
interface Schema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxProperties?: number
  readonly patternProperties?: Readonly<Record<string, Schema>>
}

/** A row for each key of an object's schema: its name, what may stand there, what holds without it, what it is. */
export function detailRows(details: object, secrets: readonly string[]): readonly (readonly string[])[] {
  // Schemas are plain JSON; only the parts above are looked at.
  const { properties = {}, required = [] } = details as { properties?: Readonly<Record<string, Schema>>; required?: readonly string[] }
  return Object.entries(properties).map(([name, schema]) => [
    code(name), allowed(schema), required.includes(name) ? 'required' : standard(schema),
    secrets.includes(name) ? `${schema.description ?? ''}; secret: kept sealed, never shown again` : schema.description ?? '',
  ])
}

function standard({ default: value }: Schema): string {
  return value === undefined ? '' : code(typeof value === 'string' ? value : JSON.stringify(value))
}

function allowed(schema: Schema): string {
  const { type, minimum, maximum, minLength = 0, maxLength, maxProperties, patternProperties } = schema
  if (schema.anyOf !== undefined) return schema.anyOf.filter((one) => one.type !== 'null').map(allowed).join(', or ')
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ')
  if (type === 'boolean') return '`true` or `false`'
  if (type === 'integer' || type === 'number') return `a ${type === 'integer' ? 'whole ' : ''}number${between(minimum, maximum)}`
  if (type === 'string') return `text${between(minLength > 1 ? minLength : undefined, maxLength)}${maxLength === undefined ? '' : ' characters'}`
  if (patternProperties !== undefined) return `a map${maxProperties === undefined ? '' : ` of at most ${maxProperties}`}: ${Object.values(patternProperties).map(allowed).join(', or ')}`
  throw new Error(`a detail of a kind that this page cannot tell: ${JSON.stringify(schema)}`)
}

function between(least: number | undefined, most: number | undefined): string {
  if (least === undefined) return most === undefined ? '' : `, at most ${most}`
  return most === undefined ? `, at least ${least}` : `, ${least} to ${most}`
}
