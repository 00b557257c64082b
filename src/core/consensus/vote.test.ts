import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileText, type Compiled } from '../alarm-language/index.ts'
import type { Rule, Vote } from '../alarm-row.ts'
import type { Observation } from '../observation.ts'
import { deepVoteDepth, effective, stressedLimit, voteDepth, zoneView, type ZoneView } from './vote.ts'

function criteria(text: string): Compiled {
  const result = compileText(text)
  if (!result.ok) throw new Error(result.problems[0]?.message)
  return result.compiled
}

const byCode = criteria(`
  if (metric['code'] == '500') { return new AlarmStatus(CRITICAL, 'server error'); }
  if (metric['code'] == '404') { return new AlarmStatus(WARNING, 'missing'); }
  return new AlarmStatus(OK, 'fine');`)
const codes: Readonly<Record<string, string>> = { c: '500', w: '404', o: '200' }

const rule = (more: Partial<Rule> = {}): Rule =>
  ({ level: 'QUORUM', zones: ['mza', 'mzb', 'mzc'], consecutiveCount: 1, freshFor: 100_000, disabled: false, down: [], confirmAlone: false, ...more })

function run(slot: number, letter: string, more: Partial<Observation> = {}): Observation {
  return {
    tenant: 't', entity: 'en', check: 'ch', zone: 'mza', slot, kind: 'scheduled', boot: 'b', sequence: slot, at: slot, receivedAt: slot, available: true,
    status: 'ran', metrics: { code: { type: 's', value: codes[letter] ?? '200', unit: '' } }, target: null, startDelay: 0, lag: 0, stressed: null, trace: '', ...more,
  }
}
const confirming = (slot: number, at: number, letter: string): Observation => run(slot, letter, { kind: 'confirming', at, sequence: at })
const standing = (state: Vote['state'], at: number): Vote => ({ zone: 'mza', state, status: '', observation: '', at, seenAt: at, stressedRun: 0 })
const stateAfter = (rows: readonly Observation[], vote: Vote | undefined, more: Partial<Rule> = {}) => zoneView('mza', rows, vote, byCode, rule(more)).vote?.state

test('a vote follows the newest observation when one is enough', () => {
  assert.equal(stateAfter([run(10, 'o')], undefined), 'OK')
  assert.equal(stateAfter([run(20, 'c'), run(10, 'o')], standing('OK', 10)), 'CRITICAL')
})

test('a vote needs consecutiveCount runs in a row that agree; otherwise it stays', () => {
  const three = { consecutiveCount: 3 }
  assert.equal(stateAfter([run(10, 'c'), run(20, 'c')], standing('OK', 5), three), 'OK')
  assert.equal(stateAfter([run(10, 'c'), run(20, 'c'), run(30, 'c')], standing('OK', 5), three), 'CRITICAL')
  assert.equal(stateAfter([run(10, 'c'), run(20, 'w'), run(30, 'c')], standing('OK', 5), three), 'OK')
  assert.equal(stateAfter([run(10, 'o')], undefined, three), undefined)
})

test('a confirming run counts once a slot and speaks for it', () => {
  const two = { consecutiveCount: 2 }
  assert.equal(stateAfter([run(10, 'o'), run(20, 'c'), confirming(20, 21, 'c')], standing('OK', 10), two), 'OK')
  assert.equal(stateAfter([run(20, 'c'), confirming(20, 21, 'c'), run(30, 'c')], standing('OK', 10), two), 'CRITICAL')
  assert.equal(stateAfter([run(10, 'o'), confirming(9, 12, 'c')], standing('OK', 10)), 'CRITICAL')
  assert.equal(stateAfter([run(20, 'c'), confirming(20, 21, 'o')], standing('OK', 10)), 'OK')
})

test('of two scheduled runs of one slot the earliest is the effective one', () => {
  const late = run(10, 'c', { boot: 'other', at: 14 })
  assert.deepEqual(effective([late, run(10, 'o')]).map((row) => row.at), [10])
  assert.equal(stateAfter([run(10, 'o'), late], undefined), 'OK')
})

test('a stressed observation counts as heard and does not vote', () => {
  const view = zoneView('mza', [run(10, 'o'), run(20, 'c', { stressed: 'late start' })], standing('OK', 10), byCode, rule())
  assert.deepEqual([view.vote?.state, view.vote?.seenAt, view.vote?.stressedRun, view.suspicion], ['OK', 20, 1, undefined])
})

test('a zone that is alone looks twice before it says anything but a first OK', () => {
  const alone = { zones: ['mza'], confirmAlone: true }
  assert.equal(stateAfter([run(10, 'o')], undefined, alone), 'OK')
  assert.equal(stateAfter([run(10, 'c')], undefined, alone), undefined)
  assert.equal(stateAfter([run(10, 'o'), run(20, 'c')], standing('OK', 10), alone), 'OK')
  assert.equal(stateAfter([run(10, 'o'), run(20, 'c'), confirming(20, 21, 'c')], standing('OK', 10), alone), 'CRITICAL')
  assert.equal(stateAfter([run(10, 'o'), run(20, 'c'), confirming(20, 21, 'o')], standing('OK', 10), alone), 'OK')
  assert.equal(stateAfter([run(10, 'o'), run(20, 'c'), run(30, 'c')], standing('OK', 10), alone), 'CRITICAL')
})

test('the first observation that differs raises suspicion, once', () => {
  const suspicionOf = (rows: readonly Observation[], vote?: Vote) => zoneView('mza', rows, vote, byCode, rule({ consecutiveCount: 3 })).suspicion?.at
  assert.equal(suspicionOf([run(10, 'o'), run(20, 'c')], standing('OK', 10)), 20)
  assert.equal(suspicionOf([run(10, 'o'), run(20, 'c'), run(30, 'c')], standing('OK', 10)), undefined)
  assert.equal(suspicionOf([run(10, 'o'), confirming(9, 20, 'c')], standing('OK', 10)), undefined)
  assert.equal(suspicionOf([run(10, 'c')]), 10)
  assert.equal(suspicionOf([run(10, 'o')]), undefined)
})

test('a confirming run stands for its own slot, not for the one before a stressed run', () => {
  const stressed = { stressed: 'late start' }
  assert.equal(stateAfter([run(10, 'o'), run(20, 'c'), run(30, 'o', stressed), confirming(30, 31, 'c')], standing('OK', 10), { consecutiveCount: 2 }), 'CRITICAL')
  assert.equal(stateAfter([run(10, 'o'), run(20, 'c', stressed), confirming(20, 21, 'c'), run(30, 'c', stressed)], standing('OK', 10), { consecutiveCount: 2 }), 'OK')
})

test('more than three stressed observations in a row make a zone blind: it keeps its vote and says nothing', () => {
  const stressed = (slots: readonly number[]) => slots.map((slot) => run(slot, 'c', { stressed: 'lag' }))
  const three = zoneView('mza', [run(10, 'o'), run(15, 'c'), ...stressed([20, 30, 40])], standing('OK', 10), byCode, rule())
  assert.deepEqual([three.vote?.state, three.vote?.stressedRun], ['CRITICAL', 3])
  const four = zoneView('mza', [run(10, 'o'), run(15, 'c'), ...stressed([20, 30, 40, 50])], standing('OK', 10), byCode, rule())
  assert.deepEqual([four.vote?.state, four.vote?.stressedRun, four.vote?.seenAt, four.says], ['OK', 4, 50, undefined])
})

test('a zone that was heard and has no vote yet is undecided, not silent', () => {
  const view = zoneView('mza', [run(10, 'c'), run(20, 'c')], undefined, byCode, rule({ consecutiveCount: 3 }))
  assert.deepEqual([view.vote, view.undecided], [undefined, { zone: 'mza', seenAt: 20, stressedRun: 0 }])
  assert.equal(zoneView('mza', [], undefined, byCode, rule()).undecided, undefined)
  assert.equal(zoneView('mza', [run(10, 'c')], undefined, byCode, rule()).undecided, undefined)
})

test('of one moment the later of one process comes last', () => {
  const same = { at: 100 }
  assert.equal(stateAfter([run(20, 'c', { ...same, sequence: 10 }), run(10, 'o', { ...same, sequence: 9 })], standing('OK', 5)), 'CRITICAL')
  assert.equal(stateAfter([run(20, 'o', { ...same, sequence: 10 }), run(10, 'c', { ...same, sequence: 9 })], standing('OK', 5)), 'OK')
})

test('a confirming run is never a predecessor', () => {
  const rising = criteria("if (previous(metric['n']) != metric['n']) { return new AlarmStatus(CRITICAL); } return new AlarmStatus(OK);")
  const n = (row: Observation, value: number): Observation => ({ ...row, metrics: { n: { type: 'i', value, unit: '' } } })
  const rows = [n(run(10, 'o'), 1), n(confirming(10, 12, 'o'), 2), n(run(20, 'o'), 1)]
  assert.equal(zoneView('mza', rows, standing('CRITICAL', 5), rising, rule()).vote?.state, 'OK')
})

const rows = fc.array(fc.record({ letter: fc.constantFrom('o', 'w', 'c'), kind: fc.constantFrom('scheduled', 'confirming', 'stressed') }), { minLength: 1, maxLength: 8 })
  .map((all) => all.map(({ letter, kind }, index) => {
    const at = (index + 1) * 10
    if (kind === 'confirming') return confirming(at, at, letter)
    return run(at, letter, kind === 'stressed' ? { stressed: 'lag' } : {})
  }))

test('the set of the newest observations, not the order of their arrival, determines the vote', () => {
  fc.assert(fc.property(rows, fc.integer({ min: 1, max: 3 }), fc.infiniteStream(fc.nat()), (all, consecutiveCount, dice) => {
    const arrival = all.map((row) => ({ row, key: dice.next().value ?? 0 })).toSorted((a, b) => a.key - b.key).map(({ row }) => row)
    let vote: Vote | undefined
    let last = 0
    for (let count = 1; count <= arrival.length; count++) {
      const view = zoneView('mza', arrival.slice(0, count), vote, byCode, rule({ consecutiveCount }))
      assert.ok((view.vote?.at ?? 0) >= last, 'a vote moved back in time')
      vote = view.vote
      last = vote?.at ?? 0
    }
    // Where the newest runs agree, they alone say what the vote is, whatever came before and in whichever order.
    const fresh = zoneView('mza', all, undefined, byCode, rule({ consecutiveCount }))
    const stressedOut = all.filter((row) => row.stressed === null)
    if (fresh.vote !== undefined && stressedOut.length > 0) assert.equal(vote?.state, fresh.vote.state)
  }), { numRuns: 500 })
})

test('the same observations written twice change nothing', () => {
  fc.assert(fc.property(rows, (all) => {
    assert.deepEqual(zoneView('mza', [...all, ...all], undefined, byCode, rule()), zoneView('mza', all, undefined, byCode, rule()))
  }))
})

interface Slot { readonly letter: string; readonly stressed: boolean; readonly available: boolean; readonly twice: boolean; readonly looks: readonly string[] }
const letters = fc.constantFrom('o', 'w', 'c')
const slots = fc.array(fc.record({
  letter: letters, stressed: fc.boolean(), available: fc.boolean(), twice: fc.boolean(), looks: fc.array(letters, { maxLength: 3 }),
}), { minLength: 1, maxLength: 12 }).map((all) => all.flatMap((slot: Slot, index) => {
  const at = (index + 1) * 100
  const scheduled = run(at, slot.letter, { stressed: slot.stressed ? 'lag' : null, available: slot.available })
  const again = slot.twice ? [run(at, 'w', { boot: 'other', at: at + 3 })] : []
  return [scheduled, ...again, ...slot.looks.map((letter, look) => confirming(at, at + 10 + look, letter))]
}))

/** Of a long run of stressed observations only that it is long is known. */
const known = (view: ZoneView): unknown => {
  const capped = <H extends { readonly stressedRun: number }>(heard: H | undefined) => heard && { ...heard, stressedRun: Math.min(heard.stressedRun, stressedLimit + 1) }
  return { ...view, vote: capped(view.vote), undecided: capped(view.undecided), settled: true }
}

test('what the newest observations settle, older ones do not change', () => {
  const changes = criteria("if (previous(metric['code']) != metric['code']) { return new AlarmStatus(CRITICAL); } return new AlarmStatus(OK);")
  let settled = 0
  fc.assert(fc.property(slots, fc.integer({ min: 1, max: 5 }), fc.constantFrom(byCode, changes), fc.boolean(), fc.option(fc.constantFrom('OK', 'CRITICAL')), (all, consecutiveCount, by, confirmAlone, state) => {
    const newest = (count: number) => all.toSorted((a, b) => b.at - a.at).slice(0, count)
    const look = (count: number) => zoneView('mza', newest(count), state === null ? undefined : standing(state, 50), by, rule({ consecutiveCount, confirmAlone }))
    if (!look(voteDepth).settled || all.length <= voteDepth) return
    settled += 1
    assert.deepEqual(known(look(voteDepth)), known(look(deepVoteDepth)))
  }), { numRuns: 3000 })
  assert.ok(settled > 300)
})
