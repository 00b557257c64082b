import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import { afterEach, test } from 'node:test'
import { setDefaultCACertificates } from 'node:tls'
import { remoteHttp } from '../remote-http.ts'
import { authority, selfSigned, type Identity } from './authority.suite.ts'
import { assertFacts, assertNothingOpen, listening, probe, talking, values } from './probing.suite.ts'

const ca = await authority()
// Before the first handshake: the roots are read once.
setDefaultCACertificates([ca.root])
afterEach(assertNothingOpen)

const site = (identity: Identity) => listening(createServer(identity, (_, response) => response.end('hello')))
const look = (port: number, details: Record<string, unknown> = {}) => probe(remoteHttp, { details: { url: `https://www.example.com:${port}/`, body: 'hello', ...details } })

test('a trusted certificate is described', async () => {
  const [from, to] = [Date.now() - 3_600_000, Date.now() + 7_200_000]
  await using server = await site(await ca.issue({ subject: 'CN=www.example.com, O=Example', names: ['www.example.com', 'example.org', '127.0.0.1'], from, to }))
  const result = await look(server.port)
  assert.match(result.status, /^code=200,/)
  assertFacts(remoteHttp, result)
  const { cert_end_in, ...seen } = values(result)
  assert.ok(Number(cert_end_in) > 7000 && Number(cert_end_in) <= 7200)
  const { cert_start, cert_end, cert_error, cert_issuer, cert_subject, cert_subject_alternative_names, body_match } = seen
  assert.deepEqual([cert_start, cert_end], [Math.floor(from / 1000), Math.floor(to / 1000)])
  assert.deepEqual([cert_error, cert_issuer, cert_subject], ['', 'CN=Test Root', 'CN=www.example.com, O=Example'])
  assert.deepEqual([cert_subject_alternative_names, body_match], ['www.example.com, example.org, 127.0.0.1', 'hello'])
  const { connect = 0, tls = 0, firstByte = 0 } = result.phases ?? {}
  assert.ok(connect > 0 && tls > 0 && firstByte > 0)
  assert.ok(Number(seen['tt_connect']) <= Number(seen['tt_tls']) && Number(seen['tt_tls']) <= Number(seen['tt_firstbyte']))
})

const names = ['www.example.com']
const distrusted: readonly (readonly [name: string, identity: () => Promise<Identity>, error: string])[] = [
  ['expired', () => ca.issue({ names, from: Date.now() - 9e6, to: Date.now() - 5e6 }), 'certificate has expired'],
  ['not valid yet', () => ca.issue({ names, from: Date.now() + 5e6, to: Date.now() + 9e6 }), 'certificate is not valid yet'],
  ['for another name', () => ca.issue({ names: ['other.example.com'] }), 'certificate is for another name'],
  ['self-signed', () => selfSigned({ names }), 'self-signed certificate'],
  ['of an unknown issuer', async () => (await authority('CN=Another Root')).issue({ names }), 'certificate of an unknown issuer'],
]
for (const [name, identity, error] of distrusted) {
  test(`a certificate ${name} makes the target unavailable, and nothing is sent`, async () => {
    let asked = 0
    await using server = await listening(createServer(await identity(), (_, response) => {
      asked += 1
      response.end('hello')
    }))
    const result = await look(server.port, { auth_user: 'u', auth_password: 'p' })
    assert.deepEqual([result.available, result.status, asked], [false, `tls: ${error}`, 0])
    const { cert_error, cert_end_in, code } = values(result)
    assert.deepEqual([cert_error, code], [error, undefined])
    assert.equal(Number(cert_end_in) < 0, error === 'certificate has expired')
    const trusting = await look(server.port, { verify_certificate: false })
    assert.deepEqual([trusting.available, values(trusting)['cert_error'], values(trusting)['code']], [true, error, '200'])
  })
}

test('a certificate for the address is good where the URL names the address', async () => {
  await using server = await site(await ca.issue({ names: ['127.0.0.1'] }))
  assert.equal((await look(server.port, { url: `https://127.0.0.1:${server.port}/` })).available, true)
  assert.equal((await look(server.port)).status, 'tls: certificate is for another name')
})

test('what is no TLS is named', async () => {
  await using plain = await talking((socket) => socket.end('HTTP/1.1 400 Bad\r\n\r\n'))
  assert.match((await look(plain.port)).status, /^tls: \w/)
  await using closing = await talking((socket) => socket.once('data', () => socket.end()))
  assert.equal((await look(closing.port)).status, 'tls: the handshake was broken off')
  await using silent = await talking(() => {})
  const { status, phases } = await probe(remoteHttp, { details: { url: `https://www.example.com:${silent.port}/` }, timeout: 0.1 })
  assert.deepEqual([status, phases?.tls], ['timeout', undefined])
})
