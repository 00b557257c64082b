import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemConfirmBus } from '../../adapters/system/feed.ts'
import { observationId } from '../../core/observation.ts'
import { checkId, quietStage, type Stage, type StageNode } from '../../flows/stage.suite.ts'
import { startEndpoint, zonesWithoutPoller } from './start-endpoint.ts'

const endpoint = ({ clock }: Stage, { ingest, store }: StageNode) => startEndpoint({ ingest, configuration: store.configuration, leases: store.leases, confirmBus: systemConfirmBus(clock), clock })

test('the age of what comes out of a spool reaches those who judge by it', async (t) => {
  const { stage, node } = await quietStage(t)
  await stage.clock.advance(600_000)
  const wrong = stage.sees('mzdfw', '200', { at: stage.clock.now() + 3_600_000 })
  assert.deepEqual(await stage.run(endpoint(stage, node).post([wrong], false, undefined, [90_000])), [observationId(wrong)])
  const [row] = await stage.run(stage.store.observations.newest(checkId, 'mzdfw', 1))
  assert.equal(row?.at, stage.clock.now() - 90_000)
})

test('a poller has its place in its zone while it asks, and no other zone\'s', async (t) => {
  const { stage, node } = await quietStage(t)
  const link = endpoint(stage, node)
  const ask = async (zone: string, poller: string) => (await stage.run(link.schedule(zone, poller, ''))).pollers
  assert.deepEqual([await ask('mzdfw', 'a'), await ask('mzdfw', 'b'), await ask('mzdf', 'c')], [['a'], ['a', 'b'], ['c']])
  await stage.clock.advance(4000)
  await ask('mzdfw', 'b')
  await stage.clock.advance(2000)
  assert.deepEqual(await ask('mzdfw', 'b'), ['b'])
})

test('a zone whose pollers do not ask any more is down', async (t) => {
  const { stage, node } = await quietStage(t)
  const link = endpoint(stage, node)
  const down = zonesWithoutPoller(node.store.leases, node.clock)
  await stage.run(link.schedule('mzdfw', 'a', ''))
  assert.deepEqual(await stage.run(down(['mzdfw', 'mzdf', 'mzlon'])), ['mzdf', 'mzlon'])
  await stage.clock.advance(5000)
  assert.deepEqual(await stage.run(down(['mzdfw'])), ['mzdfw'])
})
