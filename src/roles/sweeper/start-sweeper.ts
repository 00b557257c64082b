import type { Clock } from '../../contracts/clock.ts'
import type { Leases } from '../../contracts/leases.ts'
import type { Log } from '../../contracts/log.ts'
import { shareOf, type Slices } from '../../flows/slices.ts'
import type { Sweep } from '../../flows/sweep.ts'

export interface SweeperDeps {
  readonly sweep: Sweep
  readonly leases: Leases
  readonly owner: string
  readonly clock: Clock
  readonly log: Log
  /** ms between rounds; a sweeper that is gone is missed after three of them */
  readonly every: number
  /** false: this process sweeps nothing, and only looks after what it owes itself. Absent: it sweeps */
  readonly sweeps?: boolean
  /** false while this process may not act, because its clock is off. Absent: it always may */
  readonly mayAct?: () => boolean
}

/** A round that comes this much (ms) later than it should shows that the process stood still. */
const slack = 2000
/** Rows without an entity are looked for after a start, and then so often (ms). */
const straysEvery = 3_600_000
const roll = 'sweepers/'
const nothing: Slices = new Set()

/**
 * Sweeps in rounds what is this process's share of all entities: sweepers know each other by their leases, and share the
 * slices out by rendezvous hashing. What a dead process left in a slice is recovered by whoever gets it, and at once by
 * whoever is alone. Leases only save work: when everyone believes to be alone, everything is done several times.
 */
export async function startSweeper({ sweep, leases, owner, clock, log, every, sweeps = true, mayAct = () => true }: SweeperDeps): Promise<AsyncDisposable> {
  const stop = new AbortController()
  const within = every + slack
  let share: Slices | undefined
  const recovered = new Set<number>()
  const running = Promise.all([stayAwake(), ...(sweeps ? [rounds(), keepPlace(), strays()] : [])])
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      if (sweeps) await attempt(() => leases.release(roll + owner, owner), 'could not give the lease back; it ends by itself')
    },
  }

  async function stayAwake(): Promise<void> {
    while (await pause(every)) await attempt(() => sweep.awake(within), 'could not decide what is owed; it is tried again')
  }

  async function rounds(): Promise<void> {
    do await attempt(round, 'a sweep failed; the next one tries again')
    while (await pause(every))
  }

  /** Beside the rounds, which may take long: whoever stays away from the roll loses its share. */
  async function keepPlace(): Promise<void> {
    while (await pause(every)) await attempt(lookAround, 'could not tell the other sweepers of this one; they may do its work too')
  }

  async function round(): Promise<void> {
    const slices = share ?? await lookAround()
    for (const slice of recovered) if (!slices.has(slice)) recovered.delete(slice)
    const gained = new Set([...slices].filter((slice) => !recovered.has(slice)))
    if (gained.size > 0 && (await attempt(() => sweep.recover(stop.signal, gained), 'could not recover everything that was left half done; it is tried again'))) for (const slice of gained) recovered.add(slice)
    if (slices.size > 0 && !stop.signal.aborted) await sweep.round(stop.signal, within, slices)
  }

  async function lookAround(): Promise<Slices> {
    share = mayAct() ? await ourShare() : nothing
    return share
  }

  async function ourShare(): Promise<Slices> {
    const now = clock.now()
    await leases.acquire(roll + owner, owner, now, every * 2)
    const holders = await leases.holders(roll, now)
    return shareOf(owner, [...new Set([owner, ...holders.map((holder) => holder.owner)])])
  }

  async function strays(): Promise<void> {
    for (let wait = every; await pause(wait); wait = straysEvery) await attempt(() => sweep.strays(stop.signal, share ?? nothing), 'could not look for rows without an entity; it is tried again in an hour')
  }

  /** False when stopped meanwhile. */
  async function pause(ms: number): Promise<boolean> {
    try {
      await clock.sleep(ms, stop.signal)
      return true
    } catch {
      return false
    }
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
