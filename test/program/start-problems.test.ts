import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { settings } from '../../src/program/config.ts'
import { folder, Run, run, type Finished } from './run.ts'

/** One line on standard error, from us, and nothing that looks like a stack or a warning. */
function saysPlainly({ code, stderr }: Finished, expected: number, says: RegExp): void {
  assert.match(stderr, /^vedette: [^\n]*\n$/, stderr)
  assert.match(stderr, says)
  assert.equal(code, expected)
}

test('a wrong value ends with 2 and one line', async () => {
  saysPlainly(await run(['start', '--port', 'x']), 2, /--port: "x" must be a whole number from 0 to 65535/)
  saysPlainly(await run(['start'], { env: { VEDETTE_MIN_PERIOD: 'often' } }), 2, /VEDETTE_MIN_PERIOD: "often" must be/)
})

test('a flag that does not exist ends with 2 and the flag that may have been meant', async () => {
  const { code, stderr } = await run(['start', '--prot', '1'])
  assert.equal(code, 2)
  assert.match(stderr, /unknown option '--prot'\n\(Did you mean --port\?\)/)
  assert.match(stderr, /vedette start --help/)
})

test('the settings file is named by flag or environment, and the flag wins', async () => {
  await using here = await folder()
  const [good, bad] = [join(here.path, 'good.yml'), join(here.path, 'bad.yml')]
  await writeFile(good, 'log-level: chatty\n')
  await writeFile(bad, 'prot: 1\n')
  saysPlainly(await run(['start'], { env: { VEDETTE_SETTINGS: bad } }), 2, /bad\.yml: there is no setting "prot"/)
  saysPlainly(await run(['start', '--settings', good], { env: { VEDETTE_SETTINGS: bad } }), 2, /good\.yml: log-level: "chatty" must be debug, info, warn or error/)
  saysPlainly(await run(['start', '--settings', join(here.path, 'none.yml')]), 2, /none\.yml: no such file or directory/)
})

test('help names every setting, its flag, its environment and its default', async () => {
  const { code, stdout } = await run(['start', '--help'])
  assert.equal(code, 0)
  for (const setting of Object.values(settings)) {
    assert.match(stdout, new RegExp(`\\b${setting.env}\\b`))
    if ('flag' in setting) assert.ok(stdout.includes(setting.flag), setting.flag)
  }
})

test('a port in use is named', async () => {
  await using here = await folder()
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    const finished = await run(['start', '--port', String(port), '--data', here.path], { env: { VEDETTE_LOG_LEVEL: 'warn' } })
    saysPlainly(finished, 1, new RegExp(`port ${port} of 127\\.0\\.0\\.1 is in use by another program; .*--port`))
    assert.equal(finished.stdout, '')
  } finally {
    other.close()
  }
})

test('an address of another machine is named', async () => {
  await using here = await folder()
  saysPlainly(await run(['start', '--port', '0', '--host', '192.0.2.1', '--data', here.path]), 1, /cannot listen on 192\.0\.2\.1: .*--host/)
})

test('a data directory that is a file, or lies in one, is named', async () => {
  await using here = await folder()
  const file = join(here.path, 'file')
  await writeFile(file, '')
  saysPlainly(await run(['start', '--port', '0', '--data', file]), 1, new RegExp(`cannot keep data in ${file}: .*--data`))
  saysPlainly(await run(['start', '--port', '0', '--data', join(file, 'in')]), 1, new RegExp(`cannot keep data in ${file}/in: not a directory; .*--data`))
})

test('a data directory that may not be written is named', async () => {
  await using here = await folder()
  const sealed = join(here.path, 'sealed')
  await mkdir(sealed)
  await chmod(here.path, 0o755)
  await chmod(sealed, 0o555)
  // Root may write everywhere: as somebody else, then.
  const uid = process.getuid?.() === 0 ? { uid: 65_534 } : {}
  saysPlainly(await run(['start', '--port', '0', '--data', sealed], uid), 1, new RegExp(`cannot keep data in ${sealed}: permission denied; .*--data`))
  saysPlainly(await run(['start', '--port', '0', '--data', join(sealed, 'new')], uid), 1, new RegExp(`cannot keep data in ${sealed}/new: permission denied; .*--data`))
})

test('a data directory that another process holds is named, with that process', async () => {
  await using here = await folder()
  await using first = new Run(['start', '--port', '0', '--data', here.path])
  await first.says(/"msg":"up"/)
  saysPlainly(await run(['start', '--port', '0', '--data', here.path]), 1, new RegExp(`${here.path} is in use by another process \\(pid ${first.child.pid}\\)`))
})

test('a store that is none is named', async () => {
  await using here = await folder()
  await writeFile(join(here.path, 'vedette.db'), 'garbage'.repeat(1000))
  saysPlainly(await run(['start', '--port', '0', '--data', here.path]), 1, new RegExp(`cannot keep data in ${here.path}: file is not a database`))
})
