import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { State } from '../../core/alarm-row.ts'
import { alarmVerdict, checkVerdict, plainVerdict } from './derive.ts'
import type { AlarmLine, CheckLine, Seen } from './wire.ts'

const now = 1_000_000
const zoneNames = ['mza', 'mzb', 'mzc']

const check = (more: Partial<CheckLine> = {}): CheckLine => ({
  id: 'chA', label: 'a check', type: 'remote.http', target: 'host', period: 60, disabled: false, created: 0, zones: zoneNames, freshFor: 100_000, seen: [], ...more,
})

/** One letter a zone: o available, x not, as seen just now; upper case as seen too long ago; - never. */
function seen(letters: string): ReadonlyMap<string, Seen> {
  return new Map(letters.split('').flatMap((letter, i) => {
    const zone = zoneNames[i] ?? ''
    const at = letter === letter.toUpperCase() ? now - 200_000 : now - 1000
    return letter === '-' ? [] : [[zone, { zone, at, ok: letter.toLowerCase() === 'o', status: letter.toLowerCase() === 'o' ? '' : 'refused' }] as const]
  }))
}

/** An alarm whose zones voted long ago: that alone is not silence, as a vote is written only when it changes. */
function alarm(recorded: State, more: Partial<AlarmLine> = {}): AlarmLine {
  const votes = zoneNames.map((zone) => ({ zone, state: 'OK' as const, status: '', at: 500, seenAt: 500, stressedRun: 0 }))
  return {
    id: 'alA', label: 'an alarm', check: 'chA', rule: { level: 'QUORUM', consecutiveCount: 1, freshFor: 100_000, disabled: false },
    version: 3, recorded, lastKnown: null, status: '', reason: 'as recorded', changedAt: 500, votes, shown: recorded, ...more,
  }
}

test('an alarm shows what is recorded while enough zones are heard, and UNKNOWN by itself when they are not', () => {
  const cases: readonly (readonly [recorded: State, heard: string, shown: string])[] = [
    ['OK', 'ooo', 'OK'], ['CRITICAL', 'xxo', 'CRITICAL'], ['OK', 'ooO', 'OK'], ['OK', 'oOO', 'UNKNOWN'], ['CRITICAL', 'XXX', 'UNKNOWN'],
    ['OK', '---', 'UNKNOWN'], ['UNKNOWN', 'ooo', 'UNKNOWN'],
  ]
  for (const [recorded, heard, shown] of cases) assert.equal(alarmVerdict(alarm(recorded), check(), seen(heard), now).shown, shown, `${recorded} ${heard}`)
})

test('what was made a moment ago waits; it is not unknown', () => {
  assert.equal(alarmVerdict(alarm('UNKNOWN', { votes: [] }), check({ created: now - 5000 }), seen('---'), now).shown, 'NEW')
  assert.equal(alarmVerdict(alarm('UNKNOWN', { votes: [] }), check({ created: now - 500_000 }), seen('---'), now).shown, 'UNKNOWN')
})

test('a check without an alarm shows what most of its zones see, and says that nobody is told', () => {
  const cases: readonly (readonly [heard: string, shown: string])[] = [['ooo', 'OK'], ['xxo', 'CRITICAL'], ['xoo', 'OK'], ['xo-', 'WARNING'], ['xX-', 'UNKNOWN']]
  for (const [heard, shown] of cases) assert.equal(plainVerdict(check(), seen(heard), now).shown, shown, heard)
  assert.equal(plainVerdict(check(), seen('xxo'), now).reason, 'refused (no alarm is set)')
})

test('a check shows the worst of its alarms, and nothing when it is disabled', () => {
  const two = [alarm('OK'), alarm('WARNING', { id: 'alB' })]
  assert.equal(checkVerdict(check(), two, seen('ooo'), now).shown, 'WARNING')
  assert.equal(checkVerdict(check(), two, seen('ooo'), now).alarm?.id, 'alB')
  assert.equal(checkVerdict(check({ disabled: true }), two, seen('ooo'), now).shown, 'DISABLED')
  assert.equal(checkVerdict(check(), [alarm('CRITICAL', { rule: { level: 'ONE', consecutiveCount: 1, freshFor: 100_000, disabled: true } })], seen('ooo'), now).shown, 'DISABLED')
})
