import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { changes, startStage, until, zones } from './stage.ts'

/** The most items of a sorted list of times within any second. */
function mostWithinASecond(times: readonly number[]): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length))
}

test('a process that stood still for 15 s neither pages, nor takes everything for unknown, nor runs after what it missed', async () => {
  const checks = 20
  await using stage = await startStage({ checks, period: 5 })
  await until(stage, 'OK')
  const before = await changes(stage)

  stage.vedette.process().kill('SIGSTOP')
  await sleep(15_000)
  const woken = Date.now()
  stage.vedette.process().kill('SIGCONT')
  await sleep(8000)

  assert.deepEqual((await changes(stage)).slice(before.length), [])
  assert.deepEqual(stage.receiver.arrivals, [])
  const runs = stage.target.asked.filter((at) => at >= woken)
  assert.ok(runs.length >= checks * zones.length, `${runs.length} runs since: it goes on`)
  assert.ok(mostWithinASecond(runs) < checks * zones.length, `${mostWithinASecond(runs)} runs within a second: less than a whole round`)
  await until(stage, 'OK')
})
