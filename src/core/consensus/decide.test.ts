import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AlarmState, ConsistencyLevel } from '../alarm-language/index.ts'
import type { DecisionInputs, Heard, Rule, State, Vote } from '../alarm-row.ts'
import { decide, recompute, silentZones, standsUntil, stateAfter } from './decide.ts'

const zoneNames = ['mza', 'mzb', 'mzc', 'mzd', 'mze']
const stateOf: Readonly<Record<string, AlarmState>> = { o: 'OK', w: 'WARNING', c: 'CRITICAL' }

function rule(level: ConsistencyLevel, zones: number, more: Partial<Rule> = {}): Rule {
  return { level, zones: zoneNames.slice(0, zones), consecutiveCount: 1, freshFor: 100, disabled: false, down: [], confirmAlone: false, ...more }
}

/** One letter a zone: o, w, c as seen now; upper case as seen too long ago; s stressed too often; - never seen; ? and ! heard without a vote, now or too long ago. Later zones changed later. */
function votes(letters: string): readonly Vote[] {
  return letters.split('').flatMap((letter, index): Vote[] => {
    if ('-?!'.includes(letter)) return []
    const state = stateOf[letter.toLowerCase()] ?? 'CRITICAL'
    const seenAt = letter === letter.toUpperCase() ? 800 : 990
    return [{ zone: zoneNames[index] ?? '', state, status: '', observation: `o${index}`, at: 500 + index, seenAt, stressedRun: letter === 's' ? 4 : 0 }]
  })
}

function undecided(letters: string): readonly Heard[] {
  return letters.split('').flatMap((letter, index) => ('?!'.includes(letter) ? [{ zone: zoneNames[index] ?? '', seenAt: letter === '?' ? 990 : 800, stressedRun: 0 }] : []))
}

const inputs = (level: ConsistencyLevel, previous: State, letters: string, more: Partial<Rule> = {}): DecisionInputs =>
  ({ previous: { state: previous, lastKnown: null }, votes: votes(letters), undecided: undecided(letters), rule: rule(level, letters.length, more), now: 1000 })

const cases: readonly (readonly [ConsistencyLevel, State, string, string, Partial<Rule>?])[] = [
  ['QUORUM', 'OK', 'occ', 'CRITICAL'],
  ['QUORUM', 'OK', 'ooc', 'OK'],
  ['QUORUM', 'OK', 'cc-', 'CRITICAL'],
  ['QUORUM', 'CRITICAL', 'owc', 'hold'],
  ['QUORUM', 'OK', 'c--', 'blind'],
  ['QUORUM', 'OK', 'cCC', 'blind'],
  ['QUORUM', 'OK', 'oCC', 'blind'],
  ['QUORUM', 'OK', 'ccC', 'CRITICAL'],
  ['QUORUM', 'OK', 'css', 'blind'],
  ['QUORUM', 'OK', 'c', 'CRITICAL'],
  ['QUORUM', 'OK', 'oocc', 'hold'],
  ['QUORUM', 'OK', 'occcw', 'CRITICAL'],
  ['QUORUM', 'UNKNOWN', 'oo-', 'OK'],
  ['ONE', 'OK', 'ooc', 'CRITICAL'],
  ['ONE', 'OK', 'coo', 'OK'],
  ['ONE', 'OK', 'C--', 'blind'],
  ['ONE', 'OK', '--w', 'WARNING'],
  ['ALL', 'OK', 'ccc', 'CRITICAL'],
  ['ALL', 'OK', 'cco', 'hold'],
  ['ALL', 'OK', 'cc-', 'blind'],
  ['ALL', 'OK', 'cc-', 'CRITICAL', { down: ['mzc'] }],
  ['ALL', 'OK', 'c--', 'blind', { down: ['mzb', 'mzc'] }],
  ['ALL', 'OK', 'cco', 'CRITICAL', { down: ['mzc'] }],
  ['ALL', 'OK', 'cwc', 'hold', { down: ['mzc'] }],
  ['ALL', 'OK', 'cc', 'blind', { down: ['mzb'] }],
  ['QUORUM', 'CRITICAL', 'ccc', 'DISABLED', { disabled: true }],
  ['QUORUM', 'CRITICAL', 'c??', 'hold'],
  ['QUORUM', 'CRITICAL', 'c?-', 'hold'],
  ['QUORUM', 'CRITICAL', 'c!-', 'blind'],
  ['QUORUM', 'OK', 'cc?', 'CRITICAL'],
  ['ONE', 'CRITICAL', '??-', 'hold'],
  ['ONE', 'CRITICAL', '!!-', 'blind'],
  ['ONE', 'OK', 'oC', 'OK'],
  ['QUORUM', 'OK', 'ssc', 'blind'],
]

for (const [level, previous, letters, expected, more] of cases) {
  test(`${level} ${previous} ${letters} ${more === undefined ? '' : JSON.stringify(more)} → ${expected}`, () => {
    const decision = decide(inputs(level, previous, letters, more))
    assert.equal(decision.kind === 'state' ? decision.state : decision.kind, expected)
    assert.ok(decision.reason.length > 0)
  })
}

const anyInputs = fc.record({
  level: fc.constantFrom<ConsistencyLevel>('ONE', 'QUORUM', 'ALL'),
  previous: fc.constantFrom<State>('OK', 'WARNING', 'CRITICAL', 'UNKNOWN', 'DISABLED'),
  letters: fc.string({ unit: fc.constantFrom('o', 'w', 'c', 'O', 'C', 's', '-', '?', '!'), minLength: 1, maxLength: 5 }),
}).map(({ level, previous, letters }) => inputs(level, previous, letters))

test('a decision is a fixpoint: deciding again from the state it gave changes nothing', () => {
  fc.assert(fc.property(anyInputs, (given) => {
    const once = stateAfter(given.previous.state, decide(given), false)
    const again = { ...given, previous: { ...given.previous, state: once } }
    assert.equal(stateAfter(once, decide(again), false), once)
  }))
})

test('the order of the votes does not matter', () => {
  fc.assert(fc.property(anyInputs, fc.infiniteStream(fc.nat()), (given, dice) => {
    const shuffled = given.votes.map((vote) => ({ vote, key: dice.next().value ?? 0 })).toSorted((a, b) => a.key - b.key).map(({ vote }) => vote)
    const [one, other] = [decide(given), decide({ ...given, votes: shuffled })]
    assert.deepEqual([one.kind, one.kind === 'state' && one.state, one.kind === 'state' && one.zone], [other.kind, other.kind === 'state' && other.state, other.kind === 'state' && other.zone])
  }))
})

test('one zone of three or more never decides against the others under QUORUM and ALL', () => {
  for (const level of ['QUORUM', 'ALL'] as const) {
    for (const letters of ['coo', 'oco', 'ooc', 'ocooo', 'wooo']) {
      const decision = decide(inputs(level, 'OK', letters))
      assert.ok(decision.kind === 'hold' || (decision.kind === 'state' && decision.state === 'OK'), `${level} ${letters}`)
    }
  }
})

test('blindness is recorded only by who may judge absence', () => {
  const blind = decide(inputs('QUORUM', 'OK', 'OOO'))
  assert.equal(stateAfter('OK', blind, false), 'OK')
  assert.equal(stateAfter('OK', blind, true), 'UNKNOWN')
  assert.equal(stateAfter('DISABLED', blind, false), 'UNKNOWN')
})

test('an entry recomputes from its inputs, also when silence was judged', () => {
  const blind = inputs('QUORUM', 'OK', 'OOO')
  assert.equal(recompute(blind).state, 'OK')
  assert.equal(recompute({ ...blind, absence: true }).state, 'UNKNOWN')
})

test('a decision stands until silence could change it, and not for longer', () => {
  fc.assert(fc.property(anyInputs, fc.array(fc.integer({ min: 850, max: 1000 }), { minLength: 5, maxLength: 5 }), (given, seen) => {
    const aged: DecisionInputs = { ...given, votes: given.votes.map((vote, index) => (vote.seenAt === 990 ? { ...vote, seenAt: Math.min(1000, seen[index] ?? 0) } : vote)) }
    const until = standsUntil(aged)
    const state = (now: number) => stateAfter(given.previous.state, decide({ ...aged, now }), true)
    const blind = (now: number) => decide({ ...aged, now }).kind === 'blind'
    if (blind(1000)) assert.ok(until < 1000)
    else assert.equal(blind(until), false)
    if (given.rule.level === 'ONE' && until >= 1000) assert.equal(state(until), state(1000))
    if (given.rule.level !== 'ONE' && until >= 1000) assert.equal(blind(until + 1), true)
  }))
})

test('silent zones are those of which nothing fresh was heard, with a vote or without', () => {
  assert.deepEqual(silentZones(inputs('ALL', 'OK', 'oC?!-')), ['mzb', 'mzd', 'mze'])
})
