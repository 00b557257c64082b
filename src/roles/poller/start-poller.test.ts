import { test } from 'node:test'
import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { observationId } from '../../core/observation.ts'
import { rhythmOf } from '../../core/schedule/phase.ts'
import type { EndpointLink } from '../../contracts/transport.ts'
import { perWindow, scheduled, stage, stop, zones } from './stage.suite.ts'
import { startPoller } from './start-poller.ts'

test('a start is no stampede: every check runs once a period, at its phase, to the millisecond', async () => {
  const { clock, posted, deps } = stage(600)
  const startedAt = clock.now()
  const poller = await startPoller(deps)
  await clock.advance(30_000 * 3 + 100)
  assert.equal(posted.filter((each) => each.slot <= startedAt + 90_000).length, 600 * 3)
  assert.ok(Math.max(...perWindow(posted.map((each) => each.at), 1000)) < 45, 'about 20 a second')
  for (const { check, slot, at, startDelay } of posted) {
    assert.equal(slot % 30_000, rhythmOf(check, 30_000, zones, 'mza').phase)
    assert.ok(at - slot <= 1 && startDelay <= 1, `${check} started ${at - slot} ms late`)
  }
  await stop(clock, poller)
})

test('there is no drift over 10,000 periods', async () => {
  const { clock, posted, deps } = stage(1, { period: 5 })
  const poller = await startPoller({ ...deps, settings: { pull: 3_600_000 } })
  await clock.advance(10_000 * 5_000)
  assert.equal(posted.length, 10_000)
  const first = posted[0]!.slot
  for (const [index, { slot, at }] of posted.entries()) assert.ok(slot === first + index * 5_000 && at - slot <= 1)
  await stop(clock, poller)
})

test('observations carry their identity and a trace', async () => {
  const { clock, posted, deps } = stage(2)
  const poller = await startPoller(deps)
  await clock.advance(60_500)
  const [one] = posted
  assert.match(one!.trace, /^[0-9a-f]{32}$/)
  assert.match(one!.boot, /^[0-9a-f]{16}$/)
  assert.deepEqual(posted.map((each) => each.sequence), [1, 2, 3, 4])
  assert.equal(new Set(posted.map(observationId)).size, 4)
  assert.equal(new Set(posted.map((each) => each.trace)).size, 4)
  await stop(clock, poller)
})

test('after a stop of ten minutes it goes on from the present, at the usual rate', async () => {
  const { clock, node, posted, deps } = stage(600)
  const poller = await startPoller(deps)
  await clock.advance(60_000)
  const before = posted.length
  node.pause(600_000)
  await clock.advance(600_000)
  assert.ok(posted.length - before < 20, 'nothing runs while it stands still')
  posted.length = 0
  await clock.advance(30_100)
  assert.ok(Math.abs(posted.length - 600) <= 5, `${posted.length} runs in the first period`)
  assert.ok(Math.max(...perWindow(posted.map((each) => each.at), 1000)) < 45)
  assert.ok(posted.every((each) => each.startDelay < 100))
  assert.equal(poller.stats().realigned, 1)
  await stop(clock, poller)
})

for (const step of [3_607_000, -3_607_000, 1_500, -1_500]) {
  test(`a wall clock set ${step > 0 ? 'forward' : 'back'} by ${Math.abs(step) / 1000} s makes neither a stampede nor a silence`, async () => {
    const { clock, node, posted, deps } = stage(600)
    const poller = await startPoller(deps)
    await clock.advance(61_000)
    posted.length = 0
    node.jump(step)
    await clock.advance(60_000)
    assert.ok(posted.length >= 1_150 && posted.length <= 1_201, `${posted.length} runs in two periods`)
    assert.ok(Math.max(...perWindow(posted.map((each) => each.at), 1000)) < 45)
    if (Math.abs(step) < 30_000) assert.equal(new Set(posted.map((each) => `${each.check} ${each.slot}`)).size, posted.length, 'no slot twice')
    await stop(clock, poller)
  })
}

test('slow checks make up what a standstill took, spread, so that their zone does not go blind', async () => {
  const { clock, node, posted, deps } = stage(300, { period: 1800 })
  const poller = await startPoller(deps)
  await clock.advance(3 * 1800_000)
  posted.length = 0
  node.pause(300_000)
  await clock.advance(1800_000)
  const checks = new Set(posted.map((each) => each.check))
  assert.equal(checks.size, 300)
  assert.ok(Math.max(...perWindow(posted.map((each) => each.at), 60_000)) < 30)
  await stop(clock, poller)
})

test('never more probes at once than allowed, and a check is not queued twice', async () => {
  const { clock, state, posted, deps } = stage(100, { period: 5, took: 4_000 })
  const poller = await startPoller({ ...deps, settings: { concurrency: 7 } })
  await clock.advance(60_000)
  assert.equal(state.most, 7)
  const { queued, runs } = poller.stats()
  assert.ok(queued <= 100 && runs.skipped > 0, `${queued} queued, ${runs.skipped} skipped`)
  assert.ok(posted.some((each) => each.startDelay > 1000 && each.stressed?.startsWith('started')), 'the wait in the queue counts')
  await stop(clock, poller)
})

test('a check that was just made is looked at within two seconds, a removed one no more', async () => {
  const { clock, state, posted, deps } = stage(0)
  const poller = await startPoller(deps)
  await clock.advance(5_000)
  state.fresh.push(scheduled(1, 1800))
  await clock.advance(3_200)
  assert.equal(posted.length, 1)
  state.removes.push(scheduled(1).check.id)
  await clock.advance(2 * 1_800_000)
  assert.equal(posted.length, 1)
  await stop(clock, poller)
})

test('two pollers share a zone, and one takes over when the other is gone', async () => {
  const { clock, state, posted, deps } = stage(400)
  state.pollers = ['p1', 'p2']
  const poller = await startPoller(deps)
  await clock.advance(30_100)
  const share = posted.length
  assert.ok(share > 150 && share < 250, `${share} of 400`)
  state.pollers = ['p1']
  await clock.advance(1_100)
  posted.length = 0
  await clock.advance(30_100)
  assert.equal(new Set(posted.map((each) => each.check)).size, 400)
  await stop(clock, poller)
})

test('without an endpoint it goes on with the schedule that it knows', async () => {
  const { clock, posted, deps } = stage(10)
  let deaf = false
  const schedule: EndpointLink['schedule'] = async (...asked) => {
    if (deaf) throw new Error('no way')
    return deps.link.schedule(...asked)
  }
  const poller = await startPoller({ ...deps, link: { ...deps.link, schedule } })
  deaf = true
  await clock.advance(60_100)
  assert.ok(posted.length >= 20)
  await stop(clock, poller)
})

test('when it stops, running probes end and are posted, and nothing new starts', async () => {
  const { clock, state, posted, deps } = stage(300, { took: 2_000 })
  const poller = await startPoller(deps)
  await clock.advance(20_000)
  const { running, runs } = poller.stats()
  assert.ok(running > 5)
  await stop(clock, poller)
  assert.equal(posted.length, runs.runs)
  assert.equal(state.running, 0)
})

test('when it stops, a probe that does not end is cut off', async () => {
  const { clock, state, posted, deps } = stage(30, { took: 3_600_000 })
  const poller = await startPoller(deps)
  await clock.advance(20_000)
  const startedAt = clock.monotonic()
  await stop(clock, poller)
  assert.ok(clock.monotonic() - startedAt <= 6_000)
  assert.equal(state.running, 0)
  assert.equal(posted.length, 0)
  assert.ok(poller.stats().runs.aborted > 0)
})

test('100,000 observations later it holds no more memory than before', async () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void // what the flag brings
  const { clock, deps, posted } = stage(10_000, { period: 5, took: 0 })
  const poller = await startPoller(deps)
  const heap = async (periods: number) => {
    for (let period = 0; period < periods; period++) {
      await clock.advance(5_000)
      posted.length = 0
    }
    gc()
    return process.memoryUsage().heapUsed
  }
  const before = await heap(3)
  const after = await heap(10)
  assert.ok(poller.stats().posts.acknowledged >= 125_000)
  assert.ok(after - before < 6 * 2 ** 20, `${((after - before) / 2 ** 20).toFixed(1)} MiB more`)
  await stop(clock, poller)
})
