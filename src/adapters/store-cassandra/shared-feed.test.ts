import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FeedEvent } from '../../contracts/feed.ts'
import { recordingLog } from '../simulated/log.ts'
import { systemClock } from '../system/clock.ts'
import { systemRandom } from '../system/random.ts'
import { sharedCassandra } from '../../../scripts/lab/cassandra.ts'
import { openSession } from './open.ts'
import { SharedFeed } from './shared-feed.ts'

const observation = (tenant: string, check: string, at: number): FeedEvent => ({ kind: 'observation', tenant, entity: 'en1', check, zone: 'mza', at, available: true, status: '' })

test('news of one process are heard in another that looks, once, the newest of a check only, and of no other tenant', async () => {
  const cassandra = await sharedCassandra()
  const options = { contactPoints: cassandra.contactPoints, port: cassandra.port, keyspace: 'shared_feed_test', region: 'dc1', replication: new Map([['dc1', 1]]), clock: systemClock, random: systemRandom, log: recordingLog() }
  await using first = await openSession(options)
  await using second = await openSession(options)
  await using here = new SharedFeed(first, `a-${process.pid}`, systemClock, options.log)
  await using there = new SharedFeed(second, `b-${process.pid}`, systemClock, options.log)
  const tenant = `t${process.pid}`
  const stop = AbortSignal.timeout(30_000)
  const heard: FeedEvent[] = []
  let at = 0
  // Somebody looks at `there`; that is known at `here` soon, and until then news of here are not written.
  const speaking = (async () => {
    while (!stop.aborted && heard.length < 3) {
      at += 1
      for (const event of [observation(tenant, 'ch1', at), observation(tenant, 'ch1', at + 0.5), observation('other', 'ch2', at)]) here.publish(event)
      await systemClock.sleep(700)
    }
  })()
  for await (const event of there.subscribe(tenant, stop)) {
    heard.push(event)
    if (heard.length === 3) break
  }
  await speaking
  assert.equal(heard.length, 3)
  const times = heard.map((event) => (event.kind === 'observation' && event.tenant === tenant ? event.at : Number.NaN))
  assert.ok(times.every((time) => time % 1 === 0.5), times.join())
  assert.deepEqual(times.toSorted((a, b) => a - b), times)
  assert.equal(new Set(times).size, 3)
  assert.deepEqual(options.log.lines.filter((line) => line.level === 'warn'), [])
})
