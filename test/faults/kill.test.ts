import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { chaosOne, whatWentWrong } from '../../scripts/chaos-one.ts'
import { audit, levels, makeJobs, report, settled } from '../../scripts/lab/jobs.ts'
import { webhookReceiver } from '../../scripts/lab/receivers.ts'
import { startVedette } from '../../scripts/lab/vedette.ts'

describe('kill -9', { concurrency: true }, () => {
  test('kill -9 under load loses nothing that was acknowledged and nothing that was recorded', async (context) => {
    const seed = Date.now() % 1_000_000
    const found = await chaosOne({ kills: 5, jobs: 6, seed, checks: 4, say: () => {} })
    context.diagnostic(JSON.stringify({ seed, ...found }))
    assert.deepEqual(whatWentWrong(found), [], JSON.stringify({ seed, ...found }))
  })

  test('the audit sees what is lost, what nobody heard of, and what was told without being recorded', async () => {
    const since = Date.now()
    await using receiver = await webhookReceiver()
    await using vedette = await startVedette()
    const jobs = await makeJobs(vedette.api, receiver, 1)
    const [job] = jobs
    assert.ok(job)
    assert.equal(await report(vedette, job, levels.ill), true)
    assert.ok(await receiver.next(since, ({ state }) => state === 'CRITICAL', 30_000))
    await settled(vedette, jobs)
    const sound = await audit(vedette, jobs, receiver, since)
    assert.deepEqual([sound.acknowledged, sound.lost, sound.missing, sound.waiting, sound.unknown, sound.gaps, sound.arrivals], [1, 0, 0, 0, 0, 0, 1])

    job.acknowledged.add(999)
    const [heard] = receiver.arrivals
    assert.ok(heard)
    const elsewhere = { ...receiver, arrivals: [{ ...heard, key: 'another' }, { ...heard, key: 'another' }] }
    const { lost, missing, unknown, duplicates } = await audit(vedette, jobs, elsewhere, since)
    assert.deepEqual({ lost, missing, unknown, duplicates }, { lost: 1, missing: 1, unknown: 1, duplicates: 1 })
  })
})
