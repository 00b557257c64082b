import type { Clock } from '../contracts/clock.ts'
import type { Log } from '../contracts/log.ts'

const every = 500
/** ms that nobody was looking, or by which the clock was set, before it counts */
const tolerated = 2000

export interface LostTimeDeps {
  readonly clock: Clock
  readonly log: Log
  /** called once for each standstill and each step, before anything that was due in that time can draw conclusions from it */
  readonly lost: () => void
}

export interface TimeWatch extends AsyncDisposable {
  /** what is wrong with the clock now, in words */
  problem(): string | undefined
}

/**
 * Notices when this process stood still (stopped, suspended, starved) or its clock was set. What did not come in that
 * time did not come because of us, so silence is judged anew from here on (deciding, section 7).
 */
export function watchTime({ clock, log, lost }: LostTimeDeps): TimeWatch {
  const stop = new AbortController()
  let newest = clock.now()
  const running = run()
  return {
    // What was observed before a step back is newer than what comes now, and votes never go back in time.
    problem: () => (newest - clock.now() > tolerated ? `the clock was set back: what was seen until ${new Date(newest).toISOString()} stands until then` : undefined),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }

  async function run(): Promise<void> {
    let [wall, monotonic] = [clock.now(), clock.monotonic()]
    while (await pause()) {
      const [passed, shown] = [clock.monotonic() - monotonic, clock.now() - wall]
      newest = Math.max(newest, wall)
      ;[wall, monotonic] = [wall + shown, monotonic + passed]
      const [stoodStill, stepped] = [passed - every, shown - passed]
      if (stoodStill <= tolerated && Math.abs(stepped) <= tolerated) continue
      lost()
      log.warn({ stoodStill: Math.round(stoodStill), stepped: Math.round(stepped) }, 'lost time: silence is judged anew from here on')
    }
  }

  /** False when stopped. */
  async function pause(): Promise<boolean> {
    try {
      await clock.sleep(every, stop.signal)
      return true
    } catch {
      return false
    }
  }
}
