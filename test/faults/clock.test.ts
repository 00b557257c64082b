import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { changes, startStage, until } from './stage.ts'

const hour = 3_600_000
const preload = fileURLToPath(new URL('shifted-clock.ts', import.meta.url))

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
