import type { ConfigurationRepository } from '../../contracts/configuration.ts'
import type { Clock } from '../../contracts/clock.ts'
import { Refusal } from '../../core/wire/errors.ts'
import { everyTree } from './scan.ts'

export type Counted = 'checks' | 'alarms'
interface Count { checks: number; alarms: number; readonly at: number }

const goodFor = 60_000

/**
 * How many checks and alarms each account has, for its limits. Counted from the store, then kept up to date by this
 * process for a minute: near a limit several nodes may together let a few too many through.
 */
export class Counts {
  readonly #configuration: ConfigurationRepository
  readonly #clock: Clock
  readonly #limits: Readonly<Record<Counted, number>>
  readonly #counts = new Map<string, Promise<Count>>()

  constructor(configuration: ConfigurationRepository, clock: Clock, limits: Readonly<Record<Counted, number>>) {
    this.#configuration = configuration
    this.#clock = clock
    this.#limits = limits
  }

  /** Makes room for one more, or refuses. Call `changed` with -1 when it is not made after all. */
  async reserve(tenant: string, kind: Counted): Promise<void> {
    const count = await this.#count(tenant)
    if (count[kind] >= this.#limits[kind]) throw new Refusal('limitReached', 'Limit has been reached', `The account may have ${this.#limits[kind]} ${kind}`)
    count[kind] += 1
  }

  async changed(tenant: string, kind: Counted, by: number): Promise<void> {
    const standing = this.#counts.get(tenant)
    if (standing !== undefined) (await standing)[kind] += by
  }

  async #count(tenant: string): Promise<Count> {
    const standing = await this.#counts.get(tenant)
    if (standing !== undefined && this.#clock.monotonic() - standing.at < goodFor) return standing
    const fresh = this.#scan(tenant)
    this.#counts.set(tenant, fresh)
    try {
      return await fresh
    } catch (error) {
      this.#counts.delete(tenant)
      throw error
    }
  }

  async #scan(tenant: string): Promise<Count> {
    const count: Count = { checks: 0, alarms: 0, at: this.#clock.monotonic() }
    for await (const { checks, alarms } of everyTree(this.#configuration, tenant)) {
      count.checks += checks.length
      count.alarms += alarms.length
    }
    return count
  }
}
