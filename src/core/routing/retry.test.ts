import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Attempt } from '../alarm-row.ts'
import { afterFailure, retryDefaults, type FailedAttempt } from './retry.ts'

const attempt: Attempt = { at: 0, took: 0, outcome: 'try-again', message: '', from: '' }
const made = (count: number) => ({ createdAt: 0, attempts: Array.from({ length: count }, () => attempt) })
const day = 86_400_000
const again = (now: number, notBefore?: number): FailedAttempt => ({ now, kind: 'try-again', notBefore })

const cases: [name: string, earlier: number, failed: FailedAttempt, dice: number, status: string, dueAt: number][] = [
  ['the first wait is up to 2 s', 0, again(0), 0.999, 'waiting', 1998],
  ['it may be no wait at all', 0, again(5), 0, 'waiting', 5],
  ['it doubles', 3, again(0), 0.5, 'waiting', 8000],
  ['it stops growing at 5 min', 30, again(0), 0.5, 'waiting', 150_000],
  ['a receiver may ask for more', 0, again(0, 120_000), 0.5, 'waiting', 120_000],
  ['less than ours is not taken', 8, again(0, 1), 0.5, 'waiting', 150_000],
  ['it cannot ask for more than an hour', 0, again(0, day), 0.5, 'waiting', 3_600_000],
  ['what cannot change ends it', 0, { now: 7, kind: 'give-up' }, 0.5, 'given up', 7],
  ['after a day it expires', 30, again(day - 1), 0.5, 'expired', day - 1],
]
for (const [name, earlier, failed, dice, status, dueAt] of cases) {
  test(name, () => assert.deepEqual(afterFailure(made(earlier), failed, dice, retryDefaults), { status, dueAt }))
}

test('an operator may limit the attempts, as the original did', () => {
  const ten = { ...retryDefaults, maxAttempts: 10 }
  assert.equal(afterFailure(made(8), again(0), 0.5, ten).status, 'waiting')
  assert.equal(afterFailure(made(9), again(0), 0.5, ten).status, 'given up')
})

test('a receiver that is back after six hours has its page within five minutes, whatever the dice say', () => {
  for (const dice of [0.1, 0.3, 0.5, 0.99]) {
    let now = 0
    let attempts = 0
    while (now < 6 * 3_600_000) {
      const then = afterFailure(made(attempts++), again(now), dice, retryDefaults)
      assert.equal(then.status, 'waiting')
      now = then.dueAt + 1
    }
    assert.ok(now <= 6 * 3_600_000 + 300_001, `${dice}: ${now}`)
  }
})
