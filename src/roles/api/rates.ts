import type { Clock } from '../../contracts/clock.ts'
import type { RateBucket } from '../../core/entities/defaults.ts'
import { Refusal } from '../../core/wire/errors.ts'

const day = 86_400_000
interface Window { startedAt: number; used: number }

/** How often each account used each bucket in its present day of 24 hours; counted by this process alone. */
export class Rates {
  readonly #limits: Readonly<Record<RateBucket, number>>
  readonly #clock: Clock
  readonly #windows = new Map<string, Window>()

  constructor(limits: Readonly<Record<RateBucket, number>>, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  /** Counts one request, or refuses it when the bucket is empty. */
  take(tenant: string, bucket: RateBucket): void {
    const window = this.#window(tenant, bucket)
    if (window.used >= this.#limits[bucket]) {
      const wait = Math.max(1, Math.ceil((window.startedAt + day - this.#clock.monotonic()) / 1000))
      throw new Refusal('rateLimitReached', 'Rate limit reached', `${bucket}: ${this.#limits[bucket]} requests in 24 hours`, wait)
    }
    window.used += 1
  }

  headers(tenant: string, bucket: RateBucket): Readonly<Record<string, string>> {
    const { limit, used, window } = this.show(tenant, bucket)
    return {
      'x-ratelimit-limit': String(limit), 'x-ratelimit-remaining': String(limit - used), 'x-ratelimit-used': String(used),
      'x-ratelimit-window': window, 'x-ratelimit-type': bucket,
    }
  }

  show(tenant: string, bucket: RateBucket): { readonly limit: number; readonly used: number; readonly window: string } {
    return { limit: this.#limits[bucket], used: this.#window(tenant, bucket).used, window: '24 hours' }
  }

  #window(tenant: string, bucket: RateBucket): Window {
    const name = `${bucket} ${tenant}`
    const now = this.#clock.monotonic()
    const standing = this.#windows.get(name)
    if (standing !== undefined && now < standing.startedAt + day) return standing
    const fresh = { startedAt: now, used: 0 }
    this.#windows.set(name, fresh)
    return fresh
  }
}
