import assert from 'node:assert/strict'
import { access, glob, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Paths of this project that a page names in `code` or as links; those with <placeholders> or * are patterns, not names. */
function namedFiles(page: string, text: string): readonly string[] {
  const inCode = [...text.matchAll(/`((?:src|test|docs|scripts|bin)\/[\w./-]+\.\w+)`/g)].map((match) => match[1] ?? '')
  const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map((match) => join(dirname(page), match[1] ?? ''))
  return [...new Set([...inCode, ...links])]
}

async function missing(page: string, text: string): Promise<readonly string[]> {
  const checked = await Promise.all(namedFiles(page, text).map(async (file) => {
    try {
      await access(join(root, file))
      return []
    } catch {
      return [`${page} names ${file}`]
    }
  }))
  return checked.flat()
}

test('pages name files that exist', async () => {
  const found: string[] = []
  let names = 0
  for await (const page of glob(['*.md', 'docs/**/*.md'], { cwd: root })) {
    const text = await readFile(join(root, page), 'utf8')
    names += namedFiles(page, text).length
    found.push(...(await missing(page, text)))
  }
  assert.deepEqual(found, [])
  assert.ok(names > 10, `only ${names} names were found`)
})

test('a page that names a file which is not there is noticed', async () => {
  assert.deepEqual(await missing('docs/x.md', 'Touch `src/core/nothing.ts`, see [this](recipes/nowhere.md).'), ['docs/x.md names src/core/nothing.ts', 'docs/x.md names docs/recipes/nowhere.md'])
})
