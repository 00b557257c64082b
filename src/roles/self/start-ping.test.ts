import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../../adapters/simulated/clock.ts'
import { recordingLog } from '../../adapters/simulated/log.ts'
import { startPing, type PingDeps } from './start-ping.ts'

function pinging(more: Partial<PingDeps>) {
  const clock = simulatedClock()
  const log = recordingLog()
  const ping = startPing({ ask: async () => 200, isWell: async () => true, clock, log, ...more })
  return { clock, log, stop: () => clock.run((async () => { await ping[Symbol.asyncDispose]() })()) }
}

test('the watchman hears once a minute of a process that is well, and nothing of one that is not', async () => {
  let [asked, well] = [0, true]
  const { clock, stop } = pinging({ ask: async () => { asked += 1; return 200 }, isWell: async () => well })
  await clock.advance(600_000)
  assert.equal(asked, 11)
  well = false
  await clock.advance(600_000)
  assert.equal(asked, 11)
  await stop()
  await clock.advance(600_000)
  assert.equal(asked, 11)
})

test('a watchman who hangs, refuses or is away is told in the log, and asked again', async () => {
  const answers: readonly PingDeps['ask'][] = [
    (signal) => new Promise((_, reject) => { signal.addEventListener('abort', () => reject(new Error('timed out'))) }),
    async () => 503,
    async () => { throw new Error('connection refused') },
  ]
  for (const answer of answers) {
    let asked = 0
    const { clock, log, stop } = pinging({ ask: (signal) => { asked += 1; return answer(signal) } })
    await clock.advance(119_000)
    assert.deepEqual([asked >= 2, log.lines.filter((line) => line.level === 'warn').length >= 1], [true, true])
    await stop()
  }
})
