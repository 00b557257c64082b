import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { createServer, setDefaultCACertificates } from 'node:tls'
import { authority, selfSigned } from './kit/authority.suite.ts'
import { assertFacts, assertNothingOpen, listening, probe, talking, values } from './kit/probing.suite.ts'
import { remoteTcp } from './remote-tcp.ts'

const ca = await authority()
setDefaultCACertificates([ca.root])
afterEach(assertNothingOpen)

const look = (port: number, details: Record<string, unknown> = {}, timeout = 5) => probe(remoteTcp, { details: { port, ...details }, timeout })

test('a port that takes connections is available', async () => {
  await using server = await talking(() => {})
  const result = await look(server.port)
  assertFacts(remoteTcp, result)
  assert.match(result.status, /^connected,rt=\d+\.\d{3}s$/)
  assert.deepEqual([result.available, Object.keys(values(result))], [true, ['duration', 'tt_connect']])
  assert.deepEqual(Object.keys(result.phases ?? {}), ['connect', 'total'])
})

test('a closed port is refused', async () => {
  const server = await talking(() => {})
  await server[Symbol.asyncDispose]()
  assert.equal((await look(server.port)).status, 'connection refused')
})

test('the banner is the first line, however it comes', async () => {
  await using server = await talking((socket) => {
    socket.write('SSH-2.0-Op')
    setTimeout(() => socket.write('enSSH_9.2\r\nmore'), 30)
  })
  const { banner, banner_match, tt_firstbyte } = values(await look(server.port, { banner_match: 'SSH-\\d' }))
  assert.deepEqual([banner, banner_match, typeof tt_firstbyte], ['SSH-2.0-OpenSSH_9.2', 'SSH-2', 'number'])
  const other = await look(server.port, { banner_match: 'SMTP' })
  assert.deepEqual([other.available, values(other)['banner_match']], [true, ''])
})

test('a banner without a line end is taken when the server pauses', async () => {
  await using server = await talking((socket) => socket.write('login: '))
  const { banner, banner_match } = values(await look(server.port, { banner_match: 'login' }))
  assert.deepEqual([banner, banner_match], ['login: ', 'login'])
  const other = await look(server.port, { banner_match: 'password' }, 0.2)
  assert.deepEqual([other.available, other.status, values(other)['banner']], [false, 'timeout', 'login: '])
})

test('what is sent follows the banner, and the answer gives named metrics', async () => {
  let heard = ''
  await using server = await talking((socket) => {
    socket.write('+READY\r\n')
    socket.on('data', (data: Buffer) => {
      heard += data.toString()
      socket.write('version:7.2\r\nclients:')
      setTimeout(() => socket.write('15\r\n'), 20)
    })
  })
  const result = await look(server.port, { banner_match: 'READY', send_body: 'INFO\r\n', body_match: 'version:(?P<version>[0-9.]+)\\s+clients:(?P<clients>[0-9]+)' })
  assertFacts(remoteTcp, result)
  const { version, clients, body_match, banner, tt_body } = values(result)
  assert.deepEqual([heard, version, clients, body_match, banner, typeof tt_body], ['INFO\r\n', '7.2', '15', 'version:7.2\r\nclients:15', '+READY', 'number'])
})

test('groups named key and value give a metric for every match, but none of ours', async () => {
  await using server = await talking((socket) => socket.end('used=5 free=7 duration=99 bad name=1\n'))
  const { used, free, name, duration } = values(await look(server.port, { body_match: '(?P<key>[a-z]+)=(?P<value>[0-9]+)' }))
  assert.deepEqual([used, free, name], ['5', '7', '1'])
  assert.notEqual(duration, '99')
})

test('the body is its first 1024 bytes, and may begin with what came with the banner', async () => {
  await using server = await talking((socket) => socket.write(`hello\nbegin${'x'.repeat(5000)}end`))
  const { body_match } = values(await look(server.port, { banner_match: 'h', body_match: '^beginx{900}' }))
  assert.equal(body_match, `begin${'x'.repeat(75)}`)
  assert.equal(values(await look(server.port, { body_match: 'end' }))['body_match'], '')
})

test('a server that closes or resets instead of speaking is unavailable', async () => {
  await using closing = await talking((socket) => socket.end())
  assert.equal((await look(closing.port, { banner_match: 'x' })).status, 'connection closed')
  await using resetting = await talking((socket) => setTimeout(() => socket.resetAndDestroy(), 20))
  assert.equal((await look(resetting.port, { body_match: 'x' })).status, 'connection reset')
})

test('a half-open connection is a timeout', async () => {
  await using server = await talking(() => {})
  const result = await look(server.port, { send_body: 'x', body_match: 'y' }, 0.2)
  assert.deepEqual([result.available, result.status], [false, 'timeout'])
})

test('TLS gives the certificate, and a wrong one makes it unavailable', async () => {
  await using good = await listening(createServer(await ca.issue({ names: ['127.0.0.1'] }), (socket) => socket.end('220 ready\n')))
  const result = await look(good.port, { ssl: true, banner_match: '^220' })
  assertFacts(remoteTcp, result)
  assert.deepEqual([result.available, values(result)['cert_error'], values(result)['banner_match']], [true, '', '220'])
  assert.ok((result.phases?.tls ?? 0) > 0)
  await using bad = await listening(createServer(await selfSigned({ names: ['127.0.0.1'] }), (socket) => socket.end('220 ready\n')))
  const refused = await look(bad.port, { ssl: true, banner_match: '^220' })
  assert.deepEqual([refused.available, refused.status, values(refused)['cert_error']], [false, 'tls: self-signed certificate', 'self-signed certificate'])
  assert.equal((await look(bad.port, { ssl: true, verify_certificate: false })).available, true)
})

test('patterns that cannot be used are refused', () => {
  assert.equal(remoteTcp.problem?.({ port: 1, banner_match: '(' })?.key, 'banner_match')
  assert.equal(remoteTcp.problem?.({ port: 1, body_match: 'a{1000}{1000}' })?.key, 'body_match')
})
