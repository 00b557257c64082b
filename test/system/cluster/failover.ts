import type { Clock } from '../../../src/contracts/clock.ts'
import type { EndpointLink } from '../../../src/contracts/transport.ts'

/** ms after which a poller that had to leave its region tries it again */
const homeAfter = 30_000

/** Links to the endpoints of several regions, nearest first, as one: it posts to one of them and goes to the next when that fails. */
export function failover(links: readonly EndpointLink[], clock: Clock): EndpointLink {
  let at = 0
  let left = 0
  let moved = new AbortController()
  const move = (to: number) => {
    at = to
    left = clock.monotonic()
    moved.abort()
    moved = new AbortController()
  }
  const present = () => {
    if (at !== 0 && clock.monotonic() - left > homeAfter) move(0)
    const link = links[at]
    if (link === undefined) throw new RangeError('A poller needs an endpoint')
    return link
  }
  const tried = async <T>(work: (link: EndpointLink) => Promise<T>): Promise<T> => {
    const link = present()
    try {
      return await work(link)
    } catch (error) {
      if (links[at] === link) move((at + 1) % links.length)
      throw error
    }
  }
  return {
    post: (...post) => tried((link) => link.post(...post)),
    schedule: (...request) => tried((link) => link.schedule(...request)),
    confirmations: async function* (zone, signal) {
      while (!signal.aborted) yield* present().confirmations(zone, AbortSignal.any([signal, moved.signal]))
    },
  }
}
