import { test } from 'node:test'
import assert from 'node:assert/strict'
import { down, scheduled, stage, stop, up } from './stage.suite.ts'
import { startPoller } from './start-poller.ts'

test('what the prober does not trust is marked, with the reason', async () => {
  const { clock, state, posted, deps } = stage(1)
  const poller = await startPoller(deps)
  const next = async () => {
    posted.length = 0
    await clock.advance(30_000)
    return posted.map((each) => [each.available, each.stressed])
  }
  assert.deepEqual(await next(), [[true, null]])
  state.lag = 700
  assert.deepEqual(await next(), [[true, null]], 'less than a second, and than a quarter of the timeout')
  state.lag = 1200
  assert.deepEqual(await next(), [[true, 'event loop stood still for 1200 ms']])
  state.lag = 0
  state.result = () => ({ ...down, cannot: true, status: 'no ICMP socket' })
  assert.deepEqual(await next(), [[false, 'cannot probe: no ICMP socket']])
  state.result = () => new Error('a bug')
  assert.deepEqual(await next(), [[false, 'cannot probe: the probe failed in itself']])
  state.result = () => down
  assert.deepEqual(await next(), [[false, null]])
  await stop(clock, poller)
})

test('when no canary answers, what fails says nothing of its target', async () => {
  const { clock, state, posted, deps } = stage(20)
  const canary = (id: string) => ({ ...scheduled(0).check, id })
  const canaries = ['canary1', 'canary2']
  const poller = await startPoller({ ...deps, canary: { checks: canaries.map(canary), every: 10_000 } })
  const failing = (...names: string[]) => { state.result = (check) => (names.includes(check) || !check.startsWith('canary') ? down : up) }
  const marks = async () => {
    posted.length = 0
    await clock.advance(30_000)
    return new Set(posted.map((each) => each.stressed))
  }
  failing('canary1')
  assert.deepEqual(await marks(), new Set([null]))
  failing('canary1', 'canary2')
  assert.deepEqual(await marks(), new Set(['no canary of the zone answers']), 'from the first one on')
  state.result = () => up
  await clock.advance(11_000)
  assert.deepEqual(await marks(), new Set([null]))
  await stop(clock, poller)
})

test('a confirming run comes at once, once a slot, ahead of what queues, and keeps the trace', async () => {
  const { clock, state, posted, deps, ask } = stage(50, { period: 5, took: 20_000 })
  const poller = await startPoller({ ...deps, settings: { concurrency: 1 } })
  await clock.advance(10_000)
  for (const slot of [41, 41, 42]) ask({ slot, trace: `trace ${slot}` })
  await clock.advance(21_000)
  const confirming = posted.filter((each) => each.kind === 'confirming')
  assert.deepEqual(confirming.map(({ slot, trace }) => [slot, trace]), [[41, 'trace 41'], [42, 'trace 42']])
  assert.ok(confirming.every((each) => each.startDelay <= 1 && each.stressed === null))
  assert.ok(state.most > 1 && poller.stats().queued > 0, 'the ordinary queue was full')
  ask({ check: 'chUnknown' })
  await clock.advance(1)
  assert.deepEqual(poller.stats().confirmations, { asked: 3, repeated: 1, refused: 0 })
  await stop(clock, poller)
})

test('a zone that is alone looks again when it was asked to, not before', async () => {
  const { clock, node, posted, deps, ask } = stage(1, { period: 1800 })
  const poller = await startPoller(deps)
  await clock.advance(100)
  const notBefore = node.now() + 1_000
  ask({ askedBy: 'mza', notBefore })
  await clock.advance(1_100)
  assert.deepEqual(posted.map((each) => [each.kind, each.at, each.startDelay]), [['confirming', notBefore, 0]])
  await stop(clock, poller)
})

test('more confirmations than the zone can bear are refused', async () => {
  const { clock, posted, deps, ask } = stage(1, { period: 1800 })
  const poller = await startPoller({ ...deps, settings: { confirmRate: 1, confirmBurst: 3 } })
  await clock.advance(10)
  for (let slot = 0; slot < 10; slot++) ask({ slot })
  await clock.advance(900)
  assert.equal(posted.length, 3)
  assert.equal(poller.stats().confirmations.refused, 7)
  await stop(clock, poller)
})
