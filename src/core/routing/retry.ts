import type { Delivery } from '../alarm-row.ts'

/** When a delivery that failed is tried again, and when that ends; ms. */
export interface RetrySchedule {
  /** the longest wait before the second attempt, and by how much it grows with each one, up to `cap` */
  readonly first: number
  readonly factor: number
  readonly cap: number
  /** a receiver may ask for a longer pause (Retry-After), up to this */
  readonly longestPause: number
  /** counted from the change; after it the delivery is 'expired' */
  readonly expireAfter: number
  /** null: only time ends it */
  readonly maxAttempts: number | null
}

/** Quick at first, then every few minutes for a day: a receiver that is gone for hours still gets its page soon after it is back. */
export const retryDefaults: RetrySchedule = {
  first: 2000, factor: 2, cap: 300_000, longestPause: 3_600_000, expireAfter: 86_400_000, maxAttempts: null,
}

export interface FailedAttempt { readonly now: number; readonly kind: 'try-again' | 'give-up'; readonly notBefore?: number | undefined }

/**
 * What becomes of a delivery after an attempt that failed; `dice` in [0, 1) spreads the waits over their whole range,
 * so that receivers which come back are not met by everyone at once.
 */
export function afterFailure(delivery: Pick<Delivery, 'createdAt' | 'attempts'>, failed: FailedAttempt, dice: number, schedule: RetrySchedule): Pick<Delivery, 'status' | 'dueAt'> {
  const { now } = failed
  const made = delivery.attempts.length + 1
  if (failed.kind === 'give-up') return { status: 'given up', dueAt: now }
  if (schedule.maxAttempts !== null && made >= schedule.maxAttempts) return { status: 'given up', dueAt: now }
  const wait = dice * Math.min(schedule.cap, schedule.first * schedule.factor ** (made - 1))
  const asked = Math.min(failed.notBefore ?? now, now + schedule.longestPause)
  const dueAt = Math.ceil(Math.max(now + wait, asked))
  return dueAt >= delivery.createdAt + schedule.expireAfter ? { status: 'expired', dueAt: now } : { status: 'waiting', dueAt }
}
