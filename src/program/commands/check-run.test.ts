import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'

const seen: IncomingMessage[] = []
const server = createServer((request, response) => {
  seen.push(request)
  response.writeHead(Number(request.url?.slice(1) || 200)).end('hello \u001b[31mKids')
}).listen(0, '127.0.0.1')
await once(server, 'listening')
after(() => server.close())
// A TCP server's address is never a path.
const { port } = server.address() as AddressInfo
const site = `http://127.0.0.1:${port}`

const program = `
import { Command, CommanderError } from 'commander'
import { registerCheckRun } from ${JSON.stringify(import.meta.resolve('./check-run.ts'))}
const program = new Command('vedette').exitOverride()
registerCheckRun(program)
try {
  await program.parseAsync(process.argv.slice(1), { from: 'user' })
} catch (error) {
  if (!(error instanceof CommanderError)) console.error(error.message)
  process.exitCode = error.exitCode === 0 ? 0 : 2
}`

/** Runs the command as a person does, in a process of its own. */
function run(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['--input-type=module', '-e', program, '--', 'check', 'run', ...args], { cwd: import.meta.dirname, env: { ...process.env, NODE_NO_WARNINGS: '1' } }, (_, out, err) => {
      resolve({ code: child.exitCode ?? -1, out, err })
    })
  })
}

test('a target that answers: exit 0, the times as a picture, the metrics by name', async () => {
  const { code, out } = await run('http', `${site}/`, '--set', 'body=Kids', '--set', 'headers.X-Key=k', '--set', 'headers.accept=text/html', '--set', 'include_body=true')
  assert.equal(code, 0, out)
  assert.match(out, /^available: code=200,rt=\d\.\d{3}s,bytes=15\ntarget 127\.0\.0\.1\n\nconnect +\d+\.\d{3} ms .*\nfirst byte +\d+\.\d{3} ms .*█/)
  assert.match(out, /\nbody_match +Kids\nbytes +15 bytes\ncode +200\n/)
  assert.match(out, /\nbody +hello \\u001b\[31mKids\n/)
  assert.deepEqual([seen.at(-1)?.headers['x-key'], seen.at(-1)?.headers.accept], ['k', 'text/html'])
})

test('--json gives one line that a program reads', async () => {
  const { code, out } = await run('remote.http', `${site}/503`, '--json')
  const result: unknown = JSON.parse(out)
  assert.ok(typeof result === 'object' && result !== null && 'metrics' in result && 'available' in result && 'type' in result)
  assert.deepEqual([code, result.available, result.type, out.trimEnd().includes('\n')], [0, true, 'remote.http', false])
  assert.deepEqual(Reflect.get(result.metrics as object, 'code'), { type: 's', unit: 'unknown', value: '503' }) // metrics is an object in every result
})

test('a port as part of the target, and one that is closed: exit 1', async () => {
  assert.equal((await run('tcp', `127.0.0.1:${port}`)).code, 0)
  const { code, out } = await run('tcp', '127.0.0.1:1')
  assert.deepEqual([code, out.split('\n')[0]], [1, 'unavailable: connection refused'])
})

test('a forbidden target was not tried: exit 2', async () => {
  const { code, out } = await run('http', site, '--forbid-targets', '127.0.0.0/8')
  assert.deepEqual([code, out.split('\n')[0]], [2, `cannot: prevented by ACL 'global'`])
})

const mistakes: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [['smoke', 'x'], /there is no check type "smoke"; there are .*http/],
  [['http', 'not a url'], /"not a url" is not a URL/],
  [['http', 'ftp://a/'], /url must be a URL that begins with http/],
  [['http', 'http://a/', '--set', 'colour=red'], /has no detail "colour"; it has url/],
  [['http', 'http://a/', '--set', 'method=PATCH'], /method/],
  [['http', 'http://a/', '--set', 'body=('], /body is not a pattern/],
  [['http', 'http://a/', '--set', 'nonsense'], /key=value/],
  [['tcp', '127.0.0.1'], /port/],
  [['tcp', '127.0.0.1:99999'], /port/],
  [['ping', '127.0.0.1', '--timeout', 'soon'], /seconds/],
  [['ping', '127.0.0.1', '--resolver', 'IPv5'], /IPv4, IPv6/],
  [['ping', '127.0.0.1', '--forbid-targets', '10.0.0.0/99'], /10\.0\.0\.0\/99/],
  [['http'], /missing required argument/],
]
for (const [args, says] of mistakes) {
  test(`a mistake is named: ${args.join(' ')}`, async () => {
    const { code, err } = await run(...args)
    assert.equal(code, 2)
    assert.match(err, says)
  })
}
