import { test } from 'node:test'
import assert from 'node:assert/strict'
import { Stage } from '../flows/stage.suite.ts'
import { speaksForAll } from './self.ts'

test('of all regions one tells what all see, and when it falls silent another one does', async () => {
  const stage = new Stage()
  const { store, clock } = stage.node()
  const ask = (regions: readonly string[]) => stage.run(Promise.all(regions.map((region) => speaksForAll(store.leases, region, clock.now()))))
  assert.deepEqual(await ask(['dc1']), [true])
  for (let n = 0; n < 10; n++) {
    await stage.clock.advance(10_000)
    assert.deepEqual(await ask(['dc2', 'dc3', 'dc1']), [false, false, true])
  }
  await stage.clock.advance(10_000)
  assert.deepEqual(await ask(['dc2', 'dc3']), [false, false], 'it may only be slow')
  await stage.clock.advance(15_000)
  const left = await ask(['dc2', 'dc3'])
  assert.equal(left.filter(Boolean).length, 1)
  assert.deepEqual(await ask(['dc2', 'dc3']), left)
})
