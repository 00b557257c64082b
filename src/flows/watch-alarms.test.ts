import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlarmLedger } from '../contracts/alarm-ledger.ts'
import { key, quietStage, tenant, zones, type NodeOptions, type Stage, type StageNode } from './stage.suite.ts'
import { allSlices, shareOf, sliceOf } from './slices.ts'
import { lookEvery } from './watch-alarms.ts'

const forever = new AbortController().signal
const freshFor = 110_000

/** Counts what a node asks the store for. */
function counting(): NodeOptions & { readonly asked: Record<string, number> } {
  const asked: Record<string, number> = { rows: 0, allRows: 0, read: 0, newest: 0 }
  const count = (what: string) => { asked[what] = (asked[what] ?? 0) + 1 }
  return {
    asked,
    spoil: ({ ledger, observations }) => ({
      ledger: {
        ...ledger,
        rows: (...of) => { count('rows'); return ledger.rows(...of) },
        allRows: (of) => { count('allRows'); return ledger.allRows(of) },
        read: (of) => { count('read'); return ledger.read(of) },
      } satisfies AlarmLedger,
      observations: { ...observations, newest: (...of) => { count('newest'); return observations.newest(...of) } },
    }),
  }
}

/** An hour in which a node hears everything and another sweeps every five seconds. */
async function hour(stage: Stage, hears: StageNode, sweeps: StageNode): Promise<void> {
  for (let n = 1; n <= 720; n++) {
    await stage.clock.advance(5000)
    await stage.run(sweeps.sweep.awake(7000))
    if (n % 12 === 0) await stage.all(hears, '200')
    await stage.round(sweeps)
  }
}

test('an alarm in which nothing is wrong is looked at once in its freshness window, and its rows are read no oftener', async (t) => {
  const { stage, node } = await quietStage(t)
  const options = counting()
  await hour(stage, node, stage.node(options))
  const { asked } = options
  const looks = 3_600_000 / Math.max(freshFor, lookEvery) + 3
  assert.ok((asked.read ?? 0) <= looks, `${asked.read} looks`)
  assert.ok((asked.newest ?? 0) <= 3 * looks, `${asked.newest} reads of a zone`)
  assert.ok((asked.rows ?? 0) <= looks + 2, `${asked.rows} reads of rows`)
  assert.ok((asked.read ?? 0) > 20, 'it looks')
  assert.deepEqual([asked.allRows, await stage.state()], [0, 'OK'])
})

test('silence is recorded a freshness window after it began to mean something, or at once where a zone lost its pollers', async (t) => {
  for (const lost of [false, true]) {
    const { stage, node } = await quietStage(t)
    const sweeper = stage.node({ zonesLost: async () => new Set(lost && stage.clock.monotonic() > 640_000 ? ['mzlon'] : []) })
    const look = async () => {
      await stage.clock.advance(5000)
      await stage.run(sweeper.sweep.awake(7000))
      await stage.round(sweeper)
    }
    for (let n = 1; n <= 120; n++) {
      if (n % 12 === 0) await stage.all(node, '200')
      await look()
    }
    const heard = stage.clock.now()
    while (await stage.state() !== 'UNKNOWN' && stage.clock.now() - heard < 600_000) await look()
    const after = stage.clock.now() - heard
    assert.ok(after <= (lost ? freshFor + 5000 : 2 * freshFor + 5000), `${after} ms, ${lost}`)
  }
})

test('while nobody takes anything in, silence is nobody\'s, and for a freshness window after that', async (t) => {
  const { stage, node } = await quietStage(t)
  const endpoints = { are: true }
  const sweeper = stage.node({ anyEndpoint: async () => endpoints.are, zonesLost: async () => new Set(endpoints.are ? [] : ['mzdfw', 'mzlon', 'mzord']) })
  const sweepFor = async (ms: number) => {
    for (let n = 0; n < ms / 5000; n++) {
      await stage.clock.advance(5000)
      await stage.run(sweeper.sweep.awake(7000))
      await stage.round(sweeper)
    }
  }
  await sweepFor(2 * freshFor)
  await stage.all(node, '200')
  endpoints.are = false
  await sweepFor(4 * freshFor)
  assert.equal(await stage.state(), 'OK', 'the endpoints are gone, and no zone is to blame')
  endpoints.are = true
  await sweepFor(freshFor - 5000)
  assert.equal(await stage.state(), 'OK', 'what was sent meanwhile may still come')
  await sweepFor(2 * freshFor)
  assert.equal(await stage.state(), 'UNKNOWN')
})

test('rows of an entity that is gone are buried, by who watched it and by who looks for strays', async (t) => {
  for (const watched of [true, false]) {
    const { stage, node } = await quietStage(t)
    if (watched) await stage.round(node)
    const kinds = [['entity', key.entity], ['check', 'chStage000'], ['alarm', key.alarm]] as const
    await stage.commit(...kinds.map(([kind, id]) => ({ kind, id, expected: 1, value: null })))
    const sweeper = watched ? node : stage.node()
    await stage.clock.advance(30_000)
    await stage.run(sweeper.sweep.awake(Number.POSITIVE_INFINITY))
    await stage.round(sweeper)
    assert.equal((await stage.row()).deleted, watched)
    await stage.run(sweeper.sweep.strays(forever))
    assert.equal((await stage.row()).deleted, true)
    const { version } = await stage.row()
    await stage.run(sweeper.sweep.strays(forever))
    assert.equal((await stage.row()).version, version, 'once')
  }
})

test('a change of configuration on this node is seen in the next round, and one on another before long', async (t) => {
  for (const here of [true, false]) {
    const { stage, node } = await quietStage(t)
    await stage.minutes(node, 3, '200')
    await stage.round(node)
    await stage.commit({ kind: 'alarm', id: key.alarm, expected: 1, value: null })
    if (here) {
      node.plans.forget(tenant, key.entity)
      node.sweep.changed(tenant, key.entity)
    } else {
      await stage.clock.advance(300_000)
      await stage.run(node.sweep.awake(Number.POSITIVE_INFINITY))
    }
    await stage.round(node)
    assert.equal((await stage.row()).deleted, true)
  }
})

test('the first alarm of an entity, made through another node, is watched before long', async (t) => {
  const { stage, node } = await quietStage(t)
  const sweeper = stage.node()
  const seconds = async (count: number) => {
    for (let n = 0; n < count; n += 5) {
      await stage.clock.advance(5000)
      await stage.run(sweeper.sweep.awake(7000))
      await stage.round(sweeper)
    }
  }
  await stage.change(node, 'alarm', null)
  await seconds(20)
  await stage.change(node, 'alarm', {})
  await stage.all(node, '200')
  assert.equal(await stage.state(), 'OK')
  await seconds(200)
  assert.equal(await stage.state(), 'UNKNOWN')
})

test('only our slices are swept', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.minutes(node, 3, '200', zones)
  const ours = sliceOf(tenant, key.entity)
  const rest = new Set([...allSlices].filter((slice) => slice !== ours))
  for (let n = 0; n < 20; n++) {
    await stage.clock.advance(30_000)
    await stage.run(node.sweep.round(forever, Number.POSITIVE_INFINITY, rest))
  }
  assert.equal(await stage.state(), 'OK')
  await stage.run(node.sweep.round(forever, Number.POSITIVE_INFINITY, new Set([ours])))
  assert.equal(await stage.state(), 'UNKNOWN')
})

test('slices are shared out whole, evenly enough, and move only with who comes or goes', () => {
  const owners = ['dc1-a', 'dc1-b', 'dc2-a', 'dc3-a']
  const shares = owners.map((owner) => shareOf(owner, owners))
  assert.deepEqual(shares.flatMap((share) => [...share]).toSorted((a, b) => a - b), [...allSlices])
  for (const share of shares) assert.ok(share.size >= 1 && share.size <= 8, `${share.size} slices`)
  const without = owners.slice(1)
  for (const [n, owner] of without.entries()) for (const slice of shares[n + 1] ?? []) assert.ok(shareOf(owner, without).has(slice))
  assert.deepEqual(shareOf('alone', ['alone']), allSlices)
})
