import { BlockList, isIP } from 'node:net'
import { roleNames, type RoleName } from './role-names.ts'

// How settings are read out of texts: each throws with the rule that a text breaks.

export const text = (rule: RegExp, explain: string) => (value: string) => {
  if (!rule.test(value)) throw new Error(explain)
  return value
}
export const whole = (from: number, to: number) => (value: string) => {
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < from || number > to) throw new Error(`must be a whole number from ${from} to ${to}`)
  return number
}
export const url = (rule: RegExp, explain: string) => (value: string) => {
  if (!rule.test(value) || !URL.canParse(value)) throw new Error(explain)
  return value
}
const list = (value: string): readonly string[] => value.split(',').map((part) => part.trim()).filter((part) => part !== '')
export const optional = <T>(read: (value: string) => T) => (value: string): T | undefined => (value === '' ? undefined : read(value))

export function zoneList(value: string): readonly string[] {
  const zones = list(value)
  const wrong = zones.find((zone) => !/^(mz|pz)[A-Za-z0-9]{1,30}$/.test(zone))
  if (wrong !== undefined || zones.length === 0) throw new Error(`must be zone ids such as mzlocal, separated by commas; found "${wrong ?? ''}"`)
  if (new Set(zones).size !== zones.length) throw new Error('names a zone twice')
  return zones
}

export function sourceMap(value: string): ReadonlyMap<string, string> {
  return new Map(list(value).map((pair) => {
    const [zone = '', address = '', ...rest] = pair.split('=')
    if (isIP(address) === 0 || rest.length > 0) throw new Error(`must be zone=address pairs separated by commas; found "${pair}"`)
    return [zone, address]
  }))
}

/** An address that answers whenever our own network works. */
export interface Canary { readonly host: string; readonly port: number }

export function canaryList(value: string): readonly Canary[] {
  return list(value).map((address) => {
    const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(address) ?? []
    const host = bracketed ?? plain
    if (host === undefined || Number(port) < 1 || Number(port) > 65_535) throw new Error(`must be host:port addresses separated by commas; found "${address}"`)
    return { host, port: Number(port) }
  })
}

export function yesOrNo(value: string): boolean {
  if (!/^(yes|no|true|false)$/.test(value)) throw new Error('must be yes or no')
  return value === 'yes' || value === 'true'
}

export function ranges(value: string): readonly string[] {
  const found = list(value)
  for (const range of found) checkRange(range)
  return found
}

function checkRange(range: string): void {
  const [address = '', bits, ...rest] = range.split('/')
  const family = isIP(address)
  const prefix = Number(bits)
  if (family === 0 || rest.length > 0 || !/^\d+$/.test(bits ?? '') || prefix > (family === 4 ? 32 : 128)) {
    throw new Error(`must be address ranges such as 169.254.0.0/16 or fe80::/10; found "${range}"`)
  }
  new BlockList().addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
}

function words(value: string, rule: RegExp, explain: string): readonly string[] {
  const found = list(value)
  const wrong = found.find((one) => !rule.test(one))
  if (wrong !== undefined || found.length === 0) throw new Error(`${explain}; found "${wrong ?? ''}"`)
  return [...new Set(found)]
}

/** What a data centre may be called. */
export const regionName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/
export const regionList = (value: string): readonly string[] => words(value, regionName, 'must be names of regions separated by commas')

export function roleList(value: string): readonly RoleName[] {
  const known: readonly string[] = roleNames
  const found = words(value, /./, `must be roles of ${roleNames.join(', ')}, separated by commas`)
  const wrong = found.find((one) => !known.includes(one))
  if (wrong !== undefined) throw new Error(`must be roles of ${roleNames.join(', ')}, separated by commas; found "${wrong}"`)
  return roleNames.filter((role) => found.includes(role))
}

/** Where an Apache Cassandra is found. */
export interface CassandraAddress { readonly contactPoints: readonly string[]; readonly port: number; readonly keyspace: string }
const storeRule = 'must be embedded, or cassandra://host1,host2:9042/keyspace'

export function storeAddress(value: string): 'embedded' | CassandraAddress {
  if (value === 'embedded') return 'embedded'
  const [, hosts = '', port = '9042', keyspace = ''] = /^cassandra:\/\/((?:[^\s:,/@[\]]+|\[[0-9a-fA-F:.]+\])(?:,(?:[^\s:,/@[\]]+|\[[0-9a-fA-F:.]+\]))*)(?::(\d{1,5}))?\/([A-Za-z]\w{0,47})$/.exec(value) ?? []
  if (keyspace === '' || Number(port) < 1 || Number(port) > 65_535) throw new Error(storeRule)
  return { contactPoints: hosts.split(',').map((host) => host.replaceAll(/^\[|\]$/g, '')), port: Number(port), keyspace }
}

export function replicationMap(value: string): ReadonlyMap<string, number> {
  return new Map(list(value).map((pair) => {
    const [region = '', count = '', ...rest] = pair.split('=')
    if (!regionName.test(region) || !/^[1-9]\d?$/.test(count) || rest.length > 0) throw new Error(`must be region=copies pairs separated by commas, such as dc1=1,dc2=1,dc3=1; found "${pair}"`)
    return [region, Number(count)]
  }))
}

export function secretList(value: string): readonly string[] {
  const found = list(value)
  if (found.length === 0 || found.some((one) => !/^\S{16,255}$/.test(one))) throw new Error('must be secrets of 16 to 255 characters, separated by commas')
  return found
}
