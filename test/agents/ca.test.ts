import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { certificateFiles, listenForAgents } from '../../src/adapters/agent-protocol/index.ts'
import { authenticate, connect, recordingEndpoint, until } from '../../src/adapters/agent-protocol/stage.suite.ts'
import { recordingLog } from '../../src/adapters/simulated/log.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import { folder, run } from '../program/run.ts'

const days = 86_400_000

test('an authority is made once, and issues what an endpoint shows and takes anew while it runs', async () => {
  await using here = await folder()
  const [dir, out] = [join(here.path, 'ca'), join(here.path, 'dc1')]
  const made = await run(['ca', 'init', '--dir', dir, '--name', 'Tests', '--days', '100'])
  assert.equal(made.code, 0, made.stderr)
  assert.match(made.stdout, /ca\.pem .*give it to every poller/)
  const twice = await run(['ca', 'init', '--dir', dir])
  assert.deepEqual([twice.code, /is there already/.test(twice.stderr)], [1, true])
  const issue = (...more: readonly string[]) => run(['ca', 'issue', '--dir', dir, '--name', 'localhost,127.0.0.1,::1', '--out', out, ...more])
  assert.equal((await issue('--days', '5000')).code, 0)
  for (const file of [join(dir, 'ca.key'), `${out}.key`]) assert.equal((await stat(file)).mode & 0o777, 0o600)
  const [ca, first] = [new X509Certificate(await readFile(join(dir, 'ca.pem'))), new X509Certificate(await readFile(`${out}.pem`))]
  assert.ok(first.verify(ca.publicKey) && ca.subject === 'CN=Tests')
  assert.equal(first.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
  assert.ok(first.validToDate.getTime() <= ca.validToDate.getTime() && ca.validToDate.getTime() - Date.now() < 101 * days)
  assert.equal((await issue()).code, 1, 'nothing is overwritten unasked')

  const log = recordingLog()
  await using listener = await listenForAgents({ host: '127.0.0.1', port: 0, certificate: certificateFiles(`${out}.pem`, `${out}.key`), endpoint: recordingEndpoint().link, authenticate, clock: systemClock, random: systemRandom, log })
  await using poller = await connect([listener.port], { ca: () => readFile(join(dir, 'ca.pem'), 'utf8') })
  await until(() => poller.endpoints().every((one) => one.connected))
  assert.equal((await issue('--replace', '--days', '7')).code, 0)
  await listener.reload()
  assert.equal(listener.stats().certificateEndsAt, new X509Certificate(await readFile(`${out}.pem`)).validToDate.getTime())
  assert.ok(log.lines.some(({ message }) => message === 'the certificate ends soon'))
  await using late = await connect([listener.port], { ca: () => readFile(join(dir, 'ca.pem'), 'utf8') })
  await until(() => late.endpoints().every((one) => one.connected))
  assert.equal(poller.endpoints()[0]?.connections, 1)
})

test('without an authority nothing is issued, and names must be names', async () => {
  await using here = await folder()
  const none = await run(['ca', 'issue', '--dir', here.path, '--name', 'a', '--out', join(here.path, 'a')])
  assert.deepEqual([none.code, /there is no authority in/.test(none.stderr)], [1, true])
  const odd = await run(['ca', 'issue', '--dir', here.path, '--name', 'a b', '--out', join(here.path, 'a')])
  assert.deepEqual([odd.code, /must be host names and addresses/.test(odd.stderr)], [2, true])
})
