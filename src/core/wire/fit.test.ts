import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Type, type TSchema } from 'typebox'
import Value from 'typebox/value'
import { explain, fit } from './fit.ts'
import { routes, type Route } from './routes.ts'

const some = Type.Object({
  label: Type.String({ minLength: 1, maxLength: 3 }),
  size: Type.Optional(Type.Integer({ minimum: 1, maximum: 9 })),
  ratio: Type.Optional(Type.Number()),
  on: Type.Optional(Type.Boolean({ default: true })),
  kind: Type.Optional(Type.Enum(['a', 'b'])),
  tags: Type.Optional(Type.Union([Type.Array(Type.String(), { maxItems: 2, uniqueItems: true }), Type.Null()])),
  map: Type.Optional(Type.Record(Type.String({ pattern: '^[a-z]{1,3}$' }), Type.String({ format: 'ip' }), { maxProperties: 2, additionalProperties: false })),
  deep: Type.Optional(Type.Object({ url: Type.String({ pattern: '^https?:' }), password: Type.Optional(Type.String({ maxLength: 4 })) })),
})

const cases: readonly (readonly [given: unknown, expected: unknown])[] = [
  [{ label: 'a' }, { label: 'a', on: true }],
  [{ label: 'a', size: '007', ratio: '1.5', on: 'False' }, { label: 'a', size: 7, ratio: 1.5, on: false }],
  [{ label: 'a', tags: null }, { label: 'a', on: true, tags: null }],
  [{ label: 'a', map: { ab: '::1' } }, { label: 'a', on: true, map: { ab: '::1' } }],
  [{}, 'label: Missing required key (label)'],
  [{ label: null }, 'label: must be a text; found null'],
  [{ label: 5 }, 'label: must be a text; found 5'],
  [{ label: '' }, 'label: must not be empty; found ""'],
  [{ label: 'abcd' }, 'label: must have at most 3 characters; found "abcd"'],
  [{ label: '\ud800' }, 'label: must be valid Unicode; found "\\ud800"'],
  [{ label: 'a', size: 10 }, 'size: must be from 1 to 9; found 10'],
  [{ label: 'a', size: '1.5' }, 'size: must be a whole number; found "1.5"'],
  [{ label: 'a', size: null }, 'size: must be a whole number; found null'],
  [{ label: 'a', size: 2 ** 53 }, 'size: must be a whole number; found 9007199254740992'],
  [{ label: 'a', on: 1 }, 'on: must be true or false; found 1'],
  [{ label: 'a', kind: 'c' }, 'kind: must be one of "a", "b"; found "c"'],
  [{ label: 'a', tags: ['x', 'x'] }, 'tags: must not name anything twice; found an array of 2'],
  [{ label: 'a', tags: ['x', 5] }, 'tags.1: must be a text; found 5'],
  [{ label: 'a', tags: 'x' }, 'tags: must be an array; found "x"'],
  [{ label: 'a', map: { AB: '::1' } }, 'map.AB: is not a key that is allowed here; found "AB"'],
  [{ label: 'a', map: { ab: '1.2.3' } }, 'map.ab: must be an IPv4 or IPv6 address; found "1.2.3"'],
  [{ label: 'a', map: JSON.parse('{"__proto__":"::1"}') }, 'map.__proto__: is not a key that is allowed here; found "__proto__"'],
  [{ label: 'a', deep: { url: 'ftp:' } }, 'deep.url: must match ^https?:; found "ftp:"'],
  [{ label: 'a', deep: { url: 'http:', password: 'hunter2' } }, 'deep.password: must have at most 4 characters; found a text of 7 characters'],
  [[], ': must be an object; found an array of 0'],
]

test('what fits, what is made to fit, and why the rest does not', () => {
  for (const [given, expected] of cases) {
    const result = fit(some, given)
    const found = result.ok ? result.value : result.problems.map((problem) => `${problem.key}: ${explain(problem)}`).join(' | ')
    assert.deepEqual(found, expected, JSON.stringify(given))
  }
})

test('unknown keys are left out and named by their path, and those of prototypes do no harm', () => {
  const result = fit(some, JSON.parse('{"label":"a","x":1,"deep":{"url":"http:","y":2},"__proto__":{"polluted":true}}'))
  assert.ok(result.ok)
  assert.deepEqual([result.value, result.ignored], [{ label: 'a', on: true, deep: { url: 'http:' } }, ['x', '__proto__', 'deep.y']])
  assert.equal(Object(result.value).polluted, undefined)
})

test('null is the same as nothing where that is asked for', () => {
  assert.deepEqual(fit(some, { label: 'a', size: null, tags: null }, { nullIsAbsent: true }), { ok: true, value: { label: 'a', on: true, tags: null }, ignored: [] })
  assert.equal(fit(some, { label: null }, { nullIsAbsent: true }).ok, false)
})

test('a named secret is not repeated, whatever its key is called', () => {
  const result = fit(Type.Object({ pin: Type.String({ maxLength: 1 }) }), { pin: '1234' }, { secrets: ['pin'] })
  assert.ok(!result.ok)
  assert.equal(result.problems[0]?.found, 'a text of 4 characters')
})

test('what fits a body or a query of the API passes typebox\'s own check of the same schema', () => {
  const schemas = (Object.values(routes) as readonly Route[]).flatMap((route) => [route.body, route.query]).filter((schema) => schema !== undefined)
  const near = (schema: TSchema) => fc.dictionary(fc.constantFrom(...Object.keys(Object(schema).properties), 'other'), fc.oneof(fc.jsonValue(), fc.constantFrom('60', 'true', 'mzone', '::1', 'a.b', 60, 1, [], {}, ['x'])))
  let fitted = 0
  for (const schema of new Set(schemas)) {
    fc.assert(fc.property(near(schema), (given) => {
      const result = fit(schema, given)
      if (!result.ok) return true
      fitted += 1
      return Value.Check(schema, result.value)
    }), { seed: 7, numRuns: 150 })
  }
  assert.ok(fitted > 200, `only ${fitted} values fitted`)
})
