import type { TSchema } from 'typebox'
import { hasFormat } from './formats.ts'

/** The keywords of JSON Schema that our schemas use. */
export interface Rules {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'null' | 'array' | 'object'
  readonly anyOf?: readonly TSchema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: TSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly patternProperties?: Readonly<Record<string, TSchema>>
  readonly propertyNames?: Rules
  readonly minProperties?: number
  readonly maxProperties?: number
}

type Scalar = { readonly value: unknown } | { readonly rule: string }

export function fitText(rules: Rules, value: unknown): Scalar {
  if (typeof value !== 'string') return { rule: 'must be a text' }
  if (!isWellFormed(value)) return { rule: 'must be valid Unicode' }
  if (value.length < (rules.minLength ?? 0)) return { rule: rules.minLength === 1 ? 'must not be empty' : `must have at least ${rules.minLength} characters` }
  if (value.length > (rules.maxLength ?? Infinity)) return { rule: `must have at most ${rules.maxLength} characters` }
  if (rules.pattern !== undefined && !new RegExp(rules.pattern, 'u').test(value)) return { rule: `must match ${rules.pattern}` }
  if (rules.format !== undefined && !hasFormat(rules.format, value)) return { rule: `must be ${formatNames[rules.format] ?? `of the format ${rules.format}`}` }
  return { value }
}

const formatNames: Readonly<Record<string, string>> = {
  ip: 'an IPv4 or IPv6 address', host: 'a host name or an IPv4 or IPv6 address', regex: 'a regular expression', url: 'a URL', uri: 'a URI', email: 'a mail address',
}

// A surrogate without its other half cannot be stored as UTF-8 and would come back as another text.
function isWellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)
}

/** Numbers may come as texts ("60", zero padded too), as old clients send them. */
export function fitNumber(rules: Rules, value: unknown): Scalar {
  const whole = rules.type === 'integer'
  const number = typeof value === 'string' && numeric(value, whole) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number) || (whole && !Number.isSafeInteger(number))) return { rule: whole ? 'must be a whole number' : 'must be a number' }
  if (number < (rules.minimum ?? -Infinity) || number > (rules.maximum ?? Infinity)) return { rule: range(rules) }
  return { value: number }
}

const numeric = (text: string, whole: boolean): boolean => text.length <= 20 && (whole ? /^-?\d+$/ : /^-?\d+(\.\d+)?$/).test(text)

function range({ minimum, maximum }: Rules): string {
  if (minimum === undefined) return `must be at most ${maximum}`
  if (maximum === undefined) return `must be at least ${minimum}`
  return `must be from ${minimum} to ${maximum}`
}
