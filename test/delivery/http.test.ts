import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer as createTlsServer } from 'node:https'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { Static, TObject } from 'typebox'
import { judge, postJson, type HttpAnswer } from '../../src/adapters/channels/http.ts'
import { webhook } from '../../src/adapters/channels/webhook.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemLog } from '../../src/adapters/system/log.ts'
import { systemResolver } from '../../src/adapters/system/resolver.ts'
import type { DeliveryOutcome } from '../../src/contracts/channel.ts'
import type { Resolver } from '../../src/contracts/check-type.ts'
import { message } from './change.ts'
import { certificate, privateKey } from './certificate.ts'
import { httpReceiver, loopback, type Reply } from './receivers.ts'

const log = systemLog('silent')
const expected = 'Expected one of: /2[0-9]{2}/'

async function deliver(details: Static<TObject>, options: { readonly timeout?: number; readonly resolver?: Resolver; readonly said?: ReturnType<typeof message> } = {}): Promise<DeliveryOutcome> {
  using deadline = systemClock.deadline(options.timeout ?? 10_000)
  return await webhook.deliver({ details: details as Static<typeof webhook.details>, message: options.said ?? message(), clock: systemClock, log, resolver: options.resolver ?? loopback, signal: deadline.signal })
}

test('a webhook is the reference’s: the payload, the account’s token, the key; signed with its secret', async () => {
  await using receiver = await httpReceiver()
  assert.deepEqual(await deliver({ url: `${receiver.url}/hook?a=b`, secret: 'sesame' }), { kind: 'delivered', message: 'Success: Webhook successfully executed' })
  const [letter] = receiver.letters
  assert.ok(letter !== undefined)
  assert.deepEqual([letter.path, letter.headers['x-rackspace-webhook-token'], letter.headers['idempotency-key'], letter.headers['content-type']], ['/hook?a=b', 'token12345', 'alWusVry77:7:ntOne', 'application/json; charset=utf-8'])
  assert.equal(JSON.parse(letter.body).details.state, 'CRITICAL')
  const [, seconds, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(letter.headers['x-vedette-signature'] ?? '') ?? []
  assert.equal(signature, createHmac('sha256', 'sesame').update(`${seconds}.${letter.body}`).digest('hex'))
})

test('without secret and token there is neither header', async () => {
  await using receiver = await httpReceiver()
  await deliver({ url: receiver.url }, { said: message(undefined, { account: { id: 'ac', webhook_token: null } }) })
  const { headers } = receiver.letters[0] ?? { headers: {} }
  assert.ok(!('x-vedette-signature' in headers) && !('x-rackspace-webhook-token' in headers))
})

test('user and password of the address become a header', async () => {
  await using receiver = await httpReceiver()
  await deliver({ url: receiver.url.replace('//', '//me:p%40ss@') })
  assert.equal(receiver.letters[0]?.headers['authorization'], `Basic ${Buffer.from('me:p@ss').toString('base64')}`)
})

const answers: [reply: Reply, kind: DeliveryOutcome['kind'], message: string][] = [
  [{ status: 204 }, 'delivered', 'Success: Webhook successfully executed'],
  [{ status: 404 }, 'try-again', `Unexpected status code "404". ${expected}`],
  [{ status: 401 }, 'try-again', `Unexpected status code "401". ${expected}`],
  [{ status: 405 }, 'try-again', `Unexpected status code "405". ${expected}`],
  [{ status: 429 }, 'try-again', `Unexpected status code "429". ${expected}`],
  [{ status: 503 }, 'try-again', `Unexpected status code "503". ${expected}`],
  [{ status: 400 }, 'give-up', `Unexpected status code "400". ${expected}`],
  [{ status: 410 }, 'give-up', `Unexpected status code "410". ${expected}`],
  [{ status: 413 }, 'give-up', `Unexpected status code "413". ${expected}`],
  [{ status: 422 }, 'give-up', `Unexpected status code "422". ${expected}`],
  [{ status: 302, headers: { location: '/elsewhere?token=1' } }, 'try-again', `Unexpected status code "302". ${expected}. Not followed: a redirect to http://hook.example/elsewhere`],
  [{ status: 301, headers: { location: 'http://[' } }, 'try-again', `Unexpected status code "301". ${expected}. Not followed: a redirect to an address that is none`],
]
for (const [reply, kind, text] of answers) {
  test(`status ${reply.status} is ${kind}`, async () => {
    await using receiver = await httpReceiver()
    receiver.answer(() => reply)
    const outcome = await deliver({ url: `http://hook.example:${receiver.port}/` })
    assert.equal(outcome.kind, kind)
    assert.equal(outcome.message.replace(`:${receiver.port}`, ''), text)
    assert.equal(receiver.letters.length, 1)
  })
}

const pauses: [header: string, wait: number | undefined][] = [
  ['120', 120_000], ['Thu, 01 Jan 1970 00:20:00 GMT', 200_000], ['soon', undefined], ['0', undefined], ['Thu, 01 Jan 1970 00:00:00 GMT', undefined],
]
for (const [header, wait] of pauses) {
  test(`Retry-After: ${header}`, () => {
    const now = 1_000_000
    const answer: HttpAnswer = { kind: 'answer', url: new URL('http://x/'), status: 429, headers: { 'retry-after': header }, body: '' }
    const outcome = judge(answer, { success: '', now })
    assert.equal(outcome.kind === 'try-again' ? outcome.notBefore : 0, wait === undefined ? undefined : now + wait)
  })
}

test('nobody listens', async () => {
  await using receiver = await httpReceiver()
  await receiver[Symbol.asyncDispose]()
  assert.deepEqual(await deliver({ url: receiver.url }), { kind: 'try-again', message: 'ECONNREFUSED, Connection refused' })
})

test('a connection that is cut off before the answer is tried again', async () => {
  await using server = await listening(createServer((socket) => socket.once('data', () => socket.destroy())))
  assert.equal((await deliver({ url: `http://127.0.0.1:${server.port}/` })).kind, 'try-again')
})

test('a name that does not exist, and one that leads to a forbidden address', async () => {
  assert.deepEqual(await deliver({ url: 'http://missing.example/' }), { kind: 'try-again', message: 'ENOTFOUND, missing.example does not exist' })
  assert.deepEqual(await deliver({ url: 'http://forbidden.example/' }), { kind: 'try-again', message: 'EACCES, Forbidden by this installation: 169.254.169.254' })
})

test('an operator’s forbidden range holds for an address that is written out, in every way of writing it', async () => {
  await using receiver = await httpReceiver()
  const forbids = systemResolver({ forbidden: ['127.0.0.0/8', '::1'] })
  for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '0.0.0.0', 'localhost']) {
    const outcome = await deliver({ url: `http://${host}:${receiver.port}/` }, { resolver: forbids })
    assert.match(outcome.message, /^EACCES, Forbidden/, host)
  }
  assert.equal(receiver.letters.length, 0)
  assert.equal((await deliver({ url: `http://127.0.0.1:${receiver.port}/` }, { resolver: systemResolver({ forbidden: ['10.0.0.0/8'] }) })).kind, 'delivered')
})

test('over TLS the name counts, and a certificate that nobody vouches for is refused', async () => {
  let asked = ''
  await using server = await listening(createTlsServer({ cert: certificate, key: privateKey }, (request, response) => {
    asked = request.headers.host ?? ''
    response.end('ok')
  }))
  assert.match((await deliver({ url: `https://hook.example:${server.port}/` })).message, /^DEPTH_ZERO_SELF_SIGNED_CERT, Self-signed certificate/)
  const usual = getCACertificates('default')
  try {
    setDefaultCACertificates([...usual, certificate])
    assert.equal((await deliver({ url: `https://hook.example:${server.port}/` })).kind, 'delivered')
    assert.equal(asked, `hook.example:${server.port}`)
    assert.match((await deliver({ url: `https://other.example:${server.port}/` })).message, /^ERR_TLS_CERT_ALTNAME_INVALID/)
  } finally {
    setDefaultCACertificates(usual)
  }
})

test('a handshake that never ends leaves no connection behind', { timeout: 20_000 }, async () => {
  const closed = Promise.withResolvers<void>()
  await using server = await listening(createServer((socket) => {
    socket.on('error', () => {})
    socket.resume().once('close', closed.resolve)
  }))
  assert.deepEqual(await deliver({ url: `https://hook.example:${server.port}/` }, { timeout: 200 }), { kind: 'try-again', message: 'ETIMEDOUT, No answer in time' })
  await closed.promise
})

test('an answer that stops in the middle of its body still counts by its status', async () => {
  await using server = await listening(createServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nha'))))
  assert.equal((await deliver({ url: `http://127.0.0.1:${server.port}/` })).kind, 'delivered')
})

test('at most 16 KB of an answer are kept', async () => {
  await using receiver = await httpReceiver()
  receiver.answer(() => ({ status: 200, body: 'x'.repeat(100_000) }))
  const answer = await postJson({ message: message(), resolver: loopback, signal: AbortSignal.timeout(10_000) }, receiver.url, '{}')
  assert.equal(answer.kind === 'answer' ? answer.body.length : 0, 16_384)
})

async function listening(server: Server): Promise<AsyncDisposable & { readonly port: number }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has such an address
    [Symbol.asyncDispose]: async () => { await new Promise((resolve) => server.close(resolve)) },
  }
}
