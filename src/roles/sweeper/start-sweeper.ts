import type { Clock } from '../../contracts/clock.ts'
import type { Leases } from '../../contracts/leases.ts'
import type { Log } from '../../contracts/log.ts'
import type { Sweep } from '../../flows/sweep.ts'

export interface SweeperDeps {
  readonly sweep: Sweep
  readonly leases: Leases
  readonly owner: string
  readonly clock: Clock
  readonly log: Log
  /** ms between rounds */
  readonly every: number
}

/** Sweeps in rounds while it holds the lease; the lease only saves work. Recovers what a dead process left, first. */
export async function startSweeper({ sweep, leases, owner, clock, log, every }: SweeperDeps): Promise<AsyncDisposable> {
  const stop = new AbortController()
  await sweep.recover(stop.signal)
  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      await leases.release('sweeper', owner)
    },
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await clock.sleep(every, stop.signal)
        if (await leases.acquire('sweeper', owner, clock.now(), every * 3)) await sweep.round(stop.signal)
      } catch (error) {
        if (!stop.signal.aborted) log.error({ error: String(error) }, 'a sweep failed; the next one tries again')
      }
    }
  }
}
