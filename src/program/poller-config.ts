import { hostname } from 'node:os'
import { isIP } from 'node:net'
import type { Address } from '../adapters/agent-protocol/index.ts'
import { ConfigError, flagName } from './config.ts'
import { canaryList, optional, ranges, text, whole, zoneList } from './read-settings.ts'

/** Where an endpoint listens unless it is told otherwise. */
const usualPort = 50_041
const required = Symbol('must be given')

/** The settings of `vedette poller`; each is a flag and an environment variable. */
export const pollerSettings = {
  zone: { env: 'VEDETTE_ZONE', flag: '--zone <name>', about: 'the monitoring zone to poll from', fallback: required, read: oneZone },
  endpoints: { env: 'VEDETTE_ENDPOINTS', flag: '--endpoint <list>', about: 'endpoints as host:port,…; one in each region', fallback: required, read: addressList },
  token: { env: 'VEDETTE_TOKEN', flag: '--token <token>', about: 'what opens the zone; better in the environment, because flags show in lists of processes', fallback: required, read: text(/^\S{1,512}$/, 'must be a token') },
  ca: { env: 'VEDETTE_CA', flag: '--ca <file>', about: 'who signs the endpoints\' certificates (PEM), read anew for each connection; otherwise whom the system trusts', fallback: undefined, read: optional(text(/./, 'must name a file')) },
  data: { env: 'VEDETTE_DATA', flag: '--data <directory>', about: 'where observations wait while no endpoint takes them; no two pollers may share it', fallback: './data', read: text(/./, 'must name a directory') },
  spoolBytes: { env: 'VEDETTE_SPOOL_BYTES', flag: '--spool-bytes <number>', about: 'room for them, in bytes; the oldest are dropped when it is full', fallback: 256 * 2 ** 20, read: whole(2 ** 20, 2 ** 40) },
  source: { env: 'VEDETTE_SOURCE', flag: '--source <address>', about: 'the local address to probe from', fallback: undefined, read: optional(oneAddress) },
  name: { env: 'VEDETTE_NAME', flag: '--name <name>', about: 'what this poller is called among its zone\'s; otherwise its host and process id', fallback: `${hostname()}-${process.pid}`, read: text(/^[\w.:-]{1,64}$/, 'must be 1 to 64 letters, digits, ".", ":", "_" or "-"') },
  host: { env: 'VEDETTE_HOST', flag: '--host <address>', about: 'address on which to tell how this poller is', fallback: '127.0.0.1', read: text(/^\S+$/, 'must be an address') },
  port: { env: 'VEDETTE_PORT', flag: '--port <number>', about: 'port for /readyz and /metrics; 0 for none', fallback: 0, read: whole(0, 65_535) },
  canaries: { env: 'VEDETTE_CANARIES', flag: '--canaries <list>', about: 'host:port addresses that answer whenever our own network works', fallback: [], read: canaryList },
  forbidTargets: { env: 'VEDETTE_FORBID_TARGETS', flag: '--forbid-targets <ranges>', about: 'address ranges that no check may reach', fallback: ['169.254.0.0/16', 'fe80::/10'], read: ranges },
  logLevel: { env: 'VEDETTE_LOG_LEVEL', flag: '--log-level <level>', about: 'debug, info, warn or error', fallback: 'info', read: text(/^(debug|info|warn|error)$/, 'must be debug, info, warn or error') },
}

type Names = keyof typeof pollerSettings
export type PollerConfig = { readonly [K in Names]: ReturnType<(typeof pollerSettings)[K]['read']> }

/** Reads every setting: a flag wins over the environment, which wins over the default. */
export function readPollerConfig(flags: Readonly<Record<string, string | undefined>>, env: Readonly<Record<string, string | undefined>>): PollerConfig {
  // Object.fromEntries forgets its keys' types; each value was just read by its own setting.
  return Object.fromEntries((Object.keys(pollerSettings) as Names[]).map((name) => [name, readOne(name, flags[nameOfFlag(name)], env[pollerSettings[name].env])])) as PollerConfig
}

/** commander's name of a flag: '--spool-bytes <number>' is spoolBytes. */
function nameOfFlag(name: Names): string {
  return flagName(pollerSettings[name]).slice(2).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function readOne(name: Names, flag: string | undefined, variable: string | undefined): unknown {
  const setting = pollerSettings[name]
  const value = flag ?? variable
  const where = flag === undefined && variable !== undefined ? setting.env : flagName(setting)
  if (value === undefined && setting.fallback === required) throw new ConfigError(`${where} (${setting.env}): must be given: ${setting.about}`)
  if (value === undefined) return setting.fallback
  try {
    return setting.read(value)
  } catch (error) {
    throw new ConfigError(`${where}:${name === 'token' ? '' : ` "${value}"`} ${error instanceof Error ? error.message : String(error)}`)
  }
}

function oneZone(value: string): string {
  const [zone = '', ...others] = zoneList(value)
  if (others.length > 0) throw new Error('must be one zone; start a poller for each')
  return zone
}

function oneAddress(value: string): string {
  if (isIP(value) === 0) throw new Error('must be an address of this machine')
  return value
}

function addressList(value: string): readonly Address[] {
  const addresses = value.split(',').map((part) => part.trim()).filter((part) => part !== '').map((address) => {
    const [, bracketed, plain, port = String(usualPort)] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/.exec(address) ?? []
    const host = bracketed ?? plain
    if (host === undefined || Number(port) < 1 || Number(port) > 65_535) throw new Error(`must be host:port addresses separated by commas; found "${address}"`)
    return { host, port: Number(port) }
  })
  if (addresses.length === 0) throw new Error('must name at least one endpoint')
  return addresses
}
