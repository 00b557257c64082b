import type { ScheduledCheck } from '../../contracts/configuration.ts'
import type { Log } from '../../contracts/log.ts'
import type { EndpointLink } from '../../contracts/transport.ts'
import { wireCheck } from './messages.ts'

type Delta = Awaited<ReturnType<EndpointLink['schedule']>>
export type OpenDetails = (details: ScheduledCheck['check']['details']) => ScheduledCheck['check']['details']

export interface PagesOptions {
  /** whose checks the poller may see; null: everybody's */
  readonly tenant: string | null
  readonly open: OpenDetails
  /** bytes a page, about */
  readonly size: number
  readonly log: Log
}

/** One schedule on its way to a poller, a page at a time: a zone of 10,000 checks is no single frame. */
export class SchedulePages {
  readonly #delta: Delta
  readonly #options: PagesOptions
  readonly #name: string
  readonly #checks: readonly ScheduledCheck[]
  #unopened: string[] = []

  constructor(name: number, delta: Delta, options: PagesOptions) {
    const { tenant } = options
    this.#name = String(name)
    this.#delta = delta
    this.#options = options
    this.#checks = tenant === null ? delta.upserts : delta.upserts.filter((check) => check.tenant === tenant)
  }

  first(): object {
    const { cursor, full, removes, pollers } = this.#delta
    const page = this.#page(0)
    return { cursor, full, removes, pollers, ...page }
  }

  /** The page that `next` of the one before named; undefined when it was none of ours. */
  page(token: string): object | undefined {
    const [name, from = ''] = token.split('.')
    return name === this.#name && /^\d{1,9}$/.test(from) ? this.#page(Number(from)) : undefined
  }

  #page(from: number): object {
    const upserts: object[] = []
    let [at, bytes] = [from, 0]
    for (; at < this.#checks.length && bytes < this.#options.size; at++) {
      const check = this.#open(this.#checks[at]!)
      if (check === undefined) continue
      upserts.push(check)
      bytes += JSON.stringify(check).length
    }
    const unopened = this.#unopened
    this.#unopened = []
    return { upserts, next: at < this.#checks.length ? `${this.#name}.${at}` : null, ...(unopened.length > 0 ? { unopened } : {}) }
  }

  /** A check whose secrets cannot be opened is run by nobody: with sealed ones it would only seem to be down. */
  #open(scheduled: ScheduledCheck): object | undefined {
    try {
      return wireCheck(scheduled, this.#options.open(scheduled.check.details))
    } catch (error) {
      this.#options.log.error({ check: scheduled.check.id, error: String(error) }, 'the secrets of a check cannot be opened; no poller gets it')
      this.#unopened.push(scheduled.check.id)
      return undefined
    }
  }
}
