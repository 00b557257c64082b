import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { eventually } from '../../scripts/lab/eventually.ts'
import { audit, levels, makeJobs, report, settled, type Job } from '../../scripts/lab/jobs.ts'
import type { Vedette } from '../../scripts/lab/vedette.ts'
import { observations, startStage } from './stage.ts'

const run = promisify(execFile)

/** Lets a process write no file beyond so many bytes: with 0 every write fails, as on a disk that is full. */
async function limitFiles(vedette: Vedette, bytes: '0' | 'unlimited'): Promise<void> {
  await run('prlimit', ['--pid', String(vedette.process().pid), `--fsize=${bytes}:`])
}

const hasLimits = process.platform === 'linux'

test('a full disk: nothing is acknowledged, it is told, and afterwards everything goes on and nothing is lost', { skip: hasLimits ? false : 'only Linux can take the disk away from one process' }, async () => {
  const since = Date.now()
  await using stage = await startStage({ checks: 6, period: 2, env: { VEDETTE_MIN_PERIOD: '1' } })
  const { vedette, receiver, target } = stage
  const jobs = await makeJobs(vedette.api, receiver, 3)
  const reportAll = (level: number) => Promise.all(jobs.map((job: Job) => report(vedette, job, level)))
  assert.deepEqual(await reportAll(levels.well), [true, true, true])

  await limitFiles(vedette, '0')
  const asked = target.asked.length
  await eventually('some probes on a full disk', () => target.asked.length >= asked + 18)
  assert.deepEqual(await reportAll(levels.ill), [false, false, false])
  const { ready, problems } = await (await fetch(`${vedette.url}/readyz`)).json() as { ready: boolean; problems: readonly string[] }
  assert.deepEqual([ready, problems], [false, ['the store refuses writes']])
  await limitFiles(vedette, 'unlimited')

  await sleep(200)
  assert.deepEqual(await reportAll(levels.ill), [true, true, true])
  assert.ok(await receiver.next(since, ({ state }) => state === 'CRITICAL', 30_000))
  // The poller tries again within 5 s; then what it held back is there as well.
  await eventually('every answer of the target stored', async () => {
    const before = target.answered
    return (await observations(stage, since, Date.now())) >= before
  })
  await settled(vedette, jobs)
  const { acknowledged, lost, untold, missing, unknown, gaps } = await audit(vedette, jobs, receiver, since)
  assert.deepEqual({ acknowledged, lost, untold, missing, unknown, gaps }, { acknowledged: 6, lost: 0, untold: 0, missing: 0, unknown: 0, gaps: 0 })
  const { code } = await vedette.stop()
  assert.equal(code, 0)
})
