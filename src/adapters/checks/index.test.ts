import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import type { CheckType } from '../../contracts/check-type.ts'
import { checkTypes } from './index.ts'

const types: readonly CheckType[] = checkTypes

test('the registry holds a type for every file of the folder, and none else', async () => {
  const files = (await readdir(import.meta.dirname, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name)
  const named = files.filter((name) => name !== 'index.ts' && !/\.(test|suite)\.ts$/.test(name)).map((name) => name.replace(/\.ts$/, ''))
  assert.deepEqual(named.toSorted(), types.map(({ type }) => type.replace('.', '-')).toSorted())
})

for (const one of types) {
  test(`the facts of ${one.type} are complete`, () => {
    assert.ok(one.about.length > 10)
    for (const [key, schema] of Object.entries(one.details.properties)) {
      const description: unknown = Reflect.get(schema, 'description')
      assert.ok(typeof description === 'string' && description.length > 5, `${key} says what it is`)
    }
    for (const secret of one.secrets) assert.ok(secret in one.details.properties, secret)
    for (const [name, { about, unit }] of Object.entries(one.metrics)) assert.ok(about.length > 5 && unit.length > 0, name)
    assert.equal(one.run !== undefined, one.category === 'remote')
    assert.equal(one.consecutiveCount, one.type === 'remote.ping' ? 3 : 1)
  })
}
