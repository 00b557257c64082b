import type { Clock } from '../../contracts/clock.ts'
import type { Leases } from '../../contracts/leases.ts'
import type { Log } from '../../contracts/log.ts'

export interface PresenceDeps {
  readonly leases: Leases
  readonly owner: string
  readonly clock: Clock
  readonly log: Log
  /** ms since what it took could not be stored, or since its start */
  readonly healthyFor: () => number
}

/** An endpoint says that it is there every so often (ms), and is missed when it has not for so long. */
const every = 2000
const lease = 6000
const roll = 'endpoints/'

/** Says, for as long as this process takes observations in and can store them, that there is somebody who does. */
export function keepPresent({ leases, owner, clock, log, healthyFor }: PresenceDeps): AsyncDisposable {
  const stop = new AbortController()
  const running = keep()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the endpoint stops'))
      await running
    },
  }

  async function keep(): Promise<void> {
    do await tell()
    while (await pause())
  }

  async function tell(): Promise<void> {
    try {
      if (healthyFor() >= every) await leases.acquire(roll + owner, owner, clock.now(), lease)
    } catch (error) {
      log.warn({ error: String(error) }, 'could not tell the sweepers that this endpoint is there')
    }
  }

  /** False when stopped meanwhile. */
  async function pause(): Promise<boolean> {
    try {
      await clock.sleep(every, stop.signal)
      return true
    } catch {
      return false
    }
  }
}

/** Whether any process takes observations in now, in whatever region. */
export function anyEndpoint(leases: Leases, clock: Clock): () => Promise<boolean> {
  return async () => (await leases.holders(roll, clock.now())).length > 0
}
