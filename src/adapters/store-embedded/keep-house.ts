import type { Clock } from '../../contracts/clock.ts'
import type { Log } from '../../contracts/log.ts'
import type { WorkerLink } from './worker-link.ts'

/** How long to rest between two steps of background work, so that it stays in the background, and when there is none; ms. */
const betweenSteps = 20
const whenIdle = 5_000
const afterFailure = 30_000

/** Lets the worker do its background work in small steps until it is ended. */
export function keepHouse(link: WorkerLink, clock: Clock, log: Log): { end(): Promise<void> } {
  const leave = new AbortController()
  const step = async (): Promise<number> => {
    try {
      return (await link.call('tidy', { now: clock.now(), all: false })).more ? betweenSteps : whenIdle
    } catch (error) {
      if (!leave.signal.aborted) log.warn({ error: String(error) }, 'The store could not tidy up; it tries again')
      return afterFailure
    }
  }
  const run = async () => {
    let rest = whenIdle
    try {
      for (;;) {
        await clock.sleep(rest, leave.signal)
        rest = await step()
      }
    } catch (error) {
      if (!leave.signal.aborted) throw error
    }
  }
  const running = run()
  return {
    async end() {
      leave.abort()
      await running
    },
  }
}
