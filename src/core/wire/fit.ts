import type { TSchema } from 'typebox'
import { fitText, fitNumber, type Rules } from './fit-scalars.ts'

/** What does not fit: where (`details.url`; '' is the whole), the rule, and what was found, never a secret. */
export interface Problem { readonly key: string; readonly rule: string; readonly found: string; readonly missing: boolean }

export type Fit =
  | { readonly ok: true; readonly value: unknown; readonly ignored: readonly string[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }

export interface FitOptions {
  /** where the value stands in the body */
  readonly path?: string
  /** keys whose values are not to be shown */
  readonly secrets?: readonly string[]
  /** null for an optional key that does not take null is the same as leaving the key out */
  readonly nullIsAbsent?: boolean
}

/**
 * Makes a value from outside fit a schema, or says why it does not: numeric texts become numbers and 'true'/'false'
 * booleans where the schema asks for those, keys that the schema does not know are left out and named, and defaults are
 * filled in.
 * It reads the part of JSON Schema that our resources use; what fits also passes typebox's own check.
 */
export function fit(schema: TSchema, value: unknown, { path = '', secrets = [], nullIsAbsent = false }: FitOptions = {}): Fit {
  const walk = new Walk(secrets, nullIsAbsent)
  const fitted = walk.fit(schema, value, path)
  return walk.problems.length > 0 ? { ok: false, problems: walk.problems } : { ok: true, value: fitted, ignored: walk.ignored }
}

/** `details` of an error answer for a problem. */
export function explain({ key, rule, found, missing }: Problem): string {
  return missing ? `Missing required key (${key.split('.').at(-1)})` : `${rule}; found ${found}`
}

const secretName = /pass|secret|token|key|auth|credential/i
const maxProblems = 20

class Walk {
  readonly problems: Problem[] = []
  readonly ignored: string[] = []
  readonly #secrets: readonly string[]
  readonly #nullIsAbsent: boolean

  constructor(secrets: readonly string[], nullIsAbsent: boolean) {
    this.#secrets = secrets
    this.#nullIsAbsent = nullIsAbsent
  }

  fit(schema: TSchema, value: unknown, path: string): unknown {
    // A typebox schema is plain JSON Schema; its keywords are read by name.
    const rules = schema as Rules
    if (rules.anyOf !== undefined) return this.#anyOf(rules.anyOf, value, path)
    if (rules.enum !== undefined || rules.const !== undefined) return this.#oneOf(rules.enum ?? [rules.const], value, path)
    switch (rules.type) {
      case 'string': return this.#checked(fitText(rules, value), value, path)
      case 'integer':
      case 'number': return this.#checked(fitNumber(rules, value), value, path)
      case 'boolean': return this.#boolean(value, path)
      case 'null': return value === null ? null : this.#misfit('must be null', value, path)
      case 'array': return this.#array(rules, value, path)
      case 'object': return this.#object(rules, value, path)
      case undefined: return value
      default: throw new RangeError(`A schema of an unknown type: ${String(rules.type)}`)
    }
  }

  #misfit(rule: string, found: unknown, path: string, missing = false): undefined {
    if (this.problems.length < maxProblems) this.problems.push({ key: path, rule, found: this.#describe(found, path), missing })
    return undefined
  }

  #checked(result: { readonly value: unknown } | { readonly rule: string }, found: unknown, path: string): unknown {
    return 'rule' in result ? this.#misfit(result.rule, found, path) : result.value
  }

  #boolean(value: unknown, path: string): unknown {
    if (typeof value === 'boolean') return value
    if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
    return this.#misfit('must be true or false', value, path)
  }

  #oneOf(allowed: readonly unknown[], value: unknown, path: string): unknown {
    return allowed.includes(value) ? value : this.#misfit(`must be one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`, value, path)
  }

  #anyOf(options: readonly TSchema[], value: unknown, path: string): unknown {
    const isNull = (option: TSchema) => (option as Rules).type === 'null'
    if (value === null && options.some(isNull)) return null
    const forms = options.filter((option) => !isNull(option))
    const [only] = forms
    if (only !== undefined && forms.length === 1) return this.fit(only, value, path)
    for (const form of forms) {
      const attempt = new Walk(this.#secrets, this.#nullIsAbsent)
      const fitted = attempt.fit(form, value, path)
      if (attempt.problems.length > 0) continue
      this.ignored.push(...attempt.ignored)
      return fitted
    }
    return this.#misfit('has none of the forms that it may have', value, path)
  }

  #array(rules: Rules, value: unknown, path: string): unknown {
    if (!Array.isArray(value)) return this.#misfit('must be an array', value, path)
    if (value.length < (rules.minItems ?? 0)) return this.#misfit(`must have at least ${rules.minItems} items`, value, path)
    if (value.length > (rules.maxItems ?? Infinity)) return this.#misfit(`must have at most ${rules.maxItems} items`, value, path)
    const { items } = rules
    const fitted = items === undefined ? value : value.map((item, at) => this.fit(items, item, join(path, String(at))))
    if (rules.uniqueItems === true && new Set(fitted.map((item) => JSON.stringify(item))).size < fitted.length) return this.#misfit('must not name anything twice', value, path)
    return fitted
  }

  #object(rules: Rules, value: unknown, path: string): unknown {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.#misfit('must be an object', value, path)
    const entries = Object.entries(value)
    if (rules.patternProperties !== undefined) return this.#map(rules, rules.patternProperties, entries, path)
    const properties = rules.properties ?? {}
    for (const [key] of entries) if (!Object.hasOwn(properties, key) && this.ignored.length < maxProblems) this.ignored.push(join(path, key))
    const given = new Map(entries)
    return Object.fromEntries(Object.entries(properties).flatMap(([key, schema]) => this.#property(rules, key, schema, given, path)))
  }

  #property(rules: Rules, key: string, schema: TSchema, given: ReadonlyMap<string, unknown>, path: string): readonly (readonly [string, unknown])[] {
    const required = rules.required?.includes(key) === true
    const value = given.get(key)
    const absent = value === undefined || (value === null && this.#nullIsAbsent && !required && !takesNull(schema))
    if (!absent) return [[key, this.fit(schema, value, join(path, key))]]
    const fallback = (schema as Rules).default
    if (fallback !== undefined) return [[key, fallback]]
    if (required) this.#misfit('is required', undefined, join(path, key), true)
    return []
  }

  #map(rules: Rules, patterns: Readonly<Record<string, TSchema>>, entries: readonly (readonly [string, unknown])[], path: string): unknown {
    if (entries.length > (rules.maxProperties ?? Infinity)) return this.#misfit(`must have at most ${rules.maxProperties} keys`, Object.fromEntries(entries), path)
    if (entries.length < (rules.minProperties ?? 0)) return this.#misfit(`must have at least ${rules.minProperties} keys`, Object.fromEntries(entries), path)
    return Object.fromEntries(entries.map(([key, value]) => {
      const schema = key === '__proto__' ? undefined : Object.entries(patterns).find(([pattern]) => new RegExp(pattern, 'u').test(key) && (rules.propertyNames === undefined || !('rule' in fitText(rules.propertyNames, key))))?.[1]
      const at = join(path, key.slice(0, 80))
      return [key, schema === undefined ? this.#misfit('is not a key that is allowed here', key.slice(0, 80), at) : this.fit(schema, value, at)]
    }))
  }

  #describe(value: unknown, path: string): string {
    if (value === undefined) return 'nothing'
    if (typeof value === 'string') return this.#isSecret(path) ? `a text of ${value.length} characters` : JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
    if (Array.isArray(value)) return `an array of ${value.length}`
    if (typeof value === 'object' && value !== null) return 'an object'
    return this.#isSecret(path) ? `a ${typeof value}` : JSON.stringify(value)
  }

  #isSecret(path: string): boolean {
    const parts = path.split('.')
    return parts.some((part) => this.#secrets.includes(part)) || parts.some((part) => secretName.test(part))
  }
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

function takesNull(schema: TSchema): boolean {
  const rules = schema as Rules
  return rules.type === 'null' || rules.type === undefined || (rules.anyOf?.some(takesNull) ?? false)
}
