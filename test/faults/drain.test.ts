import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, test } from 'node:test'
import { dice } from '../../scripts/lab/dice.ts'
import { eventually } from '../../scripts/lab/eventually.ts'
import { listen } from '../../scripts/lab/feed.ts'
import { audit, keepReporting, makeJobs, settled } from '../../scripts/lab/jobs.ts'
import { observations, startStage, until, zones } from './stage.ts'

describe('SIGTERM', { concurrency: true }, () => {
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

  test('SIGTERM ends within 10 s when targets, a receiver and a browser hang', async () => {
    await using stage = await startStage({ checks: 4, period: 5 })
    const { vedette, receiver, target } = stage
    await until(stage, 'OK')
    await using listener = await listen(vedette.api)
    receiver.hang()
    target.status = 500
    await eventually('a delivery under way', () => receiver.hanging > 0)
    target.delay = 60_000
    const asked = target.asked.length
    await target.askedTimes(asked + 6)
    const trying = fetch(`${vedette.api.base}/entities/${stage.watched[0]?.entity}/test-check`, {
      method: 'POST', headers: { 'x-auth-token': vedette.api.token, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'remote.http', timeout: 50, target_alias: 'here', monitoring_zones_poll: zones, details: { url: target.url } }),
    })
    await target.askedTimes(asked + 9)

    const { code, took } = await vedette.stop()
    await Promise.allSettled([trying])
    assert.equal(code, 0, vedette.log().slice(-2000))
    assert.match(vedette.log(), /"msg":"stopped"\}\n$/)
    assert.ok(took < 10_000, `it took ${took} ms`)
    assert.ok(listener.heard.length > 0)
  })
})
