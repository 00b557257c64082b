import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailable } from '../../../contracts/errors.ts'
import { simulatedClock } from '../clock.ts'
import { simulatedRandom } from '../random.ts'
import { Client } from './client.ts'
import type { Level } from './coordinator.ts'
import type { CommitLog } from './replica.ts'
import { Ring } from './ring.ts'

const regions = ['dc1', 'dc2', 'dc3']

function open({ seed = 7, commitLog = 'batch' as CommitLog } = {}) {
  const clock = simulatedClock()
  const ring = new Ring({ clock, random: simulatedRandom(seed), regions, commitLog })
  const clients = regions.map((region) => new Client(ring, { region, clock }))
  const [one, two, three] = clients as [Client, Client, Client] // a client a region
  const value = async (client: Client) => (await clock.run(client.read('p'))).get('row')?.v?.value
  const write = (client: Client, v: unknown, level: Level = 'QUORUM') => client.write('p', { row: { v } }, level)
  const swap = (client: Client, from: unknown, to: unknown) => client.compareAndSet('p', (rows) => rows.get('row')?.v?.value === from, { row: { v: to } })
  return { clock, ring, clients, one, two, three, value, write, swap }
}
const unknown = (error: unknown) => error instanceof StoreUnavailable && error.outcome === 'unknown'

/** Whether what dc1 acknowledged is still there after dc1 was killed right afterwards, with nothing between the regions at that moment. */
async function survives(commitLog: CommitLog, level: Level): Promise<boolean> {
  const { clock, ring, one, two, value, write } = open({ commitLog })
  if (level === 'LOCAL') for (const other of ['dc2', 'dc3']) ring.wires.cut('dc1', other)
  ring.wires.faults.held = [1e9, 1e9]
  await clock.run(write(one, 'x', level))
  ring.kill(0)
  ring.wires.mend()
  ring.start(0)
  await clock.advance(30_000)
  return await value(one) === 'x' && await value(two) === 'x'
}

test('what one replica of a region acknowledged is forgotten by a kill when its commit log is periodic; at QUORUM it is not', async () => {
  assert.equal(await survives('periodic', 'LOCAL'), false)
  assert.equal(await survives('periodic', 'QUORUM'), true)
  assert.equal(await survives('batch', 'QUORUM'), true)
})

test('a compare-and-set in the socket of a replica that stands still is applied later, whatever was read meanwhile', async () => {
  const { clock, ring, one, two, three, value, write, swap } = open()
  await clock.run(write(one, 'a'))
  ring.pause(0, 20_000)
  await assert.rejects(clock.run(swap(one, 'a', 'b')), unknown)
  assert.deepEqual([await value(two), await value(three)], ['a', 'a'])
  await clock.advance(20_000)
  assert.equal(await value(two), 'b')
})

test('another one that came first settles it: it never applies', async () => {
  const { clock, ring, one, two, value, write, swap } = open()
  await clock.run(write(one, 'a'))
  ring.pause(0, 20_000)
  await assert.rejects(clock.run(swap(one, 'a', 'b')), unknown)
  assert.equal((await clock.run(swap(two, 'a', 'c'))).applied, true)
  await clock.advance(60_000)
  assert.equal(await value(one), 'c')
})

test('of many at once from all regions one wins, and who is told so is the one', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { clock, ring, clients, one, value, write, swap } = open({ seed })
    ring.wires.faults.loss = 0.1
    await clock.run(write(one, 'a'))
    const tries = clients.flatMap((client, region) => [1, 2].map((n) => ({ name: `${region}.${n}`, done: swap(client, 'a', `${region}.${n}`) })))
    const results = await clock.run(Promise.allSettled(tries.map((attempt) => attempt.done)))
    ring.wires.mend()
    await clock.advance(10_000)
    const won = tries.filter((_, n) => { const result = results[n]; return result?.status === 'fulfilled' && result.value.applied }).map(({ name }) => name)
    const stands = await value(one)
    assert.ok(won.length <= 1, `seed ${seed}: ${won.join()}`)
    if (won.length === 1) assert.equal(stands, won[0], `seed ${seed}`)
  }
})

test('what one reader at QUORUM has seen, the next one sees', async () => {
  const { clock, ring, one, two, three, value, write } = open()
  ring.wires.faults.held = [1e9, 1e9]
  for (const other of ['dc2', 'dc3']) ring.wires.cut('dc1', other)
  await assert.rejects(clock.run(write(one, 'x')), unknown)
  ring.wires.mend()
  // Whichever other replica dc1 asks is given it before the answer.
  assert.equal(await value(one), 'x')
  ring.kill(0)
  assert.equal(await value(two), 'x')
  assert.equal(await value(three), 'x')
})

test('a replica that was away gets what it missed; one that lost its disk gets everything', async () => {
  for (const away of ['kill', 'lose'] as const) {
    const { clock, ring, one, two, three, value, write } = open()
    await clock.run(write(one, 'x'))
    ring[away](2)
    await clock.run(write(two, 'y'))
    ring.start(2)
    await clock.advance(15_000)
    ring.kill(0)
    assert.deepEqual([(await clock.run(three.read('p', {}, 'LOCAL'))).get('row')?.v?.value, await value(two)], ['y', 'y'], away)
  }
})

test('the later clock wins, whoever wrote last; and each cell for itself', async () => {
  const { clock, ring, one, two } = open()
  ring.kill(0)
  ring.start(0, 60_000)
  await clock.run(one.write('p', { row: { v: 'from the future', w: 'too' } }))
  await clock.run(two.write('p', { row: { v: 'now', x: 'new' } }))
  const row = (await clock.run(two.read('p'))).get('row')
  assert.deepEqual(['v', 'w', 'x'].map((cell) => row?.[cell]?.value), ['from the future', 'too', 'new'])
})

test('two regions of three go on; one alone does not, and says what it knows', async () => {
  const { clock, ring, one, three, write, value } = open()
  ring.kill(1)
  await clock.run(write(one, 'x'))
  assert.equal(await value(three), 'x')
  ring.kill(2)
  await assert.rejects(clock.run(write(one, 'y')), unknown)
  await assert.rejects(clock.run(one.read('p')), (error: unknown) => error instanceof StoreUnavailable && error.outcome === 'not done')
  assert.equal(one.problems()[0]?.kind, 'unavailable')
  ring.start(1)
  await clock.advance(5000)
  assert.equal(await value(one), 'y')
  assert.deepEqual(one.problems(), [])
})
