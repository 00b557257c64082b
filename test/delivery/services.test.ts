import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allChannels } from '../../src/adapters/channels/index.ts'
import type { SmtpSettings } from '../../src/adapters/channels/email.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemLog } from '../../src/adapters/system/log.ts'
import type { DeliveryOutcome, Message } from '../../src/contracts/channel.ts'
import { at, change, message } from './change.ts'
import { httpReceiver, loopback, smtpReceiver, type HttpReceiver, type Reply } from './receivers.ts'

const log = systemLog('silent')
const ok = message(change({ state: 'OK', previousState: 'CRITICAL' }))
const linked = message(change(), { link: 'https://vedette.example/c' })
const evil = message(change({ status: '<!channel> @everyone & more' }))

async function deliver(type: string, details: Record<string, unknown>, said: Message, smtp: SmtpSettings | null = null): Promise<DeliveryOutcome> {
  const channel = allChannels(smtp).find((one) => one.type === type)
  assert.ok(channel !== undefined)
  using deadline = systemClock.deadline(10_000)
  return await channel.deliver({ details, message: said, clock: systemClock, log, resolver: loopback, signal: deadline.signal })
}

/** What a service was sent. */
async function posted(type: string, details: (url: string) => Record<string, unknown>, said: Message): Promise<{ path: string; body: any; headers: Readonly<Record<string, string>> }> { // oxlint-disable-line no-explicit-any -- JSON of six shapes, looked at by its keys
  await using receiver = await httpReceiver()
  assert.equal((await deliver(type, details(receiver.url), said)).kind, 'delivered')
  const [letter] = receiver.letters
  assert.ok(letter !== undefined)
  return { ...letter, body: JSON.parse(letter.body) }
}

test('Slack gets text in which nothing is markup', async () => {
  const { path, body } = await posted('slack', (url) => ({ url: `${url}/services/a` }), evil)
  assert.equal(path, '/services/a')
  assert.match(body.text, /^CRITICAL: website on web-1 \(was OK\)\n&lt;!channel&gt; @everyone &amp; more\n/)
})

test('Discord gets text that mentions nobody', async () => {
  const { body } = await posted('discord', (url) => ({ url }), evil)
  assert.deepEqual(body.allowed_mentions, { parse: [] })
  assert.match(body.content, /^CRITICAL: website on web-1/)
})

test('Telegram gets plain text for a chat', async () => {
  const { path, body } = await posted('telegram', (url) => ({ bot_token: '1:abc', chat_id: '@alerts', api_url: `${url}/` }), evil)
  assert.deepEqual([path, body.chat_id, 'parse_mode' in body], ['/bot1:abc/sendMessage', '@alerts', false])
  assert.match(body.text, /<!channel> @everyone & more/)
})

test('ntfy gets a priority by state, the token and the link', async () => {
  const details = (url: string) => ({ topic: 'alerts', server: url, token: 'tk_1' })
  const { path, body, headers } = await posted('ntfy', details, linked)
  assert.deepEqual([path, headers['authorization'], body.topic, body.title, body.priority, body.click], ['/', 'Bearer tk_1', 'alerts', 'CRITICAL: website on web-1', 5, 'https://vedette.example/c'])
  assert.equal((await posted('ntfy', details, ok)).body.priority, 3)
})

test('PagerDuty opens one incident an alarm and resolves it', async () => {
  const details = (url: string) => ({ service_key: 'abc', service_endpoint: url })
  const { body } = await posted('pagerduty', details, linked)
  assert.deepEqual(
    [body.routing_key, body.event_action, body.dedup_key, body.client_url, body.payload.summary, body.payload.source, body.payload.severity, body.payload.timestamp],
    ['abc', 'trigger', 'alWusVry77', 'https://vedette.example/c', 'CRITICAL: website on web-1: HTTP 502', 'www.example.com', 'critical', new Date(at).toISOString()])
  assert.deepEqual((await posted('pagerduty', details, ok)).body, { routing_key: 'abc', event_action: 'resolve', dedup_key: 'alWusVry77' })
})

test('a test of PagerDuty shows up as information, in an incident of its own', async () => {
  const { body } = await posted('pagerduty', (url) => ({ service_key: 'abc', service_endpoint: url }), message(ok.entry, { test: true, key: 'test:1' }))
  assert.deepEqual([body.event_action, body.dedup_key, body.payload.severity], ['trigger', 'test:1', 'info'])
})

test('VictorOps opens one incident an alarm and closes it', async () => {
  const details = (url: string) => ({ api_key: '1b4e28ba-2fa1-4d3a-a3f2-00163e1f0c5d', service_endpoint: url })
  const { path, body } = await posted('victorops', details, message())
  assert.deepEqual([path, body.message_type, body.entity_id, body.state_start_time], ['/1b4e28ba-2fa1-4d3a-a3f2-00163e1f0c5d/default', 'CRITICAL', 'alWusVry77', Math.floor(at / 1000)])
  assert.equal((await posted('victorops', details, ok)).body.message_type, 'RECOVERY')
})

const refusals: [type: string, details: (url: string) => Record<string, unknown>, reply: Reply, says: string][] = [
  ['slack', (url) => ({ url }), { status: 404, body: 'no_service' }, 'no_service'],
  ['discord', (url) => ({ url }), { status: 404, body: '{"message":"Unknown Webhook","code":10015}' }, 'Unknown Webhook'],
  ['telegram', (url) => ({ bot_token: '1:abc', chat_id: '1', api_url: url }), { status: 400, body: '{"ok":false,"description":"Bad Request: chat not found"}' }, 'Bad Request: chat not found'],
  ['pagerduty', (url) => ({ service_key: 'abc', service_endpoint: url }), { status: 400, body: '{"status":"invalid event","errors":["no such key","nor this"]}' }, 'no such key; nor this'],
  ['ntfy', (url) => ({ topic: 'a', server: url }), { status: 403, body: '{"code":40301,"error":"forbidden"}' }, 'forbidden'],
]
for (const [type, details, reply, says] of refusals) {
  test(`${type} tells why it refuses`, async () => {
    await using receiver: HttpReceiver = await httpReceiver()
    receiver.answer(() => reply)
    assert.equal((await deliver(type, details(receiver.url), message())).message, `Unexpected status code "${reply.status}". Expected one of: /2[0-9]{2}/. The receiver says: ${says}`)
  })
}

test('a pause that a chat asks for in its body is kept', async () => {
  await using receiver = await httpReceiver()
  for (const [type, details, body] of [
    ['telegram', { bot_token: '1:abc', chat_id: '1', api_url: receiver.url }, '{"parameters":{"retry_after":35}}'],
    ['discord', { url: receiver.url }, '{"retry_after":35}'],
  ] as const) {
    receiver.answer(() => ({ status: 429, body }))
    const before = systemClock.now()
    const outcome = await deliver(type, details, message())
    assert.ok(outcome.kind === 'try-again' && outcome.notBefore !== undefined && outcome.notBefore >= before + 35_000, type)
  }
})

const server = (port: number, other: Partial<SmtpSettings> = {}): SmtpSettings => ({ host: '127.0.0.1', port, secure: false, from: 'Vedette <watch@vedette.example>', ...other })
const someone = { address: 'someone@example.com' }

test('an e-mail carries the reference’s subject, and a Message-ID that every attempt shares', async () => {
  await using receiver = await smtpReceiver()
  for (let attempt = 0; attempt < 2; attempt++) {
    assert.deepEqual(await deliver('email', someone, message(), server(receiver.port)), { kind: 'delivered', message: 'Success: Email successfully sent' })
  }
  for (const { path, body } of receiver.letters) {
    assert.equal(path, 'someone@example.com')
    assert.match(body, /^Message-ID: <alWusVry77\.7\.ntOne@vedette\.example>\r$/m)
    assert.match(body, /^References: <alWusVry77@vedette\.example>\r$/m)
    assert.match(body, /^Subject: \*\* CRITICAL: website on web-1 \*\*\r$/m)
    assert.match(body, /^Auto-Submitted: auto-generated\r$/m)
    assert.match(body, /Entity: web-1 \(203\.0\.113\.9\)/)
  }
  assert.equal(receiver.letters.length, 2)
})

test('a recipient who does not exist is given up, a refused login is not', async () => {
  await using strict = await smtpReceiver({ refuseRecipients: true })
  assert.deepEqual(await deliver('email', someone, message(), server(strict.port)), { kind: 'give-up', message: 'The mail server says: 550 no such mailbox' })
  await using closed = await smtpReceiver({ login: true })
  const outcome = await deliver('email', someone, message(), server(closed.port, { user: 'me', password: 'wrong-password' }))
  assert.equal(outcome.kind, 'try-again')
  assert.match(outcome.message, /^The mail server says: 535/)
  assert.equal((await deliver('email', someone, message(), server(closed.port, { user: 'me', password: 'right' }))).kind, 'delivered')
})

test('a mail server that is not there, and none at all', async () => {
  const gone = await smtpReceiver()
  await gone[Symbol.asyncDispose]()
  assert.deepEqual(await deliver('email', someone, message(), server(gone.port)), { kind: 'try-again', message: 'ECONNREFUSED, Connection refused' })
  assert.deepEqual(await deliver('email', someone, message()), { kind: 'try-again', message: 'No mail server is configured' })
})

test('without TLS there is no mail where the operator demands it', async () => {
  await using receiver = await smtpReceiver()
  assert.equal((await deliver('email', someone, message(), server(receiver.port, { requireTls: true }))).kind, 'try-again')
  assert.equal(receiver.letters.length, 0)
})
