import assert from 'node:assert/strict'
import { glob, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { folder, run } from './run.ts'

const scripts = fileURLToPath(new URL('../alarm-scripts', import.meta.url))
const script = (...lines: readonly string[]): string => ['check remote.http  period=60s  zones=mza', 'alarm', '  if (metric[\'code\'] != \'200\') { return new AlarmStatus(CRITICAL, \'answers #{code}\'); }', ...lines, ''].join('\n')

test('the scripts of the project hold, and each is told', async () => {
  const files = (await Array.fromAsync(glob('*.alarm', { cwd: scripts }))).map((file) => join(scripts, file))
  const { code, stdout, stderr } = await run(['alarm', 'test', ...files])
  assert.deepEqual([code, stderr], [0, ''])
  assert.deepEqual(new Set(stdout.trimEnd().split('\n').map((line) => /^ok {3}(\S+): [1-9]\d* expectations, \d+ ledger entries$/.exec(line)?.[1])), new Set(files))
})

test('what does not hold is told by its line, and ends with 1', async () => {
  await using here = await folder()
  const file = join(here.path, 'wrong.alarm')
  await writeFile(file, script('', 'at 0s   mza code=200', 'expect CRITICAL'))
  const { code, stdout } = await run(['alarm', 'test', file])
  assert.match(stdout, /^\S+wrong\.alarm:6: .*CRITICAL.*OK.*\nFAIL \S+wrong\.alarm: 1 expectations/)
  assert.equal(code, 1)
})

test('criteria that cannot be read are told by line and column', async () => {
  await using here = await folder()
  const file = join(here.path, 'broken.alarm')
  await writeFile(file, script().replace('!=', '=!'))
  const { code, stdout } = await run(['alarm', 'test', file])
  assert.match(stdout, /broken\.alarm: criteria line 1, column \d+: /)
  assert.equal(code, 1)
})

test('a file that is not there or no script ends with 2, and the others are played', async () => {
  await using here = await folder()
  const [good, bad] = [join(here.path, 'good.alarm'), join(here.path, 'bad.alarm')]
  await writeFile(good, script('', 'at 0s   mza code=200', 'expect OK'))
  await writeFile(bad, 'nonsense\n')
  const { code, stdout, stderr } = await run(['alarm', 'test', good, bad, join(here.path, 'none.alarm')])
  assert.match(stdout, /^ok {3}\S+good\.alarm/m)
  assert.match(stderr, /bad\.alarm: .*1/)
  assert.match(stderr, /none\.alarm: no such file or directory/)
  assert.doesNotMatch(stderr, /^ +at /m)
  assert.equal(code, 2)
})

test('a script is asked for', async () => {
  const { code, stderr } = await run(['alarm', 'test'])
  assert.match(stderr, /missing required argument 'file'/)
  assert.equal(code, 2)
})
