import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordingLog } from '../../adapters/simulated/log.ts'
import { simulatedClock } from '../../adapters/simulated/clock.ts'
import type { Observation } from '../../core/observation.ts'
import { startSelf, type SelfDeps, type SelfFacts } from './start-self.ts'

const calm: SelfFacts = { metrics: { up: { type: 'i', value: 1, unit: '' } }, problems: [] }
const subject = { tenant: 't', entity: 'en', check: 'ch', period: 10 }

/** Vedette as it observes itself, and what it wrote. */
function observing(more: Partial<SelfDeps> = {}, clock = simulatedClock()) {
  const log = recordingLog()
  const taken: Observation[] = []
  const self = startSelf({ facts: async () => calm, check: async () => subject, take: async (observations) => taken.push(...observations), boot: 'b', clock, log, ...more })
  return { clock, log, taken, stop: () => clock.run((async () => { await self[Symbol.asyncDispose]() })()) }
}

test('it observes itself once a period, however long an observation takes', async () => {
  const clock = simulatedClock()
  const slow = observing({ facts: async () => {
    await clock.sleep(700)
    return calm
  } }, clock)
  await clock.advance(3_600_000)
  assert.ok(slow.taken.length >= 360, `${slow.taken.length} in an hour`)
  assert.equal(new Set(slow.taken.map((one) => one.sequence)).size, slow.taken.length)
  await slow.stop()
})

test('what is wrong is its status', async () => {
  const { clock, taken, stop } = observing({ facts: async () => ({ ...calm, problems: ['zone a is silent', 'the store refuses writes'] }) })
  await clock.advance(0)
  assert.deepEqual([taken[0]?.status, taken[0]?.available, taken[0]?.zone], ['zone a is silent; the store refuses writes', true, 'agent'])
  await stop()
})

test('a store that refuses leaves a gap and no end', async () => {
  let broken = true
  const taken: Observation[] = []
  const { clock, log, stop } = observing({ take: async (observations) => {
    if (broken) throw new Error('the store does not answer')
    taken.push(...observations)
  } })
  await clock.advance(30_000)
  broken = false
  await clock.advance(11_000)
  assert.ok(taken.length >= 1 && log.lines.length >= 20)
  await stop()
})

test('while its check does not exist it waits for one', async () => {
  const checks: (typeof subject)[] = []
  const { clock, taken, stop } = observing({ check: async () => checks[0] })
  await clock.advance(30_000)
  assert.equal(taken.length, 0)
  checks.push(subject)
  await clock.advance(10_000)
  assert.equal(taken.length, 1)
  await stop()
})
