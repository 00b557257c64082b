import type { Clock } from '../../contracts/clock.ts'
import type { Random } from '../../contracts/random.ts'

/** Sleeps for `ms` or until the signal aborts; either way it just ends. */
export async function rest(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

export const late = Symbol('late')

/** What `work` gives, or `late` when it takes longer than `ms`; the work goes on then. */
export async function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T | typeof late> {
  using deadline = clock.deadline(ms)
  const { promise, resolve } = Promise.withResolvers<typeof late>()
  deadline.signal.addEventListener('abort', () => resolve(late), { once: true })
  return await Promise.race([work, promise])
}

/** How long to wait after the n-th failure in a row (1, 2, …): doubling, with jitter of a half. */
export function backoff(random: Random, failures: number, { first, most }: { readonly first: number; readonly most: number }): number {
  return Math.min(most, first * 2 ** Math.min(20, failures - 1)) * (0.5 + random.float() / 2)
}
