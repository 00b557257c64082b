import { Resolver as DnsResolver } from 'node:dns/promises'
import type { Clock } from '../../contracts/clock.ts'

export type Records =
  | { readonly kind: 'records'; readonly addresses: readonly string[]; readonly ttl: number }
  | { readonly kind: 'not found' | 'failed'; readonly detail: string }

interface Flight { readonly answer: Promise<Records>; readonly service: DnsResolver; waiting: number }
interface Remembered { readonly records: Records; readonly until: number }

export interface NameServiceOptions {
  readonly clock: Clock
  /** `address:port` each; the machine's own servers when absent */
  readonly servers?: readonly string[]
}

const tryFor = 1500
const tries = 4
/** A short memory: enough for a burst of checks of one name, too short to hide a name service that is down. */
const rememberFor = 10_000
const rememberedNames = 2000
/** A resolver reads resolv.conf when it is made, so an old one is thrown away. */
const resolverLife = 60_000

/** Address records from DNS. Equal questions at one time are asked once; an answer is kept for its TTL, 10 s at most. */
export class NameService {
  readonly #options: NameServiceOptions
  readonly #flights = new Map<string, Flight>()
  readonly #remembered = new Map<string, Remembered>()
  #idle: { readonly service: DnsResolver; readonly madeAt: number }[] = []

  constructor(options: NameServiceOptions) {
    this.#options = options
  }

  /** Rejects with the signal's reason when it aborts; a question that nobody waits for any more is cancelled. */
  async addresses(name: string, family: 4 | 6, signal: AbortSignal): Promise<Records> {
    const key = `${family} ${name}`
    const known = this.#remembered.get(key)
    if (known !== undefined && known.until > this.#options.clock.monotonic()) return known.records
    let flight = this.#flights.get(key)
    if (flight === undefined) {
      flight = this.#start(key, name, family)
      this.#flights.set(key, flight)
    }
    return this.#wait(key, flight, signal)
  }

  async #wait(key: string, flight: Flight, signal: AbortSignal): Promise<Records> {
    flight.waiting += 1
    const { promise, reject } = Promise.withResolvers<never>()
    const leave = () => reject(signal.reason)
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    try {
      return await Promise.race([flight.answer, promise])
    } finally {
      signal.removeEventListener('abort', leave)
      flight.waiting -= 1
      if (flight.waiting === 0 && this.#flights.get(key) === flight) {
        this.#flights.delete(key)
        flight.service.cancel()
      }
    }
  }

  #start(key: string, name: string, family: 4 | 6): Flight {
    const { service, madeAt } = this.#take()
    const ask = async (): Promise<Records> => {
      const records = await query(service, name, family)
      if (this.#flights.get(key)?.service === service) this.#flights.delete(key)
      this.#idle.push({ service, madeAt })
      this.#remember(key, records)
      return records
    }
    return { answer: ask(), service, waiting: 0 }
  }

  #take(): { readonly service: DnsResolver; readonly madeAt: number } {
    const now = this.#options.clock.monotonic()
    this.#idle = this.#idle.filter(({ madeAt }) => now - madeAt < resolverLife)
    return this.#idle.pop() ?? { service: this.#make(), madeAt: now }
  }

  #make(): DnsResolver {
    const service = new DnsResolver({ timeout: tryFor, tries })
    if (this.#options.servers !== undefined) service.setServers(this.#options.servers)
    return service
  }

  #remember(key: string, records: Records): void {
    this.#remembered.delete(key)
    if (records.kind !== 'records' || records.ttl === 0) return
    const oldest = this.#remembered.size >= rememberedNames ? this.#remembered.keys().next().value : undefined
    if (oldest !== undefined) this.#remembered.delete(oldest)
    this.#remembered.set(key, { records, until: this.#options.clock.monotonic() + Math.min(records.ttl * 1000, rememberFor) })
  }
}

async function query(service: DnsResolver, name: string, family: 4 | 6): Promise<Records> {
  try {
    const records = family === 4 ? await service.resolve4(name, { ttl: true }) : await service.resolve6(name, { ttl: true })
    return { kind: 'records', addresses: records.map(({ address }) => address), ttl: Math.min(...records.map(({ ttl }) => ttl)) }
  } catch (error) {
    return failureOf(error)
  }
}

function failureOf(error: unknown): Records {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN'
  switch (code) {
    case 'ENODATA': case 'ENOTFOUND': case 'EBADNAME': return { kind: 'not found', detail: 'not found' }
    case 'ETIMEOUT': return { kind: 'failed', detail: 'timeout' }
    case 'ESERVFAIL': return { kind: 'failed', detail: 'server failure' }
    case 'EREFUSED': return { kind: 'failed', detail: 'refused' }
    case 'ECONNREFUSED': return { kind: 'failed', detail: 'no name server answers' }
    default: return { kind: 'failed', detail: code.toLowerCase() }
  }
}
