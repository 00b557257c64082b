import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { TimingWheel, type Timed } from './wheel.ts'

interface Item extends Timed { readonly name: number }
const item = (name: number): Item => ({ name, at: 0, bucket: null })
const names = (items: readonly Item[]) => items.map((each) => each.name)
const epoch = 1_790_000_000_123

/** The model: a plain list, searched every time. */
class List {
  readonly #items = new Map<number, number>()
  #now = epoch
  insert(name: number, at: number): void { this.#items.set(name, at) }
  remove(name: number): void { this.#items.delete(name) }
  advance(now: number): number[] {
    this.#now = Math.max(this.#now, now)
    const due = [...this.#items].filter(([, at]) => at <= this.#now).sort((a, b) => a[1] - b[1] || a[0] - b[0])
    for (const [name] of due) this.#items.delete(name)
    return due.map(([name]) => name)
  }
  get size(): number { return this.#items.size }
}

const distance = fc.oneof(fc.integer({ min: -5, max: 600 }), fc.integer({ min: 0, max: 70_000 }), fc.integer({ min: 0, max: 31 * 86_400_000 }), fc.integer({ min: 0, max: 90 * 86_400_000 }))
const step = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), name: fc.nat(40), distance }),
  fc.record({ kind: fc.constant('remove' as const), name: fc.nat(40), distance: fc.constant(0) }),
  fc.record({ kind: fc.constant('advance' as const), name: fc.constant(0), distance }),
)

test('behaves as a plain list would, whatever is inserted, removed and waited for', () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
    const wheel = new TimingWheel<Item>(epoch)
    const list = new List()
    const items = Array.from({ length: 41 }, (_, name) => item(name))
    let now = epoch
    for (const { kind, name, distance: far } of steps) {
      if (kind === 'insert') { wheel.insert(items[name]!, now + far); list.insert(name, now + far) }
      if (kind === 'remove') { wheel.remove(items[name]!); list.remove(name) }
      if (kind === 'advance') {
        now = Math.max(now, now + far)
        const due = wheel.advance(now)
        assert.deepEqual(due.map((each) => each.at), due.map((each) => each.at).toSorted((a, b) => a - b), 'in order of time')
        assert.deepEqual(names(due).sort((a, b) => a - b), list.advance(now).sort((a, b) => a - b))
      }
      assert.equal(wheel.size, list.size)
    }
  }), { numRuns: 300 })
})

test('whoever sleeps until nextAt finds every item at its very millisecond', () => {
  fc.assert(fc.property(fc.array(distance.filter((far) => far > 0), { maxLength: 60 }), (distances) => {
    const wheel = new TimingWheel<Item>(epoch)
    for (const [name, far] of distances.entries()) wheel.insert(item(name), epoch + far)
    let wakes = 0
    for (let at = wheel.nextAt(); at !== Number.POSITIVE_INFINITY; at = wheel.nextAt(), wakes++) {
      for (const due of wheel.advance(at)) assert.equal(due.at, at)
    }
    assert.equal(wheel.size, 0)
    assert.ok(wakes <= distances.length * 5, `${wakes} wakes for ${distances.length} items`)
  }), { numRuns: 200 })
})

test('periods from 5 s to 31 days come round without drift', () => {
  for (const period of [5_000, 60_000, 1_800_000, 31 * 86_400_000]) {
    const wheel = new TimingWheel<Item>(epoch)
    const one = item(1)
    wheel.insert(one, epoch + period)
    for (let round = 1; round <= 100; round++) {
      let due: Item[] = []
      while (due.length === 0) due = wheel.advance(wheel.nextAt())
      assert.equal(one.at, epoch + round * period)
      wheel.insert(one, one.at + period)
    }
  }
})

test('a clock that was set back finds everything with reset', () => {
  const wheel = new TimingWheel<Item>(epoch)
  const items = [1, 300, 100_000, 10 ** 8].map((far, name) => ({ far, it: item(name) }))
  for (const { far, it } of items) wheel.insert(it, epoch + far)
  wheel.insert(item(9), epoch - 1)
  const all = wheel.reset(epoch - 3_600_000)
  assert.deepEqual(names(all).sort((a, b) => a - b), [0, 1, 2, 3, 9])
  assert.equal(wheel.size, 0)
  wheel.insert(all[0]!, epoch - 3_500_000)
  assert.equal(wheel.advance(epoch - 3_500_000).length, 1)
})
