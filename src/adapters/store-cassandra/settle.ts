import type { Clock } from '../../contracts/clock.ts'
import { StoreUnavailable } from '../../contracts/errors.ts'
import type { Random } from '../../contracts/random.ts'

/** A conditional write whose outcome is unknown is tried again so often, after a random pause of up to so many ms more each time. */
const tries = 4
const pause = 150

export interface Patience { readonly clock: Clock; readonly random: Random }

/**
 * Runs a conditional write until its outcome is known, or patience ends. Only a second one from the same version settles an
 * unknown first one, so `attempt` must recognize what an earlier attempt of its own has done.
 */
export async function settled<T>({ clock, random }: Patience, attempt: () => Promise<T>): Promise<T> {
  let unknown: StoreUnavailable | undefined
  for (let tried = 1; ; tried++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      if (error.outcome === 'unknown') unknown = error
      // Once one attempt may have happened, a later one that did not tells nothing.
      if (unknown === undefined || tried === tries) throw unknown ?? error
      await clock.sleep(random.float() * pause * tried)
    }
  }
}
