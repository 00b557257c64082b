import type { Clock } from '../contracts/clock.ts'

/** ms by which a clock may be corrected without a word */
const tolerated = 2000

/**
 * Tells, each time it is asked, what is wrong with the clock: after it was set back, what was observed before is newer than
 * what comes now, and votes never go back in time; so alarms stand still until the old time is reached again.
 */
export function clockWatch(clock: Pick<Clock, 'now'>): () => string | undefined {
  let newest = clock.now()
  return () => {
    const now = clock.now()
    newest = Math.max(newest, now)
    return newest - now > tolerated ? `the clock was set back: what was seen until ${new Date(newest).toISOString()} stands until then` : undefined
  }
}
