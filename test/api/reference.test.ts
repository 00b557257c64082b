import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { referencePages } from '../../scripts/reference-routes.ts'

test('the pages about routes and errors are as their tables make them', async () => {
  for (const [name, page] of Object.entries(referencePages())) {
    assert.equal(await readFile(new URL(`../../docs/reference/${name}`, import.meta.url), 'utf8'), page, `${name} is old: node scripts/reference-routes.ts`)
  }
})
