import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { glob } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Who may import whom; everything may import itself, except that a role imports no other role. */
const rings: Readonly<Record<string, readonly string[]>> = {
  core: [],
  contracts: ['core'],
  flows: ['core', 'contracts'],
  adapters: ['core', 'contracts'],
  roles: ['core', 'contracts', 'flows'],
  program: ['core', 'contracts', 'flows', 'adapters', 'roles'],
}
/** The two pure packages that the core may use (decision 0003). */
const purePackages = ['typebox', 're2js']

const imports = /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g

function specifiers(source: string): readonly string[] {
  return [...source.matchAll(imports)].flatMap((match) => match[1] ?? match[2] ?? match[3] ?? [])
}

/** What is wrong with a file's imports, in words; empty when nothing is. */
function violations(file: string, source: string): readonly string[] {
  const [ring = '', part = ''] = relative('src', file).split('/')
  return specifiers(source).flatMap((specifier) => {
    if (!specifier.startsWith('.')) {
      const allowed = ring !== 'core' || purePackages.some((name) => specifier === name || specifier.startsWith(`${name}/`))
      return allowed ? [] : [`${file} (core) imports ${specifier}`]
    }
    const [toRing = '', toPart = ''] = relative('src', relative(root, resolve(root, dirname(file), specifier))).split('/')
    if (toRing === ring) return ring === 'roles' && part !== toPart ? [`${file}: role ${part} imports role ${toPart}`] : []
    return rings[ring]?.includes(toRing) === true ? [] : [`${file}: ${ring} imports ${toRing}`]
  })
}

const isOurs = (file: string): boolean => !/\.(test|suite)\.ts$/.test(file)

test('dependencies point inwards', async () => {
  const found: string[] = []
  let files = 0
  for await (const file of glob('src/**/*.ts', { cwd: root })) {
    if (!isOurs(file)) continue
    files += 1
    found.push(...violations(file, await readFile(resolve(root, file), 'utf8')))
  }
  assert.deepEqual(found, [])
  assert.ok(files > 20, `only ${files} files were read`)
})

test('each kind of wrong import is noticed', () => {
  const cases: readonly (readonly [file: string, source: string])[] = [
    ['src/core/x.ts', "import { readFile } from 'node:fs/promises'"],
    ['src/core/x.ts', "import type { Clock } from '../contracts/clock.ts'"],
    ['src/contracts/x.ts', "import { ingest } from '../flows/ingest.ts'"],
    ['src/flows/x.ts', "import { systemClock } from '../adapters/system/clock.ts'"],
    ['src/adapters/x/y.ts', "import {\n a } from '../../flows/ingest.ts'"],
    ['src/roles/api/x.ts', "export * from '../poller/start-poller.ts'"],
    ['src/roles/api/x.ts', "const m = await import('../../program/config.ts')"],
  ]
  for (const [file, source] of cases) assert.equal(violations(file, source).length, 1, `${file}: ${source}`)
  assert.deepEqual(violations('src/program/x.ts', "import { a } from '../roles/api/a.ts'"), [])
})
