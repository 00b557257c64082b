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

/**
 * Notices when this process stood still (stopped, suspended, starved) or its clock was set. What did not come in that
 * time did not come because of us, so silence is judged anew from here on (deciding, section 7).
 */
export function watchTime({ clock, log, lost }: LostTimeDeps): AsyncDisposable {
  const stop = new AbortController()
  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }

  async function run(): Promise<void> {
    let [wall, monotonic] = [clock.now(), clock.monotonic()]
    while (await pause()) {
      const [passed, shown] = [clock.monotonic() - monotonic, clock.now() - wall]
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
