import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Attempt, Delivery } from '../alarm-row.ts'
import { change, delivery, frozen } from '../../../test/delivery/change.ts'
import { historyItem } from './history.ts'

const hook = frozen('ntOne', 'webhook', { url: 'http://example.com/', secret: 's3cret' })
const secrets = () => ['secret']
const tried = (outcome: Attempt['outcome'], message: string): Attempt => ({ at: 1, took: 1, outcome, message, from: 'ele' })
const refused = tried('try-again', 'ECONNREFUSED, Connection refused')

test('an item has the reference’s shape, and no secret', () => {
  const entry = change({ notifications: [hook] })
  const attempts = [refused, tried('delivered', 'Success: Webhook successfully executed')]
  assert.deepEqual(historyItem(entry, [delivery(entry, hook, { status: 'delivered', attempts })], secrets), {
    id: entry.id, timestamp: entry.at, notification_plan_id: 'npPlan', transaction_id: 'trace-1', status: 'HTTP 502', state: 'CRITICAL', previous_state: 'OK',
    notification_results: [{
      notification_id: 'ntOne', notification_type: 'webhook', notification_details: { url: 'http://example.com/', secret: '********' }, in_progress: false, success: true,
      message: 'Success: Webhook successfully executed',
      attempts: [{ message: 'ECONNREFUSED, Connection refused', from: 'ele' }, { message: 'Success: Webhook successfully executed', from: 'ele' }],
    }],
  })
})

const fates: [name: string, delivery: Partial<Delivery> | undefined, inProgress: boolean, message: string][] = [
  ['one that nobody made yet', undefined, true, 'Notification is about to be sent'],
  ['one that waits for its first attempt', {}, true, 'Notification is about to be sent'],
  ['one that is tried again', { attempts: [refused] }, true, 'ECONNREFUSED, Connection refused'],
  ['one that was given up', { status: 'given up', attempts: Array.from({ length: 10 }, () => refused) }, false, 'Notification failed after 10 attempts'],
  ['one that expired', { status: 'expired', attempts: [refused] }, false, 'Notification expired after 1 attempt'],
]
for (const [name, fate, inProgress, message] of fates) {
  test(`${name} says so`, () => {
    const entry = change({ notifications: [hook] })
    const [result] = historyItem(entry, fate === undefined ? [] : [delivery(entry, hook, fate)], secrets).notification_results
    assert.deepEqual([result?.in_progress, result?.success, result?.message], [inProgress, false, message])
  })
}

test('a suppressed change says what suppressed it', () => {
  const [result] = historyItem(change({ notifications: [hook], suppressedBy: ['spOne', 'spTwo'] }), [], secrets).notification_results
  assert.deepEqual([result?.in_progress, result?.success, result?.message], [false, false, 'Notification suppressed by spOne, spTwo'])
})
