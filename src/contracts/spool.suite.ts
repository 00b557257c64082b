import assert from 'node:assert/strict'
import { observationId, type Observation } from '../core/observation.ts'
import { defineSuite } from './define.suite.ts'
import { anObservation } from './samples.suite.ts'
import type { Spool } from './spool.ts'

/** A spool under test, with room for `room` bytes. */
export interface TestedSpool {
  readonly spool: Spool
  readonly room: number
  /** ends it, as its process would, and opens the same data again */
  reopen(): Promise<void>
  /** lets monotonic time pass */
  pass(ms: number): Promise<void>
  /** wall time, ms since the epoch */
  now(): number
}

const some = (from: number, to: number): Observation[] => Array.from({ length: to - from }, (_, n) => anObservation(from + n))
const ids = (observations: readonly Observation[]): string[] => observations.map(observationId)
const sequences = async (spool: Spool, limit = 10_000) => (await spool.pending(limit)).map((item) => item.observation.sequence)

export const spoolSuite = defineSuite<TestedSpool>('spool', {
  'gives back whole what was appended, in its order': async ({ spool }) => {
    const odd = anObservation(3, { status: 'zwölf "Zeilen"\n\u0000', target: null, stressed: 'started 2 s late', metrics: { x: { type: 's', value: '€😀', unit: '' } } })
    const all = [...some(0, 3), odd, ...some(4, 50)]
    await spool.append(all.slice(0, 20))
    await spool.append(all.slice(20))
    assert.deepEqual((await spool.pending(100)).map((item) => item.observation), all)
    assert.equal(spool.stats().count, 50)
  },
  'gives no more than was asked for, and the same again until it is acknowledged': async ({ spool }) => {
    await spool.append(some(0, 30))
    assert.deepEqual(await sequences(spool, 3), [0, 1, 2])
    assert.deepEqual(await sequences(spool, 3), [0, 1, 2])
    await spool.acknowledge(ids(some(0, 2)))
    assert.deepEqual(await sequences(spool, 3), [2, 3, 4])
  },
  'forgets what is acknowledged, in whatever order, before or after it was given out': async ({ spool }) => {
    await spool.append(some(0, 10))
    await spool.acknowledge(ids([anObservation(4), anObservation(9)]))
    assert.deepEqual(await sequences(spool, 3), [0, 1, 2])
    await spool.acknowledge(ids([anObservation(2), anObservation(0), anObservation(7)]))
    assert.deepEqual(await sequences(spool), [1, 3, 5, 6, 8])
    assert.equal(spool.stats().count, 5)
    await spool.acknowledge(ids(some(0, 10)))
    assert.deepEqual(await sequences(spool), [])
    assert.deepEqual([spool.stats().count, spool.stats().bytes], [0, 0])
  },
  'takes acknowledgements of what it never had': async ({ spool }) => {
    await spool.append(some(0, 2))
    await spool.acknowledge(['nobody:knows:this'])
    assert.deepEqual([await sequences(spool), spool.stats().count], [[0, 1], 2])
  },
  'goes on after it was empty': async ({ spool }) => {
    for (let round = 0; round < 5; round++) {
      await spool.append(some(round * 10, round * 10 + 10))
      assert.equal((await sequences(spool)).length, 10)
      await spool.acknowledge(ids(some(round * 10, round * 10 + 10)))
    }
    assert.equal(spool.stats().bytes, 0)
  },
  'keeps what waits when it is opened again, and not what is acknowledged': async (tested) => {
    await tested.spool.append(some(0, 20))
    await tested.spool.pending(20)
    await tested.spool.acknowledge(ids(some(0, 8)))
    await tested.reopen()
    assert.equal(tested.spool.stats().count, 12)
    await tested.spool.append(some(20, 25))
    assert.deepEqual(await sequences(tested.spool), Array.from({ length: 17 }, (_, n) => n + 8))
  },
  'tells the age by monotonic time': async (tested) => {
    await tested.spool.append([anObservation(1, { at: tested.now() - 2_000 })])
    await tested.pass(30)
    const [item] = await tested.spool.pending(1)
    assert.ok(item?.age !== null && item!.age >= 2_029, `${item?.age} ms`)
  },
  'tells no age after a new start, whose monotonic clock is another': async (tested) => {
    await tested.spool.append(some(0, 1))
    await tested.reopen()
    assert.equal((await tested.spool.pending(1))[0]?.age, null)
  },
  'drops the oldest when it is full, counts them, and never takes more room': async ({ spool, room }) => {
    let appended = 0
    for (; spool.stats().dropped === 0 || appended % 100 !== 0; appended += 20) {
      await spool.append(some(appended, appended + 20))
      assert.ok(spool.stats().bytes <= room)
    }
    const { count, dropped } = spool.stats()
    assert.equal(count + dropped, appended)
    assert.ok(spool.stats().bytes > room / 2)
    assert.deepEqual(await sequences(spool), Array.from({ length: count }, (_, n) => n + dropped))
  },
  'drops what was given out as well when it is full': async ({ spool }) => {
    await spool.append(some(0, 20))
    await spool.pending(10)
    let next = 20
    for (; spool.stats().dropped < 20; next += 20) await spool.append(some(next, next + 20))
    const [first] = await sequences(spool, 1)
    assert.equal(first, spool.stats().dropped)
    await spool.acknowledge(ids(some(0, next)))
    assert.deepEqual(await sequences(spool), [])
  },
  'bears being used from everywhere at once': async ({ spool }) => {
    const work = Array.from({ length: 10 }, async (_, n) => {
      await spool.append(some(n * 5, n * 5 + 5))
      await spool.acknowledge((await spool.pending(2)).map((item) => observationId(item.observation)))
    })
    await Promise.all(work)
    const left = await sequences(spool)
    assert.equal(new Set(left).size, left.length)
    assert.equal(left.length, spool.stats().count)
    assert.ok(left.length >= 30 && left.length < 50)
  },
})
