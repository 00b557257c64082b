import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock, simulationStart, type SimulatedClock } from './clock.ts'
import { simulatedRandom } from './random.ts'

async function sleeper(clock: SimulatedClock, log: string[], name: string, ms: number): Promise<void> {
  await clock.sleep(ms)
  log.push(`${name}@${clock.monotonic()}`)
}

test('what falls due runs in order of time, then in the order it was asked for', async () => {
  const clock = simulatedClock()
  const log: string[] = []
  const all = Promise.all([sleeper(clock, log, 'late', 30), sleeper(clock, log, 'a', 10), sleeper(clock, log, 'b', 10), sleeper(clock, log, 'early', 5)])
  await clock.advance(29)
  assert.deepEqual(log, ['early@5', 'a@10', 'b@10'])
  await clock.run(all)
  assert.equal(log.at(-1), 'late@30')
})

test('everything that an event causes at its moment happens before the next event', async () => {
  const clock = simulatedClock()
  const log: string[] = []
  const chain = async () => {
    await clock.sleep(10)
    for (let i = 0; i < 50; i++) await Promise.resolve()
    clock.now()
    await new Promise((resolve) => setImmediate(resolve))
    log.push('chain')
  }
  await clock.run(Promise.all([chain(), sleeper(clock, log, 'other', 10)]))
  assert.deepEqual(log, ['chain', 'other@10'])
})

test('a chain of sleeps takes its virtual time and next to no real time', async () => {
  const clock = simulatedClock()
  let rounds = 0
  const work = (async () => {
    for (; rounds < 1000; rounds++) await clock.sleep(60_000)
  })()
  await clock.advance(500 * 60_000)
  assert.equal(rounds, 500)
  await clock.run(work)
  assert.equal(clock.now(), simulationStart + 60_000_000)
})

test('nodes disagree on the wall time, and jump, while monotonic time is one', async () => {
  const clock = simulatedClock({ start: 1_000_000 })
  const fast = clock.node('fast', { skew: 3000 })
  await clock.advance(500)
  fast.jump(-10_000)
  assert.deepEqual([clock.now(), fast.now(), fast.monotonic()], [1_000_500, 993_500, 500])
})

test('a node that stands still goes on afterwards; a dead one never', async () => {
  const clock = simulatedClock()
  const [paused, dead] = [clock.node('paused'), clock.node('dead')]
  const log: string[] = []
  const work = async (name: string, sleep: Promise<void>) => {
    await sleep
    log.push(`${name}@${clock.monotonic()}`)
  }
  const first = work('paused', paused.sleep(10))
  const second = work('dead', dead.sleep(10))
  paused.pause(1000)
  dead.kill()
  await clock.advance(5000)
  assert.deepEqual(log, ['paused@1000'])
  await first
  assert.equal(await Promise.race([second, Promise.resolve('still waiting')]), 'still waiting')
})

test('work that waits for nothing that could come is told so', async () => {
  const clock = simulatedClock()
  await assert.rejects(clock.run(new Promise(() => {})), /would wait forever/)
})

test('a clock that runs freely needs no hand', async () => {
  const clock = simulatedClock({ free: true })
  await clock.sleep(86_400_000)
  await clock.sleep(86_400_000)
  assert.equal(clock.monotonic(), 2 * 86_400_000)
})

test('with dice, what falls on one moment comes in an order that follows from the seed', async () => {
  const order = async (seed: number) => {
    const clock = simulatedClock({ random: simulatedRandom(seed) })
    const log: string[] = []
    await clock.run(Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => sleeper(clock, log, name, 10))))
    return log.join()
  }
  assert.equal(await order(1), await order(1))
  const seen = new Set(await Promise.all([1, 2, 3, 4, 5].map(order)))
  assert.ok(seen.size > 1)
})
