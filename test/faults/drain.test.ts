import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { dice } from '../../scripts/lab/dice.ts'
import { audit, keepReporting, makeJobs, settled } from '../../scripts/lab/jobs.ts'
import { observations, startStage } from './stage.ts'

test('SIGTERM under load ends within 10 s, and loses nothing that was acknowledged, observed or recorded', async () => {
  const since = Date.now()
  await using stage = await startStage({ checks: 20, period: 2, env: { VEDETTE_MIN_PERIOD: '1' } })
  const { vedette, receiver, target } = stage
  // So that probes are under way at any moment.
  target.delay = 200
  const jobs = await makeJobs(vedette.api, receiver, 6)
  const stop = new AbortController()
  const load = jobs.map((job) => keepReporting(vedette, job, dice(Date.now()), stop.signal))
  await target.askedTimes(target.asked.length + 60)
  await sleep(500)

  const ended = await vedette.stop()
  const until = Date.now()
  const answered = target.answered
  stop.abort()
  await Promise.all(load)
  assert.deepEqual([ended.code, ended.signal], [0, null], vedette.log().slice(-2000))
  assert.ok(ended.took < 10_000, `it took ${ended.took} ms`)
  assert.match(vedette.log(), /"msg":"stopped"\}\n$/)

  await vedette.restart()
  await settled(vedette, jobs)
  const { acknowledged, changes, lost, untold, missing, unknown, gaps, duplicates } = await audit(vedette, jobs, receiver, since)
  assert.deepEqual({ lost, untold, missing, unknown, gaps, duplicates }, { lost: 0, untold: 0, missing: 0, unknown: 0, gaps: 0, duplicates: 0 })
  assert.ok(acknowledged > 0 && changes > 0, 'there was load')
  assert.equal(await observations(stage, since, until), answered, 'each answer that the target gave is an observation')
  for (const [labels, count] of await vedette.metric('vedette_spool_dropped_total')) assert.equal(count, 0, labels)
})
