import type { Clock } from '../../contracts/clock.ts'
import type { Log } from '../../contracts/log.ts'

export interface PingDeps {
  /** asks the watchman; answers the HTTP status, rejects when there is no answer before the signal aborts */
  readonly ask: (signal: AbortSignal) => Promise<number>
  /** whether there is anything to be missed for: only a process that does its work is heard */
  readonly isWell: () => Promise<boolean>
  readonly clock: Clock
  readonly log: Log
  /** ms between two, and for one */
  readonly every?: number
  readonly timeout?: number
}

/** Tells a watchman elsewhere once a minute that this process does its work: he raises the alarm when he hears nothing. */
export function startPing({ ask, isWell, clock, log, every = 60_000, timeout = 10_000 }: PingDeps): AsyncDisposable {
  const stop = new AbortController()
  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await ping()
      } catch (error) {
        if (!stop.signal.aborted) log.warn({ error: String(error) }, 'could not reach the watchman; it is tried again in a minute')
      }
      try {
        await clock.sleep(every, stop.signal)
      } catch {
        // stopped while waiting
      }
    }
  }

  async function ping(): Promise<void> {
    if (!(await isWell())) return
    using deadline = clock.deadline(timeout, stop.signal)
    const status = await ask(deadline.signal)
    if (status >= 400) log.warn({ status }, 'the watchman refuses to listen')
  }
}
