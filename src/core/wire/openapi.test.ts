import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { errorTypes } from './errors.ts'
import { errorsOf, openApi } from './openapi.ts'
import { routes, type Route } from './routes.ts'

interface Operation { readonly parameters: readonly { readonly name: string; readonly in: string }[]; readonly responses: Readonly<Record<string, { readonly headers: object }>>; readonly requestBody?: object }
const document = openApi('1', { 'CheckDetails.x': Type.Object({ port: Type.Integer() }) })
// The document is JSON; its shape is what the test looks at.
const paths = document.paths as Readonly<Record<string, Readonly<Record<string, Operation>>>>

test('every route is in the document, with its parameters, body and every status that it may answer', () => {
  for (const [id, route] of Object.entries(routes) as [string, Route][]) {
    const operation = paths[`/v1.0/{tenantId}${route.path}`]?.[route.method.toLowerCase()]
    assert.ok(operation !== undefined, id)
    assert.equal(operation.requestBody !== undefined, route.body !== undefined, id)
    const named = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
    assert.deepEqual(operation.parameters.filter((one) => one.in === 'path').map((one) => one.name), ['tenantId', ...named], id)
    const statuses = new Set([route.answer.status, ...errorsOf(route).map((type) => errorTypes[type].status)])
    assert.deepEqual(Object.keys(operation.responses).map(Number), [...statuses].toSorted((a, b) => a - b), id)
    for (const response of Object.values(operation.responses)) assert.ok('X-Response-Id' in response.headers, id)
  }
})

test('every reference in the document leads somewhere', () => {
  const text = JSON.stringify(document)
  const references = [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)]
  assert.ok(references.length > 100)
  const components = document.components as Readonly<Record<string, Readonly<Record<string, unknown>>>>
  for (const [, kind = '', name = ''] of references) assert.ok(components[kind]?.[name] !== undefined, `${kind}/${name}`)
  assert.ok(components.schemas?.['CheckDetails.x'] !== undefined && components.schemas.Entity !== undefined)
})
