import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../scripts/lab/eventually.ts'
import { webhookReceiver } from '../../scripts/lab/receivers.ts'
import { recordingLog } from '../../src/adapters/simulated/log.ts'
import { readConfig } from '../../src/program/config.ts'
import { openNode, type Node } from '../../src/program/node.ts'
import { TroubleWatch } from '../../src/program/troubles.ts'
import { prepareWatchdog } from '../../src/program/watchdog.ts'
import { watchdogIds } from '../../src/program/watchdog-entity.ts'
import { startWeb } from '../../src/program/web.ts'
import { bootstrap } from '../../src/roles/api/bootstrap.ts'
import { startNotifier } from '../../src/roles/notifier/start-notifier.ts'
import { folder } from './run.ts'

const regions = ['dc1', 'dc2', 'dc3']
const never = new AbortController().signal

/** One node that stands for all regions: their checks, alarms, deliveries and heartbeats are real. */
async function ring(data: string, stack: AsyncDisposableStack): Promise<{ readonly node: Node; readonly of: (region: string) => Node; readonly url: string }> {
  const config = await readConfig({ flags: { port: '0', data, watchdog: regions.join(','), region: 'dc1', watchSelf: 'no', watchdogPlan: 'npPager00' }, env: {} })
  const log = recordingLog()
  const node = await openNode(config, log, stack, never)
  await bootstrap({ configuration: node.store.configuration, clock: node.clock, random: node.random, settings: { tenant: config.tenant, adminUser: 'admin', adminKey: undefined, adminToken: undefined, zones: [] } })
  const parts = {
    starting: () => false, store: node.store, engine: node.engine, pollers: [], loopLag: { mark: () => 0, since: () => 0, [Symbol.dispose]: () => {} },
    clockProblem: node.clockProblem, clockAhead: node.clockAhead, agents: () => undefined,
  }
  const web = stack.use(await startWeb(node, parts, new TroubleWatch(async () => [], node.clock, log), never))
  stack.use(await startNotifier({ deliver: node.engine.deliver, outbox: node.store.outbox, clock: node.clock, log, pollEvery: 50 }))
  return { node, url: web.url, of: (region) => ({ ...node, config: { ...config, region } }) }
}

/** A region says something else than before. */
async function beat({ engine, config: { tenant }, clock, store }: Node, region: string): Promise<void> {
  const { entity, beat: check } = watchdogIds(region)
  const [last] = await store.observations.newest(check, 'agent', 1)
  const at = Math.max(clock.now(), (last?.at ?? 0) + 1)
  await engine.ingest.take([{
    tenant, entity, check, zone: 'agent', slot: at, kind: 'scheduled', boot: region, sequence: at, at, receivedAt: at, available: true, status: '', target: null, startDelay: 0, lag: 0, stressed: null,
    trace: `beat-${at}`, metrics: { problems: { type: 'i', value: last?.metrics.problems?.value === 1 ? 0 : 1, unit: 'count' } },
  }], true)
}

const heard = async ({ store }: Node, region: string): Promise<number> => (await store.observations.newest(watchdogIds(region).heard, 'heartbeat', 100)).length

test('what a region says goes through decision and delivery to the region after it, and to no other', async () => {
  await using here = await folder()
  await using stack = new AsyncDisposableStack()
  const { node, of, url } = await ring(here.path, stack)
  // Each region may begin several times, and at once.
  await Promise.all([...regions, ...regions].map((region) => prepareWatchdog(of(region), url)))
  for (const [at, region] of regions.entries()) {
    const next = regions[(at + 1) % regions.length] ?? ''
    const before = await Promise.all(regions.map((one) => heard(node, one)))
    for (let n = 1; n <= 3; n++) {
      await beat(node, region)
      await eventually(`${next} hears ${region} ${n} times`, async () => await heard(node, next) === (before[regions.indexOf(next)] ?? 0) + n)
    }
    const after = await Promise.all(regions.map((one) => heard(node, one)))
    assert.deepEqual(after.map((count, index) => count - (before[index] ?? 0)), regions.map((one) => (one === next ? 3 : 0)))
  }
})

test('who is not heard any more is told by the plan of the operator', async () => {
  await using here = await folder()
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(await webhookReceiver())
  const { node, of, url } = await ring(here.path, stack)
  const { configuration } = node.store
  const { tenant } = node.config
  const stamps = { label: 'pager', metadata: null, created_at: 0, updated_at: 0 }
  await configuration.commit({ tenant }, [
    { kind: 'notification', id: 'ntPager00', expected: 0, value: { id: 'ntPager00', type: 'webhook', details: { url: receiver.url }, ...stamps } },
    { kind: 'notificationPlan', id: 'npPager00', expected: 0, value: { id: 'npPager00', critical_state: ['ntPager00'], warning_state: [], ok_state: ['ntPager00'], unknown_state: null, ...stamps } },
  ])
  for (const region of regions) await prepareWatchdog(of(region), url)
  await beat(node, 'dc1')
  await eventually('dc2 hears dc1', async () => await heard(node, 'dc2') === 1)
  const { entity, heard: check } = watchdogIds('dc2')
  const at = node.clock.now()
  // What the sweeper writes when the time is over.
  await node.engine.ingest.take([{ tenant, entity, check, zone: 'heartbeat', slot: at, kind: 'scheduled', boot: 'sweeper', sequence: 0, at, receivedAt: at, available: false, status: 'overdue', metrics: {}, target: null, startDelay: 0, lag: 0, stressed: null, trace: 'overdue' }], false)
  await eventually('somebody is told', async () => receiver.arrivals.length === 1)
  await beat(node, 'dc1')
  await eventually('and told when it is heard again', async () => receiver.arrivals.length === 2)
})

test('its address follows to where a region answers now', async () => {
  await using here = await folder()
  await using stack = new AsyncDisposableStack()
  const { node, of } = await ring(here.path, stack)
  for (const url of ['http://old.example', 'http://new.example']) {
    await prepareWatchdog(of('dc2'), url)
    const stored = await node.store.configuration.get('notification', { tenant: node.config.tenant }, watchdogIds('dc1').notification)
    assert.ok(String(stored?.value.details.url).startsWith(`${url}/heartbeat/`))
  }
})
