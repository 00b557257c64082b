import { readFile } from 'node:fs/promises'
import { parse as parseYaml } from 'yaml'
import { limits } from '../core/entities/defaults.ts'
import { reasonOf } from './plain.ts'
import { canaryList, optional, ranges, regionList, regionName, replicationMap, roleList, secretList, sourceMap, storeAddress, text, url, whole, yesOrNo, zoneList } from './read-settings.ts'
import { roleNames } from './role-names.ts'

/** One setting: a flag, an environment variable and a key of the settings file, which is the flag's name. */
interface Setting<T> {
  readonly env: string
  readonly about: string
  /** absent where there is no flag: what must not show in a list of processes */
  readonly flag?: string
  readonly fallback: T
  /** throws with the rule that the value breaks */
  read(text: string): T
}

const noRegions: readonly string[] = []

/** Every setting of the program, in the order in which help shows them. */
export const settings = {
  host: { env: 'VEDETTE_HOST', flag: '--host <address>', about: 'address to listen on', fallback: '127.0.0.1', read: text(/^\S+$/, 'must be an address') },
  port: { env: 'VEDETTE_PORT', flag: '--port <number>', about: 'port to listen on', fallback: 8000, read: whole(0, 65_535) },
  data: { env: 'VEDETTE_DATA', flag: '--data <directory>', about: 'where everything is kept', fallback: './data', read: text(/./, 'must name a directory') },
  store: { env: 'VEDETTE_STORE', flag: '--store <url>', about: 'embedded, in the data directory; or cassandra://host1,host2:9042/keyspace', fallback: 'embedded', read: storeAddress },
  region: { env: 'VEDETTE_REGION', flag: '--region <name>', about: 'the region in which this process runs: the name of its Cassandra data centre', fallback: 'dc1', read: text(regionName, 'must be a name of letters, digits, "_" and "-"') },
  roles: { env: 'VEDETTE_ROLES', flag: '--roles <list>', about: 'what this process does', fallback: roleNames, read: roleList },
  node: { env: 'VEDETTE_NODE', flag: '--node <name>', about: 'what this process is called in leases and attempts; otherwise its host and process id', fallback: undefined, read: optional(text(/^[\w.:-]{1,64}$/, 'must be 1 to 64 letters, digits, ".", ":", "_" or "-"')) },
  agentPort: { env: 'VEDETTE_AGENT_PORT', flag: '--agent-port <number>', about: 'port for pollers and agents elsewhere; with Cassandra and the role endpoint 50041, otherwise none', fallback: undefined, read: optional(whole(0, 65_535)) },
  agentCert: { env: 'VEDETTE_AGENT_CERT', flag: '--agent-cert <file>', about: 'certificate that the agent port shows (PEM)', fallback: undefined, read: optional(text(/./, 'must name a file')) },
  agentKey: { env: 'VEDETTE_AGENT_KEY', flag: '--agent-key <file>', about: 'the key of that certificate (PEM)', fallback: undefined, read: optional(text(/./, 'must name a file')) },
  pollerToken: { env: 'VEDETTE_POLLER_TOKEN', about: 'what pollers of public zones present: one secret, or several separated by commas', fallback: undefined, read: optional(secretList) },
  storeReplication: { env: 'VEDETTE_STORE_REPLICATION', flag: '--store-replication <list>', about: 'copies a region, as region=copies,…: used when the keyspace is made; otherwise one copy in this region', fallback: undefined, read: optional(replicationMap) },
  storeUser: { env: 'VEDETTE_STORE_USER', flag: '--store-user <name>', about: 'the user of a Cassandra that asks for one', fallback: undefined, read: optional(text(/^\S+$/, 'must be a name without spaces')) },
  storePassword: { env: 'VEDETTE_STORE_PASSWORD', about: 'that user\'s password', fallback: undefined, read: optional(text(/^\S.*$/, 'must be a password that does not begin with a space')) },
  storeCa: { env: 'VEDETTE_STORE_CA', flag: '--store-ca <file>', about: 'who signs the certificates of Cassandra (PEM): connections are encrypted', fallback: undefined, read: optional(text(/./, 'must name a file')) },
  zones: { env: 'VEDETTE_ZONES', flag: '--zones <list>', about: 'monitoring zones to poll from, one poller each', fallback: ['mzlocal'], read: zoneList },
  zoneSources: { env: 'VEDETTE_ZONE_SOURCES', flag: '--zone-sources <list>', about: 'local addresses from which zones probe, as zone=address,…', fallback: undefined, read: optional(sourceMap) },
  tenant: { env: 'VEDETTE_TENANT', flag: '--tenant <id>', about: 'the account number of the first account', fallback: '100000', read: text(/^[^/\s]{1,64}$/, 'must be 1 to 64 characters without "/" or spaces') },
  adminUser: { env: 'VEDETTE_ADMIN_USER', flag: '--admin-user <name>', about: 'the first user', fallback: 'admin', read: text(/^[^\s:]{1,64}$/, 'must be 1 to 64 characters without ":" or spaces') },
  adminKey: { env: 'VEDETTE_ADMIN_KEY', about: 'the first user\'s API key', fallback: undefined, read: optional(text(/^\S{16,255}$/, 'must be 16 to 255 characters')) },
  adminToken: { env: 'VEDETTE_ADMIN_TOKEN', about: 'a first token', fallback: undefined, read: optional(text(/^\S{16,255}$/, 'must be 16 to 255 characters')) },
  secretKey: { env: 'VEDETTE_SECRET_KEY', about: 'seals secrets at rest: 64 hex digits, the same for all processes of a Cassandra; otherwise kept in the data directory', fallback: undefined, read: optional(text(/^[0-9a-fA-F]{64}$/, 'must be 64 hex digits')) },
  forbidTargets: { env: 'VEDETTE_FORBID_TARGETS', flag: '--forbid-targets <ranges>', about: 'address ranges that no check or webhook may reach', fallback: ['169.254.0.0/16', 'fe80::/10'], read: ranges },
  minPeriod: { env: 'VEDETTE_MIN_PERIOD', flag: '--min-period <seconds>', about: 'the shortest period of a check, in seconds', fallback: limits.minPeriod, read: whole(1, limits.maxPeriod) },
  maxChecks: { env: 'VEDETTE_MAX_CHECKS', flag: '--max-checks <number>', about: 'checks an account may have', fallback: 100_000, read: whole(1, 10_000_000) },
  maxAlarms: { env: 'VEDETTE_MAX_ALARMS', flag: '--max-alarms <number>', about: 'alarms an account may have', fallback: 100_000, read: whole(1, 10_000_000) },
  maxBody: { env: 'VEDETTE_MAX_BODY', flag: '--max-body <bytes>', about: 'the largest request body, in bytes', fallback: 1_048_576, read: whole(1024, 104_857_600) },
  dailyRequests: { env: 'VEDETTE_DAILY_REQUESTS', flag: '--daily-requests <number>', about: 'API requests an account may make in 24 hours', fallback: 5_000_000, read: whole(1, 1_000_000_000) },
  publicUrl: { env: 'VEDETTE_PUBLIC_URL', flag: '--public-url <url>', about: 'how others reach this server: for links in messages', fallback: undefined, read: optional(url(/^https?:\/\/\S*[^/\s]$/, 'must be an http(s) address without "/" at its end')) },
  canaries: { env: 'VEDETTE_CANARIES', flag: '--canaries <list>', about: 'host:port addresses that answer whenever our own network works', fallback: [], read: canaryList },
  smtpUrl: { env: 'VEDETTE_SMTP_URL', about: 'the mail server: smtp://user:password@host:port', fallback: undefined, read: optional(url(/^smtps?:\/\/\S+$/, 'must be an address such as smtp://user:password@host:port')) },
  mailFrom: { env: 'VEDETTE_MAIL_FROM', flag: '--mail-from <address>', about: 'the sender of e-mail', fallback: 'vedette@localhost', read: text(/^\S+@\S+$/, 'must be a mail address') },
  logLevel: { env: 'VEDETTE_LOG_LEVEL', flag: '--log-level <level>', about: 'debug, info, warn or error', fallback: 'info', read: text(/^(debug|info|warn|error)$/, 'must be debug, info, warn or error') },
  watchdog: { env: 'VEDETTE_WATCHDOG', flag: '--watchdog <list>', about: 'all regions, in one order everywhere: each is watched by the one after it', fallback: noRegions, read: (value) => (value === '' ? noRegions : regionList(value)) },
  watchdogPlan: { env: 'VEDETTE_WATCHDOG_PLAN', flag: '--watchdog-plan <id>', about: 'the notification plan that is told when a region is not heard by the one after it', fallback: 'npTechnicalContactsEmail', read: text(/^np[A-Za-z0-9]{1,30}$/, 'must be the id of a notification plan') },
  pingUrl: { env: 'VEDETTE_PING_URL', about: 'asked once a minute while this process is well: for a watchman elsewhere, who misses it', fallback: undefined, read: optional(url(/^https?:\/\/\S+$/, 'must be an http(s) address')) },
  watchSelf: { env: 'VEDETTE_WATCH_SELF', flag: '--watch-self <yes|no>', about: 'whether Vedette watches itself as an entity', fallback: true, read: yesOrNo },
} satisfies Record<string, Setting<unknown>>

type Names = keyof typeof settings
type Widen<T> = T extends string ? string : T extends number ? number : T extends boolean ? boolean : T
export type Config = { readonly [K in Names]: Widen<(typeof settings)[K]['fallback'] | ReturnType<(typeof settings)[K]['read']>> }

/** A setting that is wrong: names where it stood, its value (never a secret's) and the rule. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export interface ConfigSources {
  readonly flags: Readonly<Record<string, string | undefined>>
  readonly env: Readonly<Record<string, string | undefined>>
  /** the settings file's path, if any */
  readonly file?: string | undefined
}

/** Reads every setting: a flag wins over the environment, which wins over the file, which wins over the default. */
export async function readConfig({ flags, env, file }: ConfigSources): Promise<Config> {
  const fromFile = file === undefined || file === '' ? {} : await readSettingsFile(file)
  const entries = (Object.keys(settings) as Names[]).map((name) => {
    const setting: Setting<unknown> = settings[name]
    const [text, where] = firstOf([flags[name], flagName(setting)], [env[setting.env], setting.env], [fromFile[keyName(setting, name)], `${file}: ${keyName(setting, name)}`])
    return [name, text === undefined ? setting.fallback : readOne(setting, text, where)]
  })
  // Object.fromEntries forgets its keys' types; each value was just read by its own setting.
  const config = Object.fromEntries(entries) as Config
  checkTogether(config)
  return config
}

/** What no setting tells alone. */
function checkTogether({ store, secretKey, roles, agentCert, agentKey, storeUser, storePassword, watchdog, region }: Config): void {
  if (store !== 'embedded' && secretKey === undefined) throw new ConfigError('VEDETTE_SECRET_KEY: must be given with a Cassandra, 64 hex digits, the same for every process: it seals the secrets that they share')
  if (roles.includes('console') && !roles.includes('api')) throw new ConfigError('--roles: console needs api in the same process')
  if ((agentCert === undefined) !== (agentKey === undefined)) throw new ConfigError('--agent-cert and --agent-key: must be given together')
  if (watchdog.length > 0 && (watchdog.length < 2 || !watchdog.includes(region))) throw new ConfigError(`--watchdog: must name at least two regions, and this one, ${region}, among them`)
  if ((storeUser === undefined) !== (storePassword === undefined)) throw new ConfigError('--store-user and VEDETTE_STORE_PASSWORD: must be given together')
}

function readOne(setting: Setting<unknown>, text: string, where: string): unknown {
  try {
    return setting.read(text)
  } catch (error) {
    const shown = setting.flag === undefined ? '' : ` "${text}"`
    throw new ConfigError(`${where}:${shown} ${error instanceof Error ? error.message : String(error)}`)
  }
}

function firstOf(...candidates: readonly (readonly [string | undefined, string])[]): readonly [string | undefined, string] {
  return candidates.find(([text]) => text !== undefined) ?? [undefined, '']
}

export const flagName = (setting: Setting<unknown>): string => setting.flag?.split(' ')[0] ?? setting.env
export const keyName = (setting: Setting<unknown>, name: string): string => setting.flag === undefined ? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) : flagName(setting).slice(2)

/** A setting's default as help and the reference page show it. */
export function defaultText({ fallback }: Setting<unknown>): string {
  if (typeof fallback === 'boolean') return fallback ? 'yes' : 'no'
  if (Array.isArray(fallback) && fallback.length > 0) return fallback.join(',')
  return typeof fallback === 'string' || typeof fallback === 'number' ? String(fallback) : 'none'
}

async function readSettingsFile(path: string): Promise<Readonly<Record<string, string>>> {
  const parsed = await parsedFile(path)
  if (parsed === null || parsed === undefined) return {}
  if (typeof parsed !== 'object' || Array.isArray(parsed)) throw new ConfigError(`${path}: must be a map of settings, such as "port: 8000"`)
  const known = (Object.keys(settings) as Names[]).map((name) => keyName(settings[name], name))
  return Object.fromEntries(Object.entries(parsed).map(([key, value]) => {
    if (!known.includes(key)) throw new ConfigError(`${path}: there is no setting "${key}"; there are ${known.join(', ')}`)
    return [key, textOf(value, `${path}: ${key}`)]
  }))
}

async function parsedFile(path: string): Promise<unknown> {
  try {
    // Texts as they stand: a key of digits alone is no number here.
    return parseYaml(await readFile(path, 'utf8'), { schema: 'failsafe' })
  } catch (error) {
    // The first line names the place; those after it show the text, in which a secret may stand.
    const [reason = ''] = reasonOf(error).split('\n')
    throw new ConfigError(`${path}: ${reason.replace(/:$/, '')}`)
  }
}

function textOf(value: unknown, where: string): string {
  if (Array.isArray(value)) return value.map((item) => textOf(item, where)).join(',')
  if (typeof value === 'string') return value
  throw new ConfigError(`${where}: must be a value or a list of values`)
}
