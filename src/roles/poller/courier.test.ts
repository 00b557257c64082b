import { test } from 'node:test'
import assert from 'node:assert/strict'
import { observationId, type Observation } from '../../core/observation.ts'
import type { EndpointLink } from '../../contracts/transport.ts'
import { anObservation } from '../../contracts/samples.suite.ts'
import { simulatedClock } from '../../adapters/simulated/clock.ts'
import { recordingLog } from '../../adapters/simulated/log.ts'
import { simulatedRandom } from '../../adapters/simulated/random.ts'
import { memorySpool } from '../../adapters/spool/memory-spool.ts'
import { Courier } from './courier.ts'
import { pollerDefaults, type PollerSettings } from './settings.ts'

interface Post { readonly live: boolean; readonly sequences: readonly number[]; readonly ages: readonly (number | null)[] | undefined; readonly at: number }

/** A courier at work, an endpoint that remembers every post and answers as `answer` says. */
function stage(settings: Partial<PollerSettings> = {}) {
  const clock = simulatedClock()
  const posts: Post[] = []
  const everything = async (observations: readonly Observation[]): Promise<readonly string[]> => observations.map(observationId)
  const state = { answer: everything, everything }
  const post: EndpointLink['post'] = async (observations, live, _signal, ages) => {
    posts.push({ live, sequences: observations.map((each) => each.sequence), ages, at: clock.monotonic() })
    return state.answer(observations)
  }
  const link: EndpointLink = { post, schedule: async () => ({ cursor: '', full: false, upserts: [], removes: [], pollers: [] }), async *confirmations() {} }
  const spool = memorySpool(clock)
  const stopping = new AbortController()
  const courier = new Courier({ link, spool, clock, random: simulatedRandom(1), log: recordingLog(), settings: { ...pollerDefaults, ...settings }, signal: stopping.signal })
  const loops = Promise.all([courier.live(), courier.backlog()])
  const take = (from: number, to: number) => { for (let n = from; n < to; n++) courier.take(anObservation(n, { at: clock.now() })) }
  const close = async () => {
    stopping.abort()
    await loops
    await courier.close()
  }
  return { clock, posts, state, spool, courier, take, end: () => clock.run(close()) }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n)
const refuse = async () => { throw new Error('the store is down') }

test('observations travel together, soon, and never touch the disk while the endpoint answers', async () => {
  const { clock, posts, spool, courier, take, end } = stage()
  let appends = 0
  const append = spool.append.bind(spool)
  spool.append = async (observations) => { appends += 1; await append(observations) }
  take(0, 3)
  await clock.advance(10)
  take(3, 5)
  await clock.advance(30)
  assert.deepEqual(posts.map(({ live, sequences }) => [live, sequences]), [[true, numbers(0, 5)]])
  for (let n = 5; n < 1000; n++) {
    take(n, n + 1)
    await clock.advance(3)
  }
  await end()
  assert.deepEqual(posts.flatMap((post) => post.sequences), numbers(0, 1000))
  assert.deepEqual([appends, courier.counts.acknowledged], [0, 1000])
})

test('what an endpoint refuses waits on disk, and follows behind the live ones when it is back', async () => {
  const { clock, posts, state, spool, take, end } = stage({ batch: 50 })
  state.answer = refuse
  for (let n = 0; n < 100; n++) {
    take(n, n + 1)
    await clock.advance(100)
  }
  assert.ok(spool.stats().count >= 95, `${spool.stats().count} on disk`)
  posts.length = 0
  state.answer = state.everything
  for (let n = 100; n < 200; n++) {
    take(n, n + 1)
    await clock.advance(100)
  }
  await end()
  const spooled = posts.filter((post) => !post.live).flatMap((post) => post.sequences)
  const live = posts.filter((post) => post.live).flatMap((post) => post.sequences)
  for (const way of [spooled, live]) assert.deepEqual(way, way.toSorted((a, b) => a - b), 'each in order')
  assert.deepEqual([...new Set([...spooled, ...live])].toSorted((a, b) => a - b), numbers(0, 200))
  assert.ok(live.includes(190) && spooled.includes(3) && !spooled.includes(190))
  assert.equal(spool.stats().count, 0)
  assert.ok(posts.filter((post) => !post.live).every((post) => post.ages?.every((age) => age !== null && age > 0)), 'with their ages')
})

test('an outage is not hammered at: attempts come ever more slowly', async () => {
  const { clock, posts, state, take, end } = stage()
  state.answer = refuse
  for (let n = 0; n < 600; n++) {
    take(n, n + 1)
    await clock.advance(100)
  }
  assert.ok(posts.length < 60, `${posts.length} posts in a minute`)
  await end()
})

test('a slow answer: on disk meanwhile, released by the answer, and not posted twice', async () => {
  const { clock, posts, state, spool, courier, take, end } = stage()
  state.answer = async (observations) => {
    await clock.sleep(2_000)
    return state.everything(observations)
  }
  take(0, 10)
  await clock.advance(200)
  assert.equal(spool.stats().count, 0)
  await clock.advance(100)
  assert.equal(spool.stats().count, 10)
  await clock.advance(2_000)
  assert.deepEqual([spool.stats().count, courier.counts.acknowledged, posts.length], [0, 10, 1])
  await end()
})

test('an endpoint that never answers: everything is on disk in a quarter of a second, and it is tried again', async () => {
  const { clock, posts, state, spool, courier, take, end } = stage()
  state.answer = () => new Promise<never>(() => {})
  for (let n = 0; n < 100; n++) {
    take(n, n + 1)
    await clock.advance(100)
    assert.ok(n + 1 - spool.stats().count <= 6, 'half a second at most is in memory only')
  }
  state.answer = state.everything
  await clock.advance(60_000)
  assert.deepEqual([...new Set(posts.flatMap((post) => post.sequences))].toSorted((a, b) => a - b), numbers(0, 100))
  assert.deepEqual([spool.stats().count, courier.waiting], [0, 0])
  await end()
})

test('what an answer does not name is not acknowledged', async () => {
  const { clock, posts, state, spool, take, end } = stage()
  state.answer = async (observations) => observations.filter((each) => each.sequence % 2 === 0).map(observationId)
  take(0, 10)
  await clock.advance(50)
  assert.deepEqual((await spool.pending(10)).map((item) => item.observation.sequence), [1, 3, 5, 7, 9])
  state.answer = state.everything
  await clock.advance(5_000)
  assert.deepEqual(posts.at(-1)?.sequences, [1, 3, 5, 7, 9])
  await end()
})

test('a long spool is posted at its own pace', async () => {
  const { clock, posts, spool, end } = stage({ batch: 100, pace: 500 })
  await spool.append(numbers(0, 1000).map((n) => anObservation(n)))
  await clock.advance(10_000)
  assert.deepEqual(posts.map((post) => post.sequences.length), numbers(0, 10).map(() => 100))
  for (const [index, post] of posts.entries()) if (index > 0) assert.ok(post.at - posts[index - 1]!.at >= 500)
  await end()
})

test('when neither the endpoint nor the disk takes anything, so many stay in memory, the newest, and losses are counted', async () => {
  const { clock, posts, state, spool, courier, take, end } = stage({ hold: 100 })
  state.answer = refuse
  spool.fault = new Error('no space left on device')
  for (let n = 0; n < 300; n++) {
    take(n, n + 1)
    await clock.advance(50)
  }
  assert.ok(courier.waiting <= 100)
  assert.ok(courier.counts.lost >= 200 && courier.counts.lost + courier.waiting === 300, `${courier.counts.lost} lost, ${courier.waiting} in memory`)
  state.answer = state.everything
  spool.fault = undefined
  posts.length = 0
  await clock.advance(20_000)
  assert.deepEqual([...new Set(posts.flatMap((post) => post.sequences))].toSorted((a, b) => a - b), numbers(200, 300))
  assert.equal(courier.waiting, 0)
  await end()
})

test('behind a slow endpoint what is young still travels live, in batches that it can answer in time, and the rest follows', async () => {
  const { clock, posts, state, spool, courier, take, end } = stage()
  // It does 50 a second, and gets 40.
  state.answer = async (observations) => {
    await clock.sleep(observations.length * 20)
    return state.everything(observations)
  }
  take(0, 600)
  for (let n = 600; n < 1800; n++) {
    take(n, n + 1)
    await clock.advance(25)
  }
  const late = posts.filter((post) => post.live && post.at > 20_000)
  assert.ok(late.length > 5 && late.every((post) => post.sequences.length <= 150), late.map((post) => post.sequences.length).join())
  const newest = late.at(-1)?.sequences[0] ?? 0
  assert.ok(newest > 1800 - 5 * 40, `${newest} is what goes live at the end`)
  await clock.advance(120_000)
  assert.deepEqual([spool.stats().count, courier.waiting], [0, 0])
  assert.deepEqual(new Set(posts.flatMap((post) => post.sequences)).size, 1800)
  assert.equal(posts.flatMap((post) => post.sequences).length, 1800, 'nothing is posted twice')
  await end()
})

test('at the end everything is posted, or on disk', async () => {
  const { state, posts, spool, take, end } = stage()
  take(0, 1200)
  state.answer = async (observations) => (posts.length > 1 ? refuse() : state.everything(observations))
  await end()
  const posted = posts.filter((_, index) => index < 1).flatMap((post) => post.sequences)
  assert.equal(posted.length + spool.stats().count, 1200)
})

test('at the end a hanging endpoint is not waited for', async () => {
  const { clock, state, spool, take, end } = stage()
  state.answer = () => new Promise<never>(() => {})
  take(0, 20)
  await clock.advance(100)
  take(20, 40)
  await end()
  assert.ok(clock.monotonic() < 1_000)
  assert.equal(spool.stats().count, 40)
})

for (const seed of [1, 2, 3, 4, 5]) {
  test(`over a bad line and a bad disk nothing is lost (seed ${seed})`, async () => {
    const { clock, state, spool, courier, take, end } = stage()
    const random = simulatedRandom(seed)
    const arrived = new Set<number>()
    let cut = false
    state.answer = async (observations) => {
      await clock.sleep(random.integer(0, 600))
      if (cut || random.chance(0.2)) return refuse()
      for (const { sequence } of observations) arrived.add(sequence)
      return random.chance(0.2) ? refuse() : state.everything(observations)
    }
    for (let n = 0; n < 1_000; n++) {
      if (n % 100 === 50) cut = random.chance(0.5)
      spool.fault = random.chance(0.1) ? new Error('a bad sector') : undefined
      take(n, n + 1)
      await clock.advance(random.integer(1, 200))
    }
    cut = false
    spool.fault = undefined
    await clock.advance(60_000)
    assert.deepEqual([arrived.size, spool.stats().count, courier.waiting, courier.counts.lost], [1_000, 0, 0, 0])
    await end()
  })
}
