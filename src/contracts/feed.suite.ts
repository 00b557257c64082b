import assert from 'node:assert/strict'
import { defineSuite } from './define.suite.ts'
import type { Feed, FeedEvent } from './feed.ts'

const event = (entity: string, tenant = '100000'): FeedEvent => ({ kind: 'configuration', tenant, entity })

/** The next `count` events of a subscription. */
async function take(events: AsyncIterable<FeedEvent>, count: number): Promise<(string | null)[]> {
  const iterator = events[Symbol.asyncIterator]()
  const taken: (string | null)[] = []
  while (taken.length < count) {
    const { value, done } = await iterator.next()
    if (done === true) break
    if (value.kind === 'configuration') taken.push(value.entity)
  }
  return taken
}

export const feedSuite = defineSuite<{ readonly feed: Feed }>('feed', {
  async 'a subscriber hears what is published from then on, in order'({ feed }) {
    const leave = new AbortController()
    feed.publish(event('before'))
    const events = feed.subscribe('100000', leave.signal)
    for (const name of ['a', 'b', 'c']) feed.publish(event(name))
    assert.deepEqual(await take(events, 3), ['a', 'b', 'c'])
    leave.abort()
  },

  async 'each tenant hears its own, and each subscriber all of it'({ feed }) {
    const leave = new AbortController()
    const all = [feed.subscribe('1', leave.signal), feed.subscribe('1', leave.signal), feed.subscribe('2', leave.signal)]
    for (const [name, tenant] of [['a', '1'], ['b', '2'], ['c', '1']] as const) feed.publish(event(name, tenant))
    assert.deepEqual(await Promise.all(all.map((events, i) => take(events, i === 2 ? 1 : 2))), [['a', 'c'], ['a', 'c'], ['b']])
    leave.abort()
  },

  async 'a subscriber that waits is woken'({ feed }) {
    const leave = new AbortController()
    const waiting = take(feed.subscribe('100000', leave.signal), 1)
    feed.publish(event('a'))
    assert.deepEqual(await waiting, ['a'])
    leave.abort()
  },

  async 'a subscriber that is slower than its buffer loses the oldest, and nobody waits for it'({ feed }) {
    const leave = new AbortController()
    const events = feed.subscribe('100000', leave.signal)
    for (let i = 1; i <= 1500; i++) feed.publish(event(`${i}`))
    const taken = await take(events, 1000)
    assert.deepEqual([taken[0], taken.at(-1)], ['501', '1500'])
    leave.abort()
  },

  async 'aborting ends the subscription'({ feed }) {
    const leave = new AbortController()
    const waiting = take(feed.subscribe('100000', leave.signal), 1)
    leave.abort()
    assert.deepEqual(await waiting, [])
    assert.deepEqual(await take(feed.subscribe('100000', leave.signal), 1), [])
  },
})
