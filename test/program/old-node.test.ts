import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { vedetteCommand } from '../../scripts/lab/vedette.ts'
import { folder, Run, run, type RunOptions } from './run.ts'

const execute = promisify(execFile)
const pretended: RunOptions = { nodeFlags: ['--import', fileURLToPath(new URL('pretend-node-20.mjs', import.meta.url))] }

/** A real older Node.js of this machine, as somebody's PATH would find it; undefined when there is none. */
async function oldNode(): Promise<string | undefined> {
  const places = (process.env.PATH ?? '').split(delimiter).filter((place) => !place.includes('node_modules'))
  for (const place of new Set([...places, '/usr/local/bin', '/usr/bin'])) {
    try {
      const { stdout } = await execute(join(place, 'node'), ['--version'])
      if (Number(/^v(\d+)/.exec(stdout)?.[1]) < 26) return join(place, 'node')
    } catch {
      // none here
    }
  }
  return undefined
}

const real = await oldNode()
const olds: readonly (readonly [name: string, options: RunOptions])[] = [['one that says it is old', pretended], ...(real === undefined ? [] : [[real, { node: real }] as const])]

for (const [name, options] of olds) {
  test(`an old Node.js hands over to the one of the packages: ${name}`, async () => {
    const { code, stdout, stderr } = await run(['--version'], options)
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/, stderr)
    assert.equal(code, 0)
  })

  test(`an old Node.js passes on how it ended: ${name}`, async () => {
    const { code, stderr } = await run(['start', '--port', 'x'], options)
    assert.equal(stderr, 'vedette: --port: "x" must be a whole number from 0 to 65535\n')
    assert.equal(code, 2)
  })

  test(`an old Node.js passes signals on, and waits: ${name}`, async () => {
    await using here = await folder()
    await using running = new Run(['start', '--port', '0', '--data', here.path], options)
    await running.says(/"msg":"up"/)
    running.child.kill('SIGTERM')
    const { code, stdout } = await running.finished()
    assert.match(stdout, /"signal":"SIGTERM"[^]*"msg":"stopped"/)
    assert.equal(code, 0)
  })

  test(`an old Node.js without the package says what to do: ${name}`, async () => {
    await using here = await folder()
    await mkdir(join(here.path, 'bin'))
    // The copy is a module only where a package says so.
    await writeFile(join(here.path, 'package.json'), '{ "type": "module" }')
    const command = join(here.path, 'bin/vedette.mjs')
    await copyFile(vedetteCommand, command)
    const { code, stdout, stderr } = await run(['start'], { ...options, command })
    assert.match(stderr, /^Vedette needs Node\.js 26 or newer; this is v\d+\./)
    assert.match(stderr, /"npm ci"/)
    assert.doesNotMatch(stderr, /^\s+at /m)
    assert.deepEqual([code, stdout], [1, ''])
  })
}
