import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { nextSlot, resume, rhythmOf, slotAt } from './phase.ts'

const zones = ['mzlon', 'mzdfw', 'mzord']
const id = (n: number) => `ch${n.toString(36).padStart(8, '0')}`

test('the zones of a check run evenly out of phase, in byte order of their names', () => {
  for (const period of [5_000, 30_000, 1_800_000]) {
    const [dfw, lon, ord] = ['mzdfw', 'mzlon', 'mzord'].map((zone) => rhythmOf('chAbCdEfGh', period, zones, zone).phase) as [number, number, number]
    for (const [from, to] of [[dfw, lon], [lon, ord], [ord, dfw]] as const) {
      assert.ok(Math.abs(((to - from + period) % period) - period / 3) <= 10)
    }
  }
})

test('the order in which zones are named does not matter', () => {
  assert.deepEqual(rhythmOf('ch1', 60_000, zones, 'mzlon'), rhythmOf('ch1', 60_000, zones.toReversed(), 'mzlon'))
})

test('phases of similar ids are spread evenly over the period', () => {
  const buckets = Array.from({ length: 100 }, () => 0)
  for (let n = 0; n < 10_000; n++) buckets[Math.floor(rhythmOf(id(n), 60_000, zones, 'mzdfw').phase / 600)]! += 1
  const chiSquare = buckets.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0)
  // 99 degrees of freedom: even phases exceed 149 once in a thousand hashes, and this one is fixed.
  assert.ok(chiSquare < 149, `chi square ${chiSquare}`)
})

test('a slot is on its phase, after now, and within a period of it', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1_000, max: 31 * 86_400_000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (now, period, part) => {
    const rhythm = { phase: Math.floor(part * period), period }
    const next = nextSlot(now, rhythm)
    assert.equal(((next % period) + period) % period, rhythm.phase)
    assert.ok(next > now && next <= now + period)
    assert.equal(slotAt(next, rhythm), next)
    assert.equal(slotAt(next - 1, rhythm), next - period)
  }))
})

const slow = { phase: 0, period: 1_800_000 }
const quick = { phase: 0, period: 30_000 }
const t0 = slow.period * 1000
const lost = { since: t0 - 1, slack: 40_000, spread: 0.5 }

test('a missed slot of a quick check is skipped: one missed run is a hiccup', () => {
  assert.deepEqual(resume(t0 + 5_000, quick, lost), { slot: t0 + 30_000, due: t0 + 30_000 })
})

test('a missed slot is made up once when the zone would be blind before the next one', () => {
  assert.deepEqual(resume(t0 + 100_000, slow, lost), { slot: t0, due: t0 + 100_000 + 400_000 })
  assert.deepEqual(resume(t0 + 100_000, slow, { ...lost, since: t0 }), { slot: t0 + slow.period, due: t0 + slow.period }, 'it was run')
  assert.deepEqual(resume(t0 + 900_000, slow, lost), { slot: t0 + slow.period, due: t0 + slow.period }, 'too late to help')
})

test('what is made up starts within half a period of its slot', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: slow.period }), fc.double({ min: 0, max: 1, noNaN: true }), (late, spread) => {
    const run = resume(t0 + late, slow, { ...lost, spread })
    assert.ok(run.due >= t0 + late && run.due - run.slot <= slow.period / 2)
  }))
})
