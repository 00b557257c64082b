import { test } from 'node:test'
import assert from 'node:assert/strict'
import { Stage } from '../../flows/stage.suite.ts'
import { anyEndpoint, keepPresent } from './presence.ts'

test('an endpoint is there from its start to its end, and a killed one for seconds more', async () => {
  const stage = new Stage()
  const [one, other, asking] = [stage.node(), stage.node(), stage.node()]
  const there = anyEndpoint(asking.store.leases, asking.clock)
  assert.equal(await stage.run(there()), false)
  const presences = [one, other].map(({ clock, store, health }, index) => keepPresent({ leases: store.leases, owner: `endpoint ${index}`, clock, log: stage.log, healthyFor: () => health.healthyFor() }))
  await stage.clock.advance(5000)
  assert.equal(await stage.run(there()), true)
  await stage.clock.advance(60_000)
  assert.equal(await stage.run(there()), true, 'it is said again and again')
  one.clock.kill()
  await stage.clock.advance(20_000)
  assert.equal(await stage.run(there()), true, 'the other one is left')
  for (let n = 0; n < 10; n++) {
    other.health.failed()
    await stage.clock.advance(1000)
  }
  assert.equal(await stage.run(there()), false, 'and can store nothing')
  await stage.clock.advance(5000)
  assert.equal(await stage.run(there()), true, 'until it can again')
  await stage.run((async () => { await presences[1]?.[Symbol.asyncDispose]() })())
  await stage.clock.advance(10_000)
  assert.equal(await stage.run(there()), false)
})
