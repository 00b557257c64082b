import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { mutants } from './mutants.ts'

const script = fileURLToPath(new URL('run-mutant.ts', import.meta.url))
const run = promisify(execFile)

/** Without the mistake all seeds up to 500 pass, as the cluster's own test shows. A seed that takes long to find is written down beside its mutant. */
for (const [name, { seed: known, law }] of Object.entries(mutants)) {
  test(`the simulation catches it when ${name}`, { timeout: 1_200_000 }, async (t) => {
    const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', script, name], { maxBuffer: 2 ** 26 })
    const { seed, problems } = JSON.parse(stdout) as { readonly seed: number; readonly problems: readonly string[] } // the script prints this
    assert.ok(problems.some((problem) => problem.startsWith(`${law}:`)))
    if (seed !== known) t.diagnostic(`seed ${seed} catches it now, not ${known}`)
  })
}
