import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allChannels } from '../../src/adapters/channels/index.ts'
import { simulatedClock } from '../../src/adapters/simulated/clock.ts'
import { simulatedRandom } from '../../src/adapters/simulated/random.ts'
import { openSimulatedStore } from '../../src/adapters/simulated/store/open.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemLog } from '../../src/adapters/system/log.ts'
import { testNotification, type TestNotificationResult } from '../../src/flows/test-notification.ts'
import { httpReceiver, loopback } from './receivers.ts'
import { glassBox } from './world.ts'

async function run(type: string, details: Record<string, unknown>): Promise<TestNotificationResult> {
  const random = simulatedRandom(1)
  const { configuration } = openSimulatedStore({ clock: simulatedClock(), random })
  const deps = {
    configuration, random, clock: systemClock, log: systemLog('silent'), resolver: loopback, secretBox: glassBox, link: () => null,
    channels: new Map(allChannels(null).map((channel) => [channel.type, channel])),
  }
  return testNotification(deps, '487439', { id: 'ntOne', label: 'one', type, details }, new AbortController().signal)
}

test('a test is one attempt, says that it is one, and acts as nothing', async () => {
  await using receiver = await httpReceiver()
  assert.deepEqual(await run('webhook', { url: receiver.url, secret: 'sealed:x' }), { status: 'success', message: 'Success: Webhook successfully executed' })
  assert.deepEqual(await run('slack', { url: `sealed:${receiver.url}/services/x` }), { status: 'success', message: 'Success: Slack took the message' })
  const [hook, chat] = receiver.letters.map((letter) => JSON.parse(letter.body))
  assert.deepEqual([hook.details.state, hook.details.status, hook.tenant_id], ['OK', 'This is a test message; nothing happened.', '487439'])
  assert.match(chat.text, /^TEST OK: Test check on Test entity/)
  assert.equal(receiver.letters.length, 2)
})

test('what goes wrong is told in the words of the transport', async () => {
  await using receiver = await httpReceiver()
  receiver.answer(() => ({ status: 404 }))
  assert.deepEqual(await run('webhook', { url: receiver.url }), { status: 'error', message: 'Unexpected status code "404". Expected one of: /2[0-9]{2}/' })
  assert.deepEqual(await run('pigeon', {}), { status: 'error', message: 'There is no channel of type pigeon here' })
  assert.deepEqual(await run('webhook', { url: 'nowhere' }), { status: 'error', message: 'The details are not those of a webhook notification' })
})
