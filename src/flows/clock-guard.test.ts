import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { simulatedClock } from '../adapters/simulated/clock.ts'
import { StoreUnavailable } from '../contracts/errors.ts'
import type { ObservationStore } from '../contracts/observation-store.ts'
import { ClockGuard, compareEvery } from './clock-guard.ts'
import { guardedStore } from './guarded-store.ts'
import { quietStage, type NodeOptions, type StageNode } from './stage.suite.ts'

const hour = 3_600_000

test('a clock that is set is noticed at once, and believed again as soon as it is right', async () => {
  const clock = simulatedClock()
  const machine = clock.node('machine')
  const guard = new ClockGuard(machine, async () => clock.now())
  await clock.run(guard.compare())
  const steps: readonly (readonly [by: number, told: RegExp | undefined])[] = [
    [1500, undefined], [1000, /2\.5 s ahead of the store's/], [-2500, undefined], [hour, /3600 s ahead/], [-2 * hour, /3600 s behind/], [hour, undefined],
  ]
  for (const [by, told] of steps) {
    machine.jump(by)
    if (told === undefined) assert.equal(guard.problem(), undefined, `after ${by} ms`)
    else assert.match(guard.problem() ?? '', told)
  }
})

test('a clock that always was wrong is noticed by comparing, and the way to the store is no difference', async () => {
  for (const [skew, right] of [[1900, true], [-1900, true], [2100, false], [-2100, false]] as const) {
    const clock = simulatedClock()
    const machine = clock.node('machine', { skew })
    const guard = new ClockGuard(machine, async () => {
      await clock.sleep(400)
      const now = clock.now()
      await clock.sleep(400)
      return now
    })
    await clock.run(guard.compare())
    assert.equal(guard.problem() === undefined, right, `${skew} ms`)
  }
})

test('an answer that took long says nothing, and none at all leaves what is known', async () => {
  const clock = simulatedClock()
  const machine = clock.node('machine')
  let took = 10
  const guard = new ClockGuard(machine, async () => {
    await clock.sleep(took)
    if (took === 0) throw new StoreUnavailable('away', 'not done')
    return clock.now() - took
  })
  await clock.run(guard.compare())
  for (const next of [6000, 0]) {
    took = next
    await Promise.allSettled([clock.run(guard.compare())])
    assert.equal(guard.problem(), undefined)
    machine.jump(hour)
    assert.match(guard.problem() ?? '', /ahead/)
    machine.jump(-hour)
  }
})

test('it goes on comparing, whatever the store says, until it is stopped', async () => {
  const clock = simulatedClock()
  let asked = 0
  const guard = new ClockGuard(clock.node('machine'), async () => {
    asked += 1
    if (asked % 2 === 0) throw new StoreUnavailable('away', 'not done')
    return clock.now()
  })
  const stop = new AbortController()
  const following = guard.follow(stop.signal)
  await clock.advance(10 * compareEvery)
  assert.equal(asked, 10)
  stop.abort()
  await clock.run(following)
})

/** A node that writes nothing while its clock is off. */
function guarded(more: (node: () => StageNode | undefined, store: ObservationStore) => Partial<ObservationStore> = () => ({})): NodeOptions & { made?: StageNode } {
  const options: NodeOptions & { made?: StageNode } = {
    spoil: (store, clock) => {
      const guard = new ClockGuard(clock, () => store.time())
      const safe = guardedStore(store, () => guard.problem())
      return { ...safe, observations: { ...safe.observations, ...more(() => options.made, safe.observations) } }
    },
  }
  return options
}

const stepped = async (t: TestContext, by: number) => {
  const { stage, node } = await quietStage(t, {}, guarded())
  await stage.minutes(node, 3, '200')
  node.clock.jump(by)
  return { stage, node, other: stage.node(guarded()) }
}

test('a node whose clock is an hour off takes nothing in, and another one does: nothing is missed or made up', async (t) => {
  for (const by of [hour, -hour]) {
    const { stage, node, other } = await stepped(t, by)
    const { version } = await stage.row()
    const refused = await Promise.allSettled([stage.take(node, stage.sees('mzdfw', '500'))])
    assert.ok(refused[0].status === 'rejected' && refused[0].reason instanceof StoreUnavailable && refused[0].reason.outcome === 'not done')
    await Promise.allSettled([stage.round(node), stage.run(node.sweep.recover(new AbortController().signal)), stage.run(node.sweep.awake(7000))])
    assert.equal((await stage.row()).version, version)
    await stage.all(other, '500')
    assert.equal(await stage.state(), 'CRITICAL')
    node.clock.jump(-by)
    await stage.all(node, '200')
    assert.equal(await stage.state(), 'OK')
    assert.deepEqual((await stage.entries()).filter((entry) => entry.kind === 'state' && entry.version > version).map((entry) => entry.state), ['CRITICAL', 'OK'])
  }
})

test('without the guard an hour ahead hides what is seen afterwards', async (t) => {
  const { stage, node } = await quietStage(t)
  const other = stage.node()
  node.clock.jump(hour)
  // One message an hour late is believed; pollers that always are seem to have wrong clocks.
  await stage.minutes(node, 2, '200')
  await stage.all(other, '500')
  assert.equal(await stage.state(), 'OK')
})

test('what was stored before the clock was set is decided when it is right again, or by another node before', async (t) => {
  for (const later of [true, false]) {
    const options = guarded((made, store) => ({ append: async (observations) => {
      await store.append(observations)
      if (observations[0]?.metrics.code?.value === '500' && observations[0].zone === 'mzlon') made()?.clock.jump(hour)
    } }))
    const { stage, node } = await quietStage(t, {}, options)
    options.made = node
    await stage.minutes(node, 1, '200')
    await stage.all(node, '500', ['mzdfw', 'mzlon'])
    assert.equal(await stage.state(), 'OK')
    if (later) {
      node.clock.jump(-hour)
      await stage.run(node.sweep.awake(7000))
    } else await stage.take(stage.node(guarded()), stage.sees('mzord', '500'))
    assert.equal(await stage.state(), 'CRITICAL')
  }
})
