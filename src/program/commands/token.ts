import { InvalidArgumentError, type Command } from 'commander'
import { systemClock } from '../../adapters/system/clock.ts'
import { systemLog } from '../../adapters/system/log.ts'
import { systemRandom } from '../../adapters/system/random.ts'
import type { ConfigurationRepository } from '../../contracts/configuration.ts'
import type { Role } from '../../core/entities/resources.ts'
import { common, issueToken } from '../../roles/api/sign-in.ts'
import { readConfig, type Config } from '../config.ts'
import { openStore } from '../open-store.ts'

/** The configuration of a stopped server. */
export interface OpenedConfiguration extends AsyncDisposable { readonly configuration: ConfigurationRepository }
type Open = (config: Config) => Promise<OpenedConfiguration>

interface Flags { readonly data?: string; readonly url?: string; readonly token?: string; readonly tenant?: string; readonly user?: string; readonly label?: string; readonly role?: readonly Role[]; readonly days?: number }

/** `vedette token create`: a token that lasts, made in the data directory or, with --url and --token, by a running server. */
export function registerToken(program: Command, open: Open = openConfiguration): void {
  program.command('token').description('tokens for the API')
    .command('create').description('makes a token and prints it, once')
    .option('--data <directory>', 'the data directory of a server that is not running (VEDETTE_DATA)')
    .option('--url <url>', 'a running server, asked instead; needs --token')
    .option('--token <token>', 'a token of an admin of that server (VEDETTE_ADMIN_TOKEN)')
    .option('--tenant <id>', 'the account number (VEDETTE_TENANT)')
    .option('--user <name>', 'whose token it is; of a running server it is the asker\'s (VEDETTE_ADMIN_USER)')
    .option('--label <text>', 'what it is for')
    .option('--role <roles>', 'admin, creator or observer, separated by commas (default: the user\'s own)', readRoles)
    .option('--days <number>', 'how long it lasts (default: until it is revoked)', readDays)
    .action(async (flags: Flags) => console.log(await createToken(flags, open)))
}

async function createToken(flags: Flags, open: Open): Promise<string> {
  const { data, tenant, user } = flags
  const config = await readConfig({ flags: { data, tenant, adminUser: user }, env: process.env, file: process.env.VEDETTE_SETTINGS })
  if (flags.url !== undefined) return askServer(flags.url, flags.token ?? config.adminToken, config.tenant, flags)
  try {
    await using opened = await open(config)
    return await createInStore(opened.configuration, config, flags)
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}. To ask a running server instead: --url http://127.0.0.1:${config.port} --token TOKEN`, { cause: error })
  }
}

async function createInStore(configuration: ConfigurationRepository, { adminUser }: Config, { label, role, days }: Flags): Promise<string> {
  const user = (await configuration.get('user', common, adminUser))?.value
  if (user === undefined) throw new Error(`There is no user "${adminUser}"`)
  const expiresAt = days === undefined ? null : systemClock.now() + days * 86_400_000
  const { text } = await issueToken({ configuration, clock: systemClock, random: systemRandom }, { ...user, roles: role ?? user.roles }, label ?? null, expiresAt)
  return text
}

async function askServer(url: string, token: string | undefined, tenant: string, { label, role: roles, days }: Flags): Promise<string> {
  if (token === undefined) throw new Error('A running server asks for --token (or VEDETTE_ADMIN_TOKEN)')
  const response = await fetch(`${url.replace(/\/$/, '')}/v1.0/${tenant}/tokens`, {
    method: 'POST', headers: { 'x-auth-token': token, 'content-type': 'application/json' }, body: JSON.stringify({ label, roles, days }), signal: AbortSignal.timeout(30_000),
  })
  const answer: unknown = await response.json()
  if (response.ok && typeof answer === 'object' && answer !== null && 'token' in answer) return String(answer.token)
  const said = typeof answer === 'object' && answer !== null && 'message' in answer ? String(answer.message) : ''
  throw new Error(`The server answers ${response.status}: ${said}`)
}

async function openConfiguration(config: Config): Promise<OpenedConfiguration> {
  return openStore(config, { clock: systemClock, random: systemRandom, log: systemLog('warn') })
}

const roleNames: Readonly<Record<string, Role>> = { admin: 'monitoring:admin', creator: 'monitoring:creator', observer: 'monitoring:observer' }

function readRoles(text: string): readonly Role[] {
  return text.split(',').map((name) => {
    const role = roleNames[name.trim()]
    if (role === undefined) throw new InvalidArgumentError('Must be of admin, creator, observer')
    return role
  })
}

function readDays(text: string): number {
  const days = Number(text)
  if (!Number.isInteger(days) || days < 1 || days > 36_500) throw new InvalidArgumentError('Must be a whole number from 1 to 36500')
  return days
}
