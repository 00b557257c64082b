import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../adapters/simulated/clock.ts'
import { IngestHealth } from './ingest-health.ts'

test('health counts from the start, and anew from each failure', async () => {
  const clock = simulatedClock()
  const health = new IngestHealth(clock)
  await clock.advance(5000)
  assert.equal(health.healthyFor(), 5000)
  health.failed()
  await clock.advance(3000)
  assert.equal(health.healthyFor(), 3000)
})

test('who comes in time was awake, who comes late stood still', async () => {
  const clock = simulatedClock()
  const health = new IngestHealth(clock)
  for (let n = 0; n < 10; n++) {
    await clock.advance(5000)
    health.pulse(7000)
  }
  assert.equal(health.healthyFor(), 50_000)
  await clock.advance(8000)
  health.pulse(7000)
  assert.equal(health.healthyFor(), 0)
})

test('a clock that is set is noticed either way, one that drifts is not', async () => {
  const clock = simulatedClock()
  const node = clock.node('a')
  const health = new IngestHealth(node)
  const step = async (jump: number) => {
    node.jump(jump)
    await clock.advance(5000)
    health.pulse(7000)
    return health.healthyFor()
  }
  assert.deepEqual([await step(0), await step(20), await step(-20), await step(3000), await step(0), await step(-3000)], [5000, 10_000, 15_000, 0, 5000, 0])
})
