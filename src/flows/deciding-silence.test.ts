import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshnessOf } from '../core/consensus/rule.ts'
import { byCode, quietStage, theCheck, zones } from './stage.suite.ts'

/** For how long an observation counts, and what its end means. Times are s where configuration is meant, else ms. */

test('an observation counts for one and a half periods a counted run, the timeout, and a lease of ten seconds or half a period', () => {
  const cases: readonly (readonly [period: number, timeout: number, consecutive: number, fresh: number])[] = [
    [60, 10, 1, 110_000], [60, 10, 3, 290_000], [10, 5, 1, 25_000], [10, 5, 5, 85_000], [20, 5, 1, 45_000], [300, 30, 2, 940_000],
  ]
  for (const [period, timeout, consecutive, fresh] of cases) assert.equal(freshnessOf({ period, timeout, details: {} }, consecutive), fresh, `${period} ${timeout} ${consecutive}`)
  assert.equal(freshnessOf({ period: 60, timeout: 10, details: { grace: 30 } }, 1), 140_000, 'a job has its grace besides')
})

for (const [consecutive, period] of [[1, 60], [3, 60], [1, 10]] as const) {
  test(`an alarm is UNKNOWN a millisecond after the last zone that it needs has stopped counting: ${consecutive} in a row, every ${period} s`, async (t) => {
    const { stage, node } = await quietStage(t, { check: { period }, alarm: { criteria: `:set consecutiveCount=${consecutive}\n${byCode}` } })
    await stage.minutes(node, 10, '200')
    const fresh = freshnessOf({ ...theCheck, period }, consecutive)
    // Two of three are needed: the second-newest zone is the last one that matters.
    const seen = (await stage.run(Promise.all(zones.map((zone) => stage.store.observations.newest('chStage000', zone, 1))))).map(([row]) => row?.at ?? 0).toSorted((a, b) => a - b)
    const end = (seen[1] ?? 0) + fresh
    const look = async () => stage.run(node.decider.review(await stage.plan(node), 'sweep', true))
    await stage.clock.advance(end - stage.clock.now())
    assert.deepEqual(await look(), { outcome: 'unchanged', standsUntil: end })
    await stage.clock.advance(1)
    await look()
    assert.equal(await stage.state(), 'UNKNOWN')
    const entry = (await stage.entries()).at(-1)
    assert.deepEqual([entry?.inputs?.absence, entry?.inputs?.rule.freshFor, entry?.notifications], [true, fresh, []])
  })
}

test('four stressed observations in a row count for nothing, three still count as heard: as many zones say so', async (t) => {
  const { stage, node } = await quietStage(t)
  for (let minute = 1; minute <= 4; minute++) {
    await stage.clock.advance(60_000)
    for (const zone of zones) await stage.take(node, stage.sees(zone, '500', { stressed: 'late' }))
    await stage.round(node)
    assert.deepEqual([await stage.state(), (await stage.row()).votes.map((vote) => vote.state)], [minute <= 3 ? 'OK' : 'UNKNOWN', ['OK', 'OK', 'OK']], `after ${minute}`)
  }
})

test('out of UNKNOWN into what was known is recorded and not told, into anything else it is told', async (t) => {
  for (const [code, state, told] of [['200', 'OK', 0], ['500', 'CRITICAL', 1], ['404', 'WARNING', 1]] as const) {
    const { stage, node } = await quietStage(t, { plan: { unknown_state: ['ntStage000'] } })
    await stage.silence(node, 5)
    assert.deepEqual([await stage.state(), node.told.at(-1)?.notifications.length], ['UNKNOWN', 1])
    await stage.all(node, code)
    const entry = (await stage.entries()).findLast((one) => one.kind === 'state')
    assert.deepEqual([entry?.previousState, entry?.state, entry?.notifications.length], ['UNKNOWN', state, told])
  }
})

test('who sweeps and takes nothing in judges no silence right after an outage of the store: it was our own', async (t) => {
  const { stage, node } = await quietStage(t)
  const sweeper = stage.node()
  await stage.minutes(node, 10, '200')
  await stage.round(sweeper)
  stage.store.faults.unavailable = true
  for (let n = 0; n < 180; n++) {
    await stage.clock.advance(5000)
    await Promise.allSettled([stage.round(sweeper)])
  }
  stage.store.faults.unavailable = false
  const { freshFor } = (await stage.plan(node)).rule
  for (let passed = 0; passed < freshFor; passed += 5000) {
    await stage.round(sweeper)
    assert.equal(await stage.state(), 'OK', `${passed} ms after it`)
    await stage.clock.advance(5000)
  }
  await stage.clock.advance(5000)
  await stage.round(sweeper)
  assert.equal(await stage.state(), 'UNKNOWN', 'after it silence means something')
})
