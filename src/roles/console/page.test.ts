import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { loadAssets } from './assets.ts'
import { pageOf } from './page.ts'

const assets = await loadAssets()
const page = pageOf(assets)

test('nothing runs in the page but its own files and the import map that its policy names', () => {
  const inline = [...page.html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([^<]*)<\/script>/g)].map(([, text = '']) => text)
  assert.equal(inline.length, 1)
  assert.ok(page.policy.includes(`'sha256-${createHash('sha256').update(inline[0] ?? '').digest('base64')}'`))
  assert.ok(!/unsafe|\*/.test(page.policy))
  assert.ok(!/\son\w+=|style=/.test(page.html), 'no handlers and no styles in the page')
})

test('every address in the page is one of its files', () => {
  const addresses = [...page.html.matchAll(/(?:src|href)="([^"]+)"|:"(\/[^"]+)"/g)].map(([, a, b]) => a ?? b ?? '')
  assert.ok(addresses.length > 20)
  const prefix = `/console/files/${assets.version}/`
  for (const address of addresses) assert.ok(address.startsWith(prefix) && assets.files.has(address.slice(prefix.length)), address)
})

test('modules come without types, packed and unpacked alike', () => {
  const file = assets.files.get('src/roles/console/web/model.ts')
  assert.ok(file)
  assert.ok(!/\binterface\b|import type|: readonly/.test(file.body.toString()))
  assert.deepEqual(gunzipSync(file.gzip), file.body)
  assert.match(file.type, /^text\/javascript/)
})

test('the parser of the alarm language comes only when somebody writes criteria', () => {
  assert.ok(assets.files.has('src/core/alarm-language/parse.ts'))
  assert.ok(!assets.preload.includes('src/core/alarm-language/parse.ts'))
  assert.ok(!assets.preload.includes('npm/re2js.js'))
})

test('the role\'s own server files are not served', () => {
  assert.ok(!assets.files.has('src/roles/console/register-console.ts'))
})
