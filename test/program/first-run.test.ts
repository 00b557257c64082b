import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { apiClient } from '../../scripts/lab/client.ts'
import { selfIds } from '../../src/program/self-entity.ts'
import { folder, Run, type Finished } from './run.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

async function stopped(running: Run, signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
  running.child.kill(signal)
  return running.finished()
}

const linkIn = /(http:\/\/127\.0\.0\.1:\d+)\/#token=([0-9a-f]+)/

test('the first start shows a link that signs in, and nothing that worries', async () => {
  await using here = await folder()
  const data = join(here.path, 'data')
  await using running = new Run(['start', '--port', '0', '--data', data])
  const [, url = '', token = ''] = await running.says(linkIn)
  const { values } = await apiClient(`${url}/v1.0/100000`, token).get<{ values: readonly { id: string }[] }>('/entities')
  assert.deepEqual(values.map((entity) => entity.id), [selfIds.entity], 'something is alive to look at')
  const { code, stdout, stderr } = await stopped(running)
  assert.equal(code, 0)
  assert.match(stderr, /user +admin\n +API key +[0-9a-f]{32}\n +token +[0-9a-f]{32}\n/)
  assert.doesNotMatch(stderr, /Warning/)
  for (const line of stdout.trimEnd().split('\n')) assert.equal(typeof JSON.parse(line).msg, 'string', line)
  assert.doesNotMatch(stdout, new RegExp(token), 'the log keeps no secret')
  assert.equal((await stat(data)).mode & 0o077, 0, 'the data is its owner\'s alone')
})

test('a later start says where it is and how to sign in, and shows no secret', async () => {
  await using here = await folder()
  const flags = ['start', '--port', '0', '--data', here.path]
  await using first = new Run(flags)
  const [, , token = ''] = await first.says(linkIn)
  const [key = ''] = await first.says(/(?<=API key +)[0-9a-f]{32}/)
  await stopped(first)
  await using second = new Run(flags)
  const [, url = ''] = await second.says(/Vedette is up: (http:\/\/127\.0\.0\.1:\d+)\n/)
  await second.says(/Sign in as "admin" with the API key that the first start showed/)
  await second.says(/VEDETTE_ADMIN_KEY/)
  const answer = await fetch(`${url}/v2.0/tokens`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ auth: { 'RAX-KSKEY:apiKeyCredentials': { username: 'admin', apiKey: key } } }) })
  assert.equal(answer.status, 200, await answer.text())
  const { stdout, stderr } = await stopped(second)
  for (const secret of [token, key]) assert.ok(!(stdout + stderr).includes(secret))
})

test('what the operator gave is not repeated', async () => {
  await using here = await folder()
  const env = { VEDETTE_ADMIN_KEY: 'a-key-of-the-operator', VEDETTE_ADMIN_TOKEN: 'a-token-of-the-operator' }
  await using running = new Run(['start', '--port', '0', '--data', here.path], { env })
  await running.says(/API key +as given in VEDETTE_ADMIN_KEY/)
  const { stdout, stderr } = await stopped(running)
  assert.doesNotMatch(stdout + stderr, /of-the-operator/)
})

test('a lost key is replaced by a start with a new one', async () => {
  await using here = await folder()
  const flags = ['start', '--port', '0', '--data', here.path]
  await using first = new Run(flags)
  await first.says(linkIn)
  await stopped(first)
  await using second = new Run(flags, { env: { VEDETTE_ADMIN_KEY: 'a-new-key-of-the-operator' } })
  const [, url = ''] = await second.says(/Vedette is up: (\S+)\n/)
  const answer = await fetch(`${url}/v2.0/tokens`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ auth: { 'RAX-KSKEY:apiKeyCredentials': { username: 'admin', apiKey: 'a-new-key-of-the-operator' } } }) })
  assert.equal(answer.status, 200, await answer.text())
  await stopped(second)
})

test('the Ctrl-C that a terminal gives and npm passes on again is one', async () => {
  await using here = await folder()
  await using running = new Run(['start', '--port', '0', '--data', here.path])
  await running.says(/"msg":"up"/)
  running.child.kill('SIGINT')
  await running.says(/"msg":"stopping/)
  const { code, stdout } = await stopped(running, 'SIGINT')
  assert.match(stdout, /"msg":"stopped"/)
  assert.equal(code, 0)
})

test('a second Ctrl-C later does not wait for what hangs', async () => {
  await using here = await folder()
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const address = silent.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await using running = new Run(['start', '--port', '0', '--data', here.path])
  const [, url = '', token = ''] = await running.says(linkIn)
  const api = apiClient(`${url}/v1.0/100000`, token)
  const entity = await api.create('/entities', { label: 'silent', ip_addresses: { here: '127.0.0.1' } })
  const connected = once(silent, 'connection')
  await api.create(`/entities/${entity}/checks`, { type: 'remote.http', period: 60, timeout: 30, target_alias: 'here', monitoring_zones_poll: ['mzlocal'], details: { url: `http://127.0.0.1:${port}/` } })
  const [socket] = await connected
  running.child.kill('SIGINT')
  await running.says(/"msg":"stopping/)
  await sleep(1500)
  const { code, stdout } = await stopped(running, 'SIGINT')
  socket.destroy()
  silent.close()
  assert.doesNotMatch(stdout, /"msg":"stopped"/)
  assert.equal(code, 1)
})

test('npm start passes flags on and ends with the program\'s code', async () => {
  const { promise, resolve } = Promise.withResolvers<{ code: unknown; stderr: string }>()
  execFile('npm', ['start', '--', '--port', 'x'], { cwd: root }, (error, _stdout, stderr) => resolve({ code: error?.code, stderr }))
  const { code, stderr } = await promise
  assert.match(stderr, /^vedette: --port: "x" must be a whole number from 0 to 65535$/m)
  assert.doesNotMatch(stderr, /^ +at /m)
  assert.equal(code, 2)
})
