import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../scripts/lab/eventually.ts'
import { ledger } from '../../scripts/lab/jobs.ts'
import { startStage, until } from './stage.ts'

test('what a receiver misses while it is gone it hears once when it is back', async () => {
  await using stage = await startStage({ checks: 3, period: 5 })
  const { receiver, target, vedette, watched } = stage
  await until(stage, 'OK')
  await receiver.close()
  target.status = 500
  await until(stage, 'CRITICAL')
  const deliveries = async () => (await Promise.all(watched.map(async (one) => (await ledger(vedette.api, one)).flatMap((entry) => entry.deliveries)))).flat()
  await eventually('an attempt each', async () => (await deliveries()).filter((delivery) => delivery.attempts.length > 0).length === watched.length)
  assert.deepEqual(receiver.arrivals, [])
  await receiver.open()
  for (const { alarm } of watched) assert.ok(await receiver.next(0, (arrival) => arrival.alarm === alarm, 60_000), `nothing came for ${alarm}`)
  await eventually('all delivered', async () => (await deliveries()).every((delivery) => delivery.status === 'delivered'))
  assert.equal(receiver.arrivals.length, watched.length, 'each once')
  assert.deepEqual(new Set(receiver.arrivals.map(({ key }) => key)), new Set((await deliveries()).map(({ key }) => key)))
  assert.deepEqual([...new Set(receiver.arrivals.map(({ state }) => state))], ['CRITICAL'])
  const outcomes = (await deliveries()).map(({ attempts }) => attempts.map(({ outcome }) => outcome))
  for (const tried of outcomes) assert.deepEqual([tried[0], tried.at(-1)], ['try-again', 'delivered'])
})
