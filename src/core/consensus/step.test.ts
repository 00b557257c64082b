import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlarmRow, State } from '../alarm-row.ts'
import type { NotificationPlan } from '../entities/resources.ts'
import { freeze, listFor } from './step.ts'

const plan: NotificationPlan = {
  id: 'np', label: 'all', critical_state: ['critical'], warning_state: ['warning'], ok_state: ['ok'], unknown_state: ['unknown'], metadata: null, created_at: 0, updated_at: 0,
}

const cases: readonly (readonly [before: State, lastKnown: AlarmRow['lastKnown'], after: State, told: string])[] = [
  ['OK', 'OK', 'CRITICAL', 'critical'],
  ['CRITICAL', 'CRITICAL', 'WARNING', 'warning'],
  ['WARNING', 'WARNING', 'OK', 'ok'],
  // The first state: OK is no news, anything else is.
  ['UNKNOWN', null, 'OK', ''],
  ['UNKNOWN', null, 'CRITICAL', 'critical'],
  // Blindness pages who asked for it, and its end only when something else is seen than before.
  ['OK', 'OK', 'UNKNOWN', 'unknown'],
  ['UNKNOWN', 'OK', 'OK', ''],
  ['UNKNOWN', 'CRITICAL', 'CRITICAL', ''],
  ['UNKNOWN', 'CRITICAL', 'OK', 'ok'],
  ['UNKNOWN', 'OK', 'WARNING', 'warning'],
  // Switching off is silent; switched on, not knowing yet is no blindness.
  ['CRITICAL', 'CRITICAL', 'DISABLED', ''],
  ['DISABLED', 'CRITICAL', 'UNKNOWN', ''],
  ['DISABLED', 'OK', 'OK', ''],
  ['DISABLED', 'OK', 'CRITICAL', 'critical'],
]

for (const [before, lastKnown, after, told] of cases) {
  test(`${before}${lastKnown === null ? '' : ` (last known ${lastKnown})`} → ${after} tells ${told === '' ? 'nobody' : told}`, () => {
    assert.equal(listFor(plan, before, lastKnown, after).join(), told)
  })
}

test('a plan without lists tells nobody', () => {
  const silent = { ...plan, critical_state: null, warning_state: null, ok_state: null, unknown_state: null }
  for (const state of ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN', 'DISABLED'] as const) assert.deepEqual(listFor(silent, 'OK', 'OK', state === 'OK' ? 'CRITICAL' : state), [])
})

test('who stands twice in a list is told once, and who is gone not at all', () => {
  const found = new Map([['a', { id: 'a', label: 'A', type: 'email', details: {}, metadata: null, created_at: 0, updated_at: 0 }]])
  assert.deepEqual(freeze(['a', 'b', 'a'], found), [{ notification: { id: 'a', label: 'A', type: 'email', details: {} }, step: 0 }])
})
