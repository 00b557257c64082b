import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../../adapters/simulated/clock.ts'
import { systemFeed } from '../../adapters/system/feed.ts'
import type { FeedEvent } from '../../contracts/feed.ts'
import { heartbeat, news } from './feed.ts'

const tenant = '1'
const observation = (check: string, zone: string, at: number): FeedEvent => ({ kind: 'observation', tenant, entity: 'enA', check, zone, at, available: true, status: '' })
const always = async () => true

function listening(allowed: () => Promise<boolean> = always) {
  const clock = simulatedClock()
  const feed = systemFeed(clock)
  const stop = new AbortController()
  const messages = news(feed, tenant, clock, stop.signal, allowed)[Symbol.asyncIterator]()
  return { clock, feed, stop, next: () => clock.run(messages.next()) }
}

test('it begins with the time, and tells it again when there is nothing else to tell', async () => {
  const { clock, next } = listening()
  const started = clock.now()
  assert.deepEqual((await next()).value, [{ kind: 'heartbeat', now: started }])
  assert.deepEqual((await next()).value, [{ kind: 'heartbeat', now: started + heartbeat }])
})

test('news that come together are one message, and of several observations of a zone the newest is told', async () => {
  const { feed, next } = listening()
  await next()
  const waiting = next()
  for (const [zone, at] of [['mza', 1], ['mzb', 2], ['mza', 3]] as const) feed.publish(observation('chA', zone, at))
  feed.publish({ ...observation('chB', 'mza', 4), tenant: 'another' })
  const told: unknown = (await waiting).value
  assert.ok(Array.isArray(told))
  assert.deepEqual(told.slice(0, 2), [observation('chA', 'mza', 3), observation('chA', 'mzb', 2)])
  assert.equal(told.length, 3)
})

test('a listener that would get too much is asked to read everything again', async () => {
  const { clock, feed, next } = listening()
  await next()
  for (let check = 0; check < 6000; check += 500) {
    for (let i = 0; i < 500; i++) feed.publish(observation(`ch${check + i}`, 'mza', 1))
    await clock.settle()
  }
  const told: unknown = (await next()).value
  assert.ok(Array.isArray(told))
  assert.equal(told.filter((item) => item.kind === 'observation').length, 5000)
  assert.equal(told.filter((item) => item.kind === 'resync').length, 1)
})

test('it ends when the listener goes, and when the listener may not listen any more', async () => {
  const gone = listening()
  await gone.next()
  gone.stop.abort()
  assert.equal((await gone.next()).done, true)
  let may = true
  const refused = listening(async () => may)
  await refused.next()
  await refused.next()
  may = false
  assert.equal((await refused.next()).done, true)
})
