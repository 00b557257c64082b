import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { afterEach, test } from 'node:test'
import ssh2 from 'ssh2'
import { assertFacts, assertNothingOpen, probe, talking, values, type Listening } from './kit/probing.suite.ts'
import { remoteSsh } from './remote-ssh.ts'

afterEach(assertNothingOpen)

const look = (port: number, timeout = 5) => probe(remoteSsh, { details: { port }, timeout })
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs1', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } })

/** A real SSH server; what logged in is counted. */
function server(algorithms: ssh2.ServerConfig['algorithms'] = {}): { readonly at: Promise<Listening>; readonly logins: () => number } {
  let logins = 0
  const made = new ssh2.Server({ hostKeys: [privateKey], algorithms }, (client) => {
    client.on('error', () => {})
    client.on('authentication', (context) => {
      logins += 1
      context.reject()
    })
  })
  return { at: talking((socket) => made.injectSocket(socket)), logins: () => logins }
}

const blob = () => {
  const parsed = ssh2.utils.parseKey(privateKey)
  assert.ok(!(parsed instanceof Error))
  return parsed.getPublicSSH()
}
const hashed = (algorithm: string) => createHash(algorithm).update(blob()).digest('hex')

test('the fingerprint is that of the host key, and nobody logs in', async () => {
  const { at, logins } = server()
  await using site = await at
  const result = await look(site.port)
  assertFacts(remoteSsh, result)
  const { fingerprint, fingerprint_sha256, duration } = values(result)
  assert.deepEqual([result.available, fingerprint, fingerprint_sha256, typeof duration], [true, hashed('md5'), hashed('sha256'), 'number'])
  assert.match(String(fingerprint), /^[0-9a-f]{32}$/)
  assert.equal(logins(), 0)
})

test('an old server is understood', async () => {
  await using site = await server({ kex: ['diffie-hellman-group14-sha1'], cipher: ['aes128-cbc'], hmac: ['hmac-sha1'] }).at
  assert.equal((await look(site.port)).available, true)
})

test('a server that has nothing in common with us is named', async () => {
  await using site = await server({ cipher: ['aes192-cbc'] }).at
  assert.match((await look(site.port)).status, /^bad response: .*no matching/)
})

const wrong: readonly (readonly [name: string, says: string, status: RegExp])[] = [
  ['another protocol', 'HTTP/1.1 400 Bad Request\r\n\r\n', /^(bad response: |connection closed)/],
  ['garbage after the greeting', `SSH-2.0-x\r\n${'\xff'.repeat(100)}`, /^(bad response: |connection closed)/],
  ['nothing', '', /^connection closed$/],
]
for (const [name, says, status] of wrong) {
  test(`${name} is not an SSH server`, async () => {
    await using site = await talking((socket) => socket.end(Buffer.from(says, 'latin1')))
    const result = await look(site.port)
    assert.equal(result.available, false)
    assert.match(result.status, status)
  })
}

test('a silent server is a timeout, a closed port is refused, an abort is an abort', async () => {
  const site = await talking(() => {})
  assert.equal((await look(site.port, 0.2)).status, 'timeout')
  const controller = new AbortController()
  setTimeout(() => controller.abort(new Error('stop')), 30)
  await assert.rejects(probe(remoteSsh, { details: { port: site.port }, signal: controller.signal }), /stop/)
  await site[Symbol.asyncDispose]()
  assert.equal((await look(site.port)).status, 'connection refused')
})
