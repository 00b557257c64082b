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
  /** false: this process sweeps nothing, and only looks after what it owes itself. Absent: it sweeps */
  readonly sweeps?: boolean
  /** false while this process may not act, because its clock is off. Absent: it always may */
  readonly mayAct?: () => boolean
}

/** A round that comes this much (ms) later than it should shows that the process stood still. */
const slack = 2000

/**
 * Recovers what a dead process left, as soon as the store lets it and while the rest of the process starts; then sweeps
 * in rounds while it holds the lease, which only saves work.
 */
export async function startSweeper({ sweep, leases, owner, clock, log, every, sweeps = true, mayAct = () => true }: SweeperDeps): Promise<AsyncDisposable> {
  const stop = new AbortController()
  const within = every + slack
  let recovered = !sweeps
  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      if (sweeps) await attempt(() => leases.release('sweeper', owner), 'could not give the lease back; it ends by itself')
    },
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      if (!recovered && mayAct()) recovered = await attempt(() => sweep.recover(stop.signal), 'could not recover everything that was left half done; it is tried again')
      await attempt(next, 'a sweep failed; the next one tries again')
    }
  }

  async function next(): Promise<void> {
    await clock.sleep(every, stop.signal)
    await sweep.awake(within)
    if (!sweeps || !mayAct()) return
    if (await leases.acquire('sweeper', owner, clock.now(), every * 3)) await sweep.round(stop.signal, within)
  }

  /** True when it went well; being stopped is no failure to speak of. */
  async function attempt(work: () => Promise<unknown>, failure: string): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      if (!stop.signal.aborted) log.error({ error: String(error) }, failure)
      return false
    }
  }
}
