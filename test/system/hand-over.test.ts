import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alarm, entityWith, httpCheck } from './drafts.ts'
import { simulated, startSystem, type System } from './start-system.ts'

const zones = ['mzdfw']
const pollers = ['mzdfw/a', 'mzdfw/b', 'mzdfw/c']

/** The slots of each check in order, by the process that ran them. */
function runs(system: System): Map<string, { readonly slot: number; readonly boot: string }[]> {
  const observations = system.store.history.flatMap((write) => (write.kind === 'observation' && write.observation.zone === 'mzdfw' ? [write.observation] : []))
  return Map.groupBy(observations.toSorted((a, b) => a.slot - b.slot), (observation) => observation.check)
}

async function manySites(system: System, count: number): Promise<void> {
  const site = system.target.http()
  for (let n = 0; n < count; n++) await system.create(entityWith(httpCheck(site.url, { period: 30 }), alarm('QUORUM')))
}

test('the pollers of a zone share its checks, and when one dies the others have its share within a lease', async () => {
  await using system = await startSystem(simulated({ seed: 60, zones, pollers }))
  await manySites(system, 12)
  await system.until('5m')
  const boots = (from: number) => new Set([...runs(system).values()].flatMap((list) => list.filter((run) => run.slot > from).map((run) => run.boot)))
  assert.equal(boots(system.world.clock.now() - 120_000).size, 3)
  system.killPoller('mzdfw/b')
  await system.until('10m')
  assert.equal(boots(system.world.clock.now() - 120_000).size, 2)
  for (const [check, list] of runs(system)) {
    const gaps = list.map((run, at) => run.slot - (list[at - 1]?.slot ?? run.slot))
    // A period, and one more where the slot fell into the lease of the one that died.
    assert.ok(gaps.every((gap) => gap <= 60_000), `${check}: ${gaps.join()}`)
  }
  system.mailbox.expectNothing()
  assert.deepEqual(system.problems(), [])
})

test('two processes that both run a check, each believing the other gone, are one zone with one vote', async () => {
  await using system = await startSystem(simulated({ seed: 61, zones, pollers }))
  await manySites(system, 6)
  await system.until('3m')
  // Their clocks differ, and each joins and leaves again and again.
  for (let minute = 3; minute < 15; minute++) {
    await system.until(`${minute}m`)
    const place = pollers[minute % 3] ?? ''
    system.killPoller(place)
    await system.startPoller(place, minute * 100)
  }
  system.mailbox.expectNothing()
  assert.deepEqual(system.problems(), [])
})
