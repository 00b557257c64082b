import { TokenBucket } from '../../core/schedule/token-bucket.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { Log } from '../../contracts/log.ts'
import type { ConfirmRequest, EndpointLink } from '../../contracts/transport.ts'
import type { DueRun, Rota } from './rota.ts'
import type { PollerSettings } from './settings.ts'
import { rest } from './waiting.ts'

export interface ConfirmationsDeps {
  readonly zone: string
  readonly link: EndpointLink
  readonly rota: Rota
  readonly clock: Clock
  readonly log: Log
  readonly settings: PollerSettings
  readonly start: (run: DueRun) => void
}

/** A request is remembered for so long (ms), so that two deciders who ask the same make one run. */
const memory = 600_000

/** Looks again at once where another zone saw something new; once a slot, and not more often than the zone can bear. */
export class Confirmations {
  readonly #deps: ConfirmationsDeps
  readonly #bucket: TokenBucket
  readonly #seen = new Map<string, number>()
  readonly counts = { asked: 0, repeated: 0, refused: 0 }

  constructor(deps: ConfirmationsDeps) {
    this.#deps = deps
    this.#bucket = new TokenBucket(deps.settings.confirmRate, deps.settings.confirmBurst)
  }

  /** Follows the zone's requests until the signal aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    const { link, zone, clock, log, settings } = this.#deps
    while (!signal.aborted) {
      try {
        for await (const request of link.confirmations(zone, signal)) this.#take(request)
      } catch (error) {
        if (!signal.aborted) log.warn({ zone, error: String(error) }, 'lost the way on which confirmations come')
      }
      await rest(clock, settings.pull, signal)
    }
  }

  #take(request: ConfirmRequest): void {
    const { rota, clock, start } = this.#deps
    const duty = rota.mine(request.check)
    if (duty === undefined) return
    this.counts.asked += 1
    if (this.#repeated(request)) this.counts.repeated += 1
    else if (!this.#bucket.take(clock.monotonic())) this.counts.refused += 1
    else if ((request.notBefore ?? 0) > clock.now()) rota.ask(request, duty, request.notBefore ?? 0)
    else start({ duty, slot: request.slot, due: clock.now(), request })
  }

  #repeated({ check, slot }: ConfirmRequest): boolean {
    const now = this.#deps.clock.monotonic()
    for (const [known, at] of this.#seen) {
      if (now - at < memory) break
      this.#seen.delete(known)
    }
    const key = `${check}:${slot}`
    const known = this.#seen.has(key)
    if (!known) this.#seen.set(key, now)
    return known
  }
}
