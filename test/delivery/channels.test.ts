import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { Value } from 'typebox/value'
import { allChannels } from '../../src/adapters/channels/index.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { channelSuite, type ChannelHarness } from '../../src/contracts/channel.suite.ts'
import { message } from './change.ts'
import { httpReceiver, loopback, smtpReceiver, type Receiver } from './receivers.ts'

/** Details that lead each channel to a server at `url`; secrets are long enough to be found. */
const roads: Readonly<Record<string, (url: string) => Record<string, unknown>>> = {
  webhook: (url) => ({ url: `${url}/hook`, secret: 'a-webhook-secret' }),
  email: () => ({ address: 'someone@example.com' }),
  pagerduty: (url) => ({ service_key: 'b94d27b9934d3e08a52e52d7da7dabfa', service_endpoint: `${url}/v2/enqueue` }),
  victorops: (url) => ({ api_key: '1b4e28ba-2fa1-4d3a-a3f2-00163e1f0c5d', routing_key: 'team', service_endpoint: url }),
  slack: (url) => ({ url: `${url}/services/T000/B000/slacksecret` }),
  discord: (url) => ({ url: `${url}/api/webhooks/1/discordsecret` }),
  telegram: (url) => ({ bot_token: '123456:telegram-secret', chat_id: '42', api_url: url }),
  ntfy: (url) => ({ topic: 'alerts', server: url, token: 'tk_ntfysecret' }),
}

const types = allChannels(null).map((channel) => channel.type)
for (const type of types) channelSuite(type, () => harness(type), message())

test('every channel of the registry is tried here, and every file of the folder is in the registry', async () => {
  assert.deepEqual(types.toSorted(), Object.keys(roads).toSorted())
  const files = await readdir(new URL('../../src/adapters/channels', import.meta.url))
  const shared = ['index.ts', 'http.ts', 'fields.ts']
  assert.deepEqual(files.filter((file) => !file.endsWith('.test.ts') && !shared.includes(file)).map((file) => file.replace('.ts', '')).toSorted(), types.toSorted())
})

test('every detail is described, and secrets name details that exist', () => {
  for (const { type, details, secrets } of allChannels(null)) {
    for (const [name, schema] of Object.entries(details.properties)) assert.ok('description' in schema, `${type}.${name}`)
    for (const secret of secrets) assert.ok(secret in details.properties, `${type}.${secret}`)
  }
})

async function harness(type: string): Promise<ChannelHarness> {
  const receiver: Receiver = type === 'email' ? await smtpReceiver() : await httpReceiver()
  const smtp = { host: '127.0.0.1', port: receiver.port, secure: false, from: 'Vedette <vedette@example.com>' }
  const channel = allChannels(smtp).find((one) => one.type === type)
  const details = roads[type]?.(`http://127.0.0.1:${receiver.port}`)
  assert.ok(channel !== undefined && details !== undefined && Value.Check(channel.details, details), `the details for ${type} do not fit its schema`)
  return {
    channel, details, clock: systemClock, resolver: loopback,
    behave: (manners) => receiver.behave(manners),
    received: () => receiver.letters.map(({ path, headers, body }) => `${path}\n${JSON.stringify(headers)}\n${body}`),
    flooded: () => receiver.flooded,
    quiet: () => receiver.quiet(),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  }
}
