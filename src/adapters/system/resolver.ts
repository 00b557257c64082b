import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import type { Resolved, Resolver } from '../../contracts/check-type.ts'
import type { Clock } from '../../contracts/clock.ts'
import { addressRanges } from './address-ranges.ts'
import { systemClock } from './clock.ts'
import { HostsFile } from './hosts-file.ts'
import { NameService, type Records } from './name-service.ts'

export interface ResolverOptions {
  /** ranges that nothing may connect to, such as 169.254.0.0/16 */
  readonly forbidden: readonly string[]
  readonly clock?: Clock
  /** name servers as `address:port`; the machine's own when absent */
  readonly servers?: readonly string[]
  readonly hostsFile?: string
  readonly resolvConf?: string
}

/**
 * Resolves like the machine does: literals, then the hosts file, then DNS with the search domains of resolv.conf.
 * Without a wanted family IPv4 comes first and IPv6 when there is none. Of several addresses the first that is not
 * forbidden is taken; the connection then goes to that very address, so that a second answer cannot change it.
 */
export function systemResolver(options: ResolverOptions): Resolver {
  const { clock = systemClock } = options
  const ranges = addressRanges(options.forbidden)
  const isForbidden = (address: string) => ranges.includes(address)
  const names = namesOf(options, clock)
  return {
    async resolve(host, family, signal) {
      signal.throwIfAborted()
      const started = clock.monotonic()
      const literal = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
      if (isIP(literal) !== 0) return pick(literalRecords(literal, family), isForbidden, 0)
      const found = await names(literal, family, signal)
      return pick(found, isForbidden, clock.monotonic() - started)
    },
  }
}

function pick(found: Records, isForbidden: (address: string) => boolean, took: number): Resolved {
  if (found.kind !== 'records') return found
  const address = found.addresses.find((candidate) => !isForbidden(candidate))
  if (address === undefined) return { kind: 'forbidden', detail: found.addresses.join(', ') }
  return { kind: 'address', address, family: isIP(address) === 6 ? 6 : 4, took }
}

const notFound: Records = { kind: 'not found', detail: 'not found' }

function records(addresses: readonly string[] | undefined, family: 4 | 6 | undefined): Records {
  const wanted = (of: 4 | 6) => addresses?.filter((address) => isIP(address) === of) ?? []
  const chosen = family === undefined ? [...wanted(4), ...wanted(6)] : wanted(family)
  return chosen.length === 0 ? notFound : { kind: 'records', addresses: chosen, ttl: 0 }
}

function literalRecords(address: string, family: 4 | 6 | undefined): Records {
  const found = records([address], family)
  return found.kind === 'records' ? found : { kind: 'not found', detail: `${address} is not an IPv${family} address` }
}

/** The machine's ways from a name to addresses, in their order. */
function namesOf(options: ResolverOptions, clock: Clock): (name: string, family: 4 | 6 | undefined, signal: AbortSignal) => Promise<Records> {
  const hosts = new HostsFile(options.hostsFile ?? '/etc/hosts')
  const service = new NameService(options.servers === undefined ? { clock } : { clock, servers: options.servers })
  const search = searchList(options.resolvConf ?? '/etc/resolv.conf', clock)
  return async (host, family, signal) => {
    const name = domainToASCII(host).toLowerCase()
    if (name === '' || name.length > 254) return { kind: 'not found', detail: `"${host}" is not a host name` }
    const local = records((await hosts.read(clock.monotonic())).get(name.replace(/\.$/, '')) ?? loopback(name), family)
    if (local.kind === 'records') return local
    const candidates = expand(name, await search())
    return first(candidates, (candidate) => ask(service, candidate, family, signal))
  }
}

/** `localhost` never leaves the machine, whatever its files say (RFC 6761). */
function loopback(name: string): readonly string[] | undefined {
  return /(^|\.)localhost\.?$/.test(name) ? ['127.0.0.1', '::1'] : undefined
}

/** The answer of the first candidate that exists; a failure ends the search, as the next name could be another one. */
async function first(candidates: readonly string[], look: (candidate: string) => Promise<Records>): Promise<Records> {
  for (const candidate of candidates) {
    const found = await look(candidate)
    if (found.kind !== 'not found') return found
  }
  return notFound
}

async function ask(service: NameService, name: string, family: 4 | 6 | undefined, signal: AbortSignal): Promise<Records> {
  return first(family === undefined ? ['4', '6'] : [String(family)], (of) => service.addresses(name, of === '4' ? 4 : 6, signal))
}

interface Search { readonly domains: readonly string[]; readonly dots: number }

/** Names with few dots are tried below the search domains first, others last; a trailing dot means: just this one. */
function expand(name: string, { domains, dots }: Search): readonly string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)]
  const below = domains.map((domain) => `${name}.${domain}`)
  return name.split('.').length - 1 >= dots ? [name, ...below] : [...below, name]
}

export function parseSearch(text: string): Search {
  let search: Search = { domains: [], dots: 1 }
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.trim().split(/\s+/)
    if (word === 'search' || word === 'domain') search = { ...search, domains: rest.filter((domain) => domain !== '.').map((domain) => domain.replace(/\.$/, '')) }
    const dots = word === 'options' ? rest.find((option) => /^ndots:\d+$/.test(option)) : undefined
    if (dots !== undefined) search = { ...search, dots: Math.min(Number(dots.slice(6)), 15) }
  }
  return search
}

const searchLife = 60_000

function searchList(path: string, clock: Clock): () => Promise<Search> {
  let known: Search = { domains: [], dots: 1 }
  let readAt = Number.NEGATIVE_INFINITY
  return async () => {
    if (clock.monotonic() - readAt < searchLife) return known
    try {
      known = parseSearch(await readFile(path, 'utf8'))
    } catch {
      // without the file there are no search domains
    }
    readAt = clock.monotonic()
    return known
  }
}
