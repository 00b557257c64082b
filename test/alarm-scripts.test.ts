import assert from 'node:assert/strict'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readScript, ScriptError } from '../src/core/alarm-script/read.ts'
import { runScript } from '../src/core/alarm-script/run.ts'
import { decide } from '../src/core/consensus/decide.ts'

const root = fileURLToPath(new URL('.', import.meta.url))
const known = { code: 's' } as const

for await (const file of glob('alarm-scripts/*.alarm', { cwd: root })) {
  test(file, async () => {
    const result = runScript(readScript(await readFile(join(root, file), 'utf8')), known)
    assert.deepEqual(result.problems, [])
    assert.deepEqual(result.failures, [])
    assert.ok(result.expectations > 3)
  })

  test(`${file}: every ledger row recomputes from the inputs stored with it`, async () => {
    const { history } = runScript(readScript(await readFile(join(root, file), 'utf8')), known)
    assert.ok(history.length > 0)
    for (const entry of history) {
      assert.ok(entry.inputs !== null)
      const decision = decide(entry.inputs)
      const expected = decision.kind === 'state' ? decision.state : decision.kind === 'hold' ? entry.previousState : entry.state
      assert.equal(entry.state, expected)
    }
  })
}

test('an expectation that does not hold is reported with its line', () => {
  const script = 'check remote.http zones=mza\nalarm\n  return new AlarmStatus(OK);\nat 0s mza code=200\nexpect CRITICAL notify 2\n'
  assert.deepEqual(runScript(readScript(script)).failures.map((failure) => failure.line), [5, 5])
})

test('a script that cannot be read names the line and the rule', () => {
  const broken: readonly (readonly [string, number])[] = [
    ['chek remote.http', 1],
    ['check remote.http color=red', 1],
    ['check remote.http zones=mza\nat 5x', 2],
    ['check remote.http zones=mza\nat 5s mzb code=1', 2],
    ['check remote.http\nexpect GREEN', 2],
    ['check remote.http\nexpect OK notify many', 2],
    ["check remote.http\nexpect OK 'open", 2],
  ]
  for (const [text, line] of broken) assert.throws(() => readScript(text), (error) => error instanceof ScriptError && error.line === line, text)
})
