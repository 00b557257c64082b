import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alarm, entityWith, httpCheck } from './drafts.ts'
import { between } from './durations.ts'
import { simulated, startSystem, type System } from './start-system.ts'

const zones = ['mzdfw', 'mzlon', 'mzord']

async function watched(system: System) {
  const site = system.target.http()
  const draft = await system.create(entityWith(httpCheck(site.url), alarm('QUORUM')))
  await system.until('3m')
  assert.equal(await system.state(draft), 'OK')
  return { site, draft }
}

test('the only server dies and comes back: what the pollers saw meanwhile is there, and nobody is woken', async () => {
  await using system = await startSystem(simulated({ seed: 30, zones }))
  const { draft } = await watched(system)
  system.killServer()
  await system.until('13m')
  await system.startServer()
  await system.until('20m')
  assert.equal(await system.state(draft), 'OK')
  system.mailbox.expectNothing()
  const slots = system.store.history.flatMap((write) => (write.kind === 'observation' && write.observation.zone === 'mzlon' && write.observation.kind === 'scheduled' ? [write.observation.slot] : [])).toSorted((a, b) => a - b)
  assert.ok(slots.every((slot, at) => at < 2 || slot - (slots[at - 1] ?? 0) === 60_000), slots.join())
  assert.deepEqual(system.problems(), [])
})

test('an outage during the death of the server is told when it is back', async () => {
  await using system = await startSystem(simulated({ seed: 31, zones }))
  const { site } = await watched(system)
  system.killServer()
  site.down()
  await system.until('8m')
  await system.startServer()
  await system.until('12m')
  system.mailbox.expectOne({ state: 'CRITICAL', at: between('8m', '9m') })
  assert.deepEqual(system.problems(), [])
})

test('a server that dies anywhere between seeing and telling leaves a page that the other one delivers', async () => {
  // The moments are spread over the way from the first look at the site to the mailbox.
  for (let moment = 0; moment < 12; moment++) {
    await using system = await startSystem(simulated({ seed: 32, zones, servers: 2 }))
    const { site } = await watched(system)
    site.down()
    const before = system.store.history.length
    while (!system.store.history.slice(before).some((write) => write.kind === 'observation' && !write.observation.available)) await system.pass('2ms')
    await system.pass(`${moment * 8}ms`)
    system.killServer(0)
    await system.until('4m')
    const mails = system.mailbox.take()
    assert.deepEqual([...new Set(mails.map((mail) => mail.state))], ['CRITICAL'], `killed ${moment * 8} ms after the first observation`)
    assert.equal(new Set(mails.map((mail) => mail.key)).size, 1)
    assert.deepEqual(system.problems(), [])
  }
})

/** All pollers lose their servers; the answer says when UNKNOWN is recorded, in ms. `stopAt`: then the sweeper stops for half a minute, and the pollers are back. */
async function blindness(stopAt: number): Promise<readonly number[]> {
  await using system = await startSystem(simulated({ seed: 33, zones, servers: 2 }))
  await watched(system)
  for (const { link } of system.pollers.values()) link.cut = true
  system.route = () => 1
  // A slow store spreads a decision over a second and a half.
  system.store.faults.latency = [200, 200]
  await system.world.clock.until(stopAt)
  system.servers[0]?.clock.pause(30_000)
  for (const { link } of system.pollers.values()) link.cut = false
  await system.pass('2m')
  assert.deepEqual(system.problems(), [])
  return system.store.history.flatMap((write) => (write.kind === 'version' && write.entry.kind === 'state' && write.row.state === 'UNKNOWN' ? [write.moment] : []))
}

test('a server that stood still for half a minute does not wake and write what it thought then', async () => {
  const [usual = 0] = await blindness(600_000)
  assert.ok(usual > 180_000)
  for (let before = 100; before < 2500; before += 300) {
    const late = (await blindness(usual - before)).filter((moment) => moment > usual + 20_000)
    assert.deepEqual(late, [], `stopped ${before} ms before it would have written`)
  }
})

test('a receiver that is told twice is told with the same key', async () => {
  await using system = await startSystem(simulated({ seed: 34, zones }))
  const { site } = await watched(system)
  system.mailbox.mishaps('refuse', 'lose the answer', 'hang', 'refuse')
  site.down()
  await system.until('10m')
  const mails = system.mailbox.take()
  assert.equal(mails.length, 2)
  assert.equal(new Set(mails.map((mail) => mail.key)).size, 1)
  assert.deepEqual(system.problems(), [])
})

test('a commit whose answer is lost is recorded once, whatever became of it', async () => {
  for (const fate of ['now', 'later', 'never'] as const) {
    await using system = await startSystem(simulated({ seed: 35, zones }))
    const { site, draft } = await watched(system)
    site.down()
    // The first commit is the first zone's vote, the second one the change.
    system.store.loseNext('ledger.commit', fate)
    system.store.loseNext('ledger.commit', fate)
    await system.until('8m')
    assert.equal(await system.state(draft), 'CRITICAL', fate)
    system.mailbox.expectOne({ state: 'CRITICAL', at: between('3m', '5m') })
    assert.deepEqual(system.problems(), [], fate)
  }
})
