import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { changes, startStage, until, zones } from './stage.ts'

const hour = 3_600_000
const preload = fileURLToPath(new URL('shifted-clock.ts', import.meta.url))

/** The most items of a sorted list of times within any second. */
function mostWithinASecond(times: readonly number[]): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length))
}

// Side by side: both mostly wait.
describe('time that is not what it seems', { concurrency: true }, () => {
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

  test('a clock that is set an hour ahead, and back again, pages nobody and makes nothing unknown', async () => {
    await using stage = await startStage({ checks: 6, period: 5, nodeFlags: ['--import', preload], env: { CLOCK_JUMPS: `${hour},${-hour}` } })
    const { vedette, receiver, target } = stage
    await until(stage, 'OK')
    const before = await changes(stage)
    for (const stepped of [hour, -hour]) {
      vedette.process().kill('SIGHUP')
      const asked = target.asked.length
      await sleep(8000)
      assert.ok(target.asked.length > asked, 'it goes on')
      assert.deepEqual((await changes(stage)).slice(before.length), [], `after a step of ${stepped} ms`)
      assert.deepEqual(receiver.arrivals, [])
      assert.match(vedette.log(), new RegExp(`"stepped":${Math.sign(stepped) < 0 ? '-' : ''}3[56]\\d{5}`), 'the step was real, and noticed')
    }
    const { problems } = await (await fetch(`${vedette.url}/readyz`)).json() as { problems: readonly string[] }
    assert.match(problems.join(), /the clock was set back/, 'what cannot be seen is told')
  })
})
