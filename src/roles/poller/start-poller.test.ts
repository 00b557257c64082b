import { test } from 'node:test'
import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { observationId, type Observation } from '../../core/observation.ts'
import { rhythmOf } from '../../core/schedule/phase.ts'
import type { ScheduledCheck } from '../../contracts/configuration.ts'
import type { ProbeResult } from '../../contracts/prober.ts'
import type { ConfirmRequest, EndpointLink } from '../../contracts/transport.ts'
import { simulatedClock, type SimulatedClock } from '../../adapters/simulated/clock.ts'
import { recordingLog } from '../../adapters/simulated/log.ts'
import { simulatedRandom } from '../../adapters/simulated/random.ts'
import { memorySpool } from '../../adapters/spool/memory-spool.ts'
import { Topics } from '../../adapters/system/topics.ts'
import { startPoller, type PollerDeps } from './start-poller.ts'

const up: ProbeResult = { available: true, status: 'fine', metrics: {}, target: '127.0.0.1' }
const down: ProbeResult = { ...up, available: false, status: 'connection refused' }
const zones = ['mza', 'mzb', 'mzc']

function scheduled(n: number, period = 30, timeout = 10): ScheduledCheck {
  const id = `ch${n.toString(36).padStart(8, '0')}`
  const none = { label: null, metadata: null, created_at: 0, updated_at: 0 }
  return {
    tenant: '1', version: 1,
    entity: { ...none, id: 'en1', label: 'one', agent_id: null, ip_addresses: null, managed: false, uri: null },
    check: { ...none, id, entity_id: 'en1', type: 'remote.tcp', details: {}, disabled: false, period, timeout, monitoring_zones_poll: zones, target_alias: null, target_hostname: 'a.example', target_resolver: null, confirm: true },
  }
}

/** An endpoint that takes everything and remembers it, a prober that takes `took` ms, and levers on both. */
function stage(count: number, options: { period?: number; took?: number; clock?: SimulatedClock } = {}) {
  const clock = options.clock ?? simulatedClock()
  const node = clock.node('poller')
  const topics = new Topics<ConfirmRequest>(clock)
  const posted: Observation[] = []
  const state = {
    checks: Array.from({ length: count }, (_, n) => scheduled(n, options.period)), fresh: [] as ScheduledCheck[], removes: [] as string[],
    pollers: ['p1'], result: (_check: string): ProbeResult | Error => up, running: 0, most: 0, lag: 0,
  }
  const link: EndpointLink = {
    async post(observations) {
      posted.push(...observations)
      return observations.map(observationId)
    },
    async schedule(_zone, _poller, cursor) {
      const upserts = cursor === '' ? state.checks : state.fresh.splice(0)
      return { cursor: '1', full: cursor === '', upserts, removes: state.removes.splice(0), pollers: state.pollers }
    },
    confirmations: (zone, signal) => topics.subscribe(zone, signal),
  }
  const prober: PollerDeps['prober'] = {
    async run(_entity, check, { signal }) {
      state.most = Math.max(state.most, ++state.running)
      try {
        if (options.took !== 0) await node.sleep(options.took ?? 5, signal)
      } finally {
        state.running -= 1
      }
      const result = state.result(check.id)
      if (result instanceof Error) throw result
      return result
    },
  }
  const loopLag = { mark: () => 0, since: () => state.lag, [Symbol.dispose]() {} }
  const deps: PollerDeps = { zone: 'mza', owner: 'p1', link, prober, spool: memorySpool(node), clock: node, random: simulatedRandom(1), log: recordingLog(), loopLag }
  const ask = (request: Partial<ConfirmRequest>) => topics.publish('mza', { check: scheduled(0).check.id, slot: 7, askedBy: 'mzb', trace: 't', ...request })
  return { clock, node, state, posted, deps, ask }
}

async function stop(clock: SimulatedClock, poller: AsyncDisposable): Promise<void> {
  const end = async () => { await poller[Symbol.asyncDispose]() }
  await clock.run(end())
}

/** How many of `times` fall into each `width` ms. */
function perWindow(times: readonly number[], width: number): number[] {
  const counts = new Map<number, number>()
  for (const time of times) counts.set(Math.floor(time / width), (counts.get(Math.floor(time / width)) ?? 0) + 1)
  return [...counts.values()]
}

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
  assert.ok(after - before < 2 * 2 ** 20, `${((after - before) / 2 ** 20).toFixed(1)} MiB more`)
  await stop(clock, poller)
})
