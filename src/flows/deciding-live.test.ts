import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../adapters/simulated/clock.ts'
import { recordingLog } from '../adapters/simulated/log.ts'
import { simulatedRandom } from '../adapters/simulated/random.ts'
import { memorySpool } from '../adapters/spool/memory-spool.ts'
import { anObservation } from '../contracts/samples.suite.ts'
import type { EndpointLink } from '../contracts/transport.ts'
import { observationId } from '../core/observation.ts'
import { Courier } from '../roles/poller/courier.ts'
import { pollerDefaults } from '../roles/poller/settings.ts'

test('live observations that wait for more than one post go out in the order in which they were made', async () => {
  const clock = simulatedClock()
  const posted: number[] = []
  const post: EndpointLink['post'] = async (observations) => {
    posted.push(...observations.map((one) => one.sequence))
    await clock.sleep(20)
    return observations.map(observationId)
  }
  const link: EndpointLink = { post, schedule: async () => ({ cursor: '', full: false, upserts: [], removes: [], pollers: [] }), async *confirmations() {} }
  const stop = new AbortController()
  const courier = new Courier({ link, spool: memorySpool(clock), clock, random: simulatedRandom(1), log: recordingLog(), settings: { ...pollerDefaults, batch: 10 }, signal: stop.signal })
  const loops = Promise.all([courier.live(), courier.backlog()])
  for (let n = 0; n < 60; n++) courier.take(anObservation(n))
  await clock.advance(5000)
  stop.abort()
  await clock.run(loops)
  assert.deepEqual(posted, Array.from({ length: 60 }, (_, n) => n))
})
