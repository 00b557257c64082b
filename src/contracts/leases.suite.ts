import assert from 'node:assert/strict'
import { defineSuite, type TestedStore } from './define.suite.ts'

export const leasesSuite = defineSuite<TestedStore>('leases', {
  async 'acquire takes what is free, and keeps others out until its time has passed'({ store: { leases } }) {
    assert.equal(await leases.acquire('sweep', 'a', 1000, 100), true)
    assert.equal(await leases.acquire('sweep', 'b', 1099, 100), false)
    assert.equal(await leases.acquire('sweep', 'b', 1100, 100), true)
    assert.equal(await leases.acquire('sweep', 'a', 1150, 100), false)
  },

  async 'acquire renews what is held already'({ store: { leases } }) {
    await leases.acquire('sweep', 'a', 1000, 100)
    assert.equal(await leases.acquire('sweep', 'a', 1090, 100), true)
    assert.equal(await leases.acquire('sweep', 'b', 1150, 100), false)
    assert.deepEqual(await leases.holders('sweep', 1150), [{ name: 'sweep', owner: 'a', until: 1190 }])
  },

  async 'of many at once, one gets it'({ store: { leases } }) {
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => leases.acquire('sweep', `owner ${i}`, 1000, 100)))
    assert.equal(results.filter(Boolean).length, 1)
  },

  async 'release gives back what is the owner\'s, and nothing else'({ store: { leases } }) {
    await leases.acquire('sweep', 'a', 1000, 100)
    await leases.release('sweep', 'b')
    await leases.release('no such lease', 'a')
    assert.equal(await leases.acquire('sweep', 'b', 1010, 100), false)
    await leases.release('sweep', 'a')
    assert.equal(await leases.acquire('sweep', 'b', 1010, 100), true)
  },

  async 'holders lists the live leases with a prefix, sorted by name'({ store: { leases } }) {
    for (const [name, ttl] of [['zone/b', 100], ['zone/a', 50], ['zone/c', 10], ['other/a', 100]] as const) await leases.acquire(name, `owner of ${name}`, 1000, ttl)
    const names = async (prefix: string, now: number) => (await leases.holders(prefix, now)).map(({ name }) => name)
    assert.deepEqual(await names('zone/', 1000), ['zone/a', 'zone/b', 'zone/c'])
    assert.deepEqual(await names('zone/', 1010), ['zone/a', 'zone/b'])
    assert.deepEqual(await names('zone/', 1100), [])
    assert.deepEqual((await leases.holders('other/', 1010)), [{ name: 'other/a', owner: 'owner of other/a', until: 1100 }])
  },
})
