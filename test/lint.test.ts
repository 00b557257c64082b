import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))

/** Lints the samples, each of which breaks one rule, in a tree of their own with the project's configuration. */
async function lintSamples(): Promise<string> {
  const tree = await mkdtemp(join(tmpdir(), 'vedette-lint-'))
  try {
    await cp(join(root, 'test/lint-samples'), tree, { recursive: true })
    const config: { ignorePatterns: string[] } = JSON.parse(await readFile(join(root, '.oxlintrc.json'), 'utf8'))
    await writeFile(join(tree, '.oxlintrc.json'), JSON.stringify({ ...config, ignorePatterns: ['node_modules'] }))
    await cp(join(root, 'tsconfig.json'), join(tree, 'tsconfig.json'))
    await symlink(join(root, 'node_modules'), join(tree, 'node_modules'))
    const answer = await run(process.execPath, [join(root, 'node_modules/oxlint/bin/oxlint'), '--type-aware', '--format', 'unix', '.'], { cwd: tree }).catch((error: { stdout: string }) => error)
    return answer.stdout
  } finally {
    await rm(tree, { recursive: true })
  }
}

test('the linter stops innocent mistakes', async () => {
  const report = await lintSamples()
  const expected: readonly (readonly [file: string, rule: string])[] = [
    ['floating.ts', 'no-floating-promises'],
    ['cycle-a.ts', 'no-cycle'],
    ['src/flows/blocking.ts', 'no-sync'],
    ['src/flows/own-time.ts', 'no-restricted-globals'],
    ['src/core/own-dice.ts', 'no-restricted-properties'],
    ['src/core/own-dice.ts', 'no-restricted-globals'],
  ]
  for (const [file, rule] of expected) {
    assert.ok(report.split('\n').some((line) => line.includes(file) && line.includes(rule)), `${file} should break ${rule}:\n${report}`)
  }
})
