import { InvalidArgumentError, Option, type Command } from 'commander'
import { Check, Convert, Default, Errors } from 'typebox/value'
import { checkTypes } from '../../adapters/checks/index.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { systemProber } from '../../adapters/system/prober.ts'
import { systemResolver } from '../../adapters/system/resolver.ts'
import type { CheckType } from '../../contracts/check-type.ts'
import type { ProbedCheck, ProbeResult } from '../../contracts/prober.ts'
import { readConfig, settings } from '../config.ts'
import { picture } from './probe-picture.ts'

interface Flags {
  readonly set?: Readonly<Record<string, string>>
  readonly timeout: number
  readonly resolver?: 'IPv4' | 'IPv6'
  readonly forbidTargets?: string
  readonly json?: boolean
}

/** What is wrong with the command itself; nothing was probed. */
class UsageError extends Error {
  override readonly name = 'UsageError'
}

const runnable: readonly CheckType[] = checkTypes.filter((type) => type.category === 'remote')
const shortName = ({ type }: CheckType) => type.replace(/^remote\./, '')

/** `vedette check run TYPE TARGET`: one look from here. Exit 0 available, 1 not, 2 when it could not be tried. */
export function registerCheckRun(program: Command): void {
  program.command('check').description('work with checks')
    .command('run').description('look at a target once, from here, and tell what was seen')
    .argument('<type>', runnable.map(shortName).join(', '))
    .argument('<target>', 'a URL for http; a host for the others, with :port where the type has one')
    .option('--set <key=value>', 'a key of the check\'s details; again for more, with a dot for what is inside: headers.X-Key=1', collect)
    .option('--timeout <seconds>', 'how long it may take', seconds, 10)
    .addOption(new Option('--resolver <family>', 'addresses of this family only').choices(['IPv4', 'IPv6']))
    .option(settings.forbidTargets.flag, settings.forbidTargets.about)
    .option('--json', 'one line of JSON')
    .addHelpText('after', `\n${runnable.map(describe).join('\n')}`)
    .action(async (name: string, target: string, flags: Flags) => {
      process.exitCode = await tried(name, target, flags)
    })
}

function collect(text: string, before: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  const [, key, value] = /^([^=]+)=([^]*)$/.exec(text) ?? []
  if (key === undefined || value === undefined) throw new InvalidArgumentError('It must be key=value.')
  return { ...before, [key]: value }
}

function seconds(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 1800)) throw new InvalidArgumentError('It must be a number of seconds, up to 1800.')
  return value
}

function describe(type: CheckType): string {
  const keys = Object.entries(type.details.properties).map(([key, schema]) => `    ${key.padEnd(20)}${String(Reflect.get(schema, 'description'))}`)
  return [`${shortName(type)}: ${type.about}`, ...keys].join('\n')
}

async function tried(name: string, target: string, flags: Flags): Promise<number> {
  try {
    const { forbidTargets } = await readConfig({ flags: { forbidTargets: flags.forbidTargets }, env: process.env, file: process.env.VEDETTE_SETTINGS })
    const type = typeOf(name)
    const result = await look(type, target, flags, forbidTargets)
    console.log(flags.json === true ? JSON.stringify({ type: type.type, ...result }) : picture(result))
    return result.cannot === true ? 2 : result.available ? 0 : 1
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`vedette check run: ${error.message}`)
    return 2
  }
}

function typeOf(name: string): CheckType {
  const type = runnable.find((one) => one.type === name || shortName(one) === name)
  if (type === undefined) throw new UsageError(`there is no check type "${name}"; there are ${runnable.map(shortName).join(', ')}`)
  return type
}

async function look(type: CheckType, target: string, flags: Flags, forbidden: readonly string[]): Promise<ProbeResult> {
  const { host, given } = split(type, target)
  const check: ProbedCheck = {
    id: 'chCommand', type: type.type, details: detailsOf(type, { ...given, ...flags.set }), timeout: flags.timeout, period: flags.timeout * 2,
    target_alias: null, target_hostname: host, target_resolver: flags.resolver ?? null,
  }
  const prober = systemProber({ clock: systemClock, resolver: systemResolver({ forbidden }), checkTypes })
  return prober.run({ ip_addresses: null }, check, { signal: new AbortController().signal })
}

/** The host of a target, and what else the target says of the details. */
function split(type: CheckType, target: string): { readonly host: string; readonly given: Readonly<Record<string, string>> } {
  if ('url' in type.details.properties) {
    const url = URL.parse(target)
    if (url === null || url.hostname === '') throw new UsageError(`"${target}" is not a URL`)
    return { host: url.hostname.replace(/^\[|\]$/g, ''), given: { url: target } }
  }
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(target) ?? []
  return { host: bracketed ?? plain ?? target, given: port === undefined ? {} : { port } }
}

/** Details as the API would take them: numbers and truth values from text, defaults filled in. */
function detailsOf(type: CheckType, texts: Readonly<Record<string, string>>): ProbedCheck['details'] {
  const schema = type.details
  const raw: Record<string, unknown> = {}
  for (const [key, text] of Object.entries(texts)) {
    const [outer = key, inner] = key in schema.properties ? [key] : key.split(/\.(.*)/s)
    if (!(outer in schema.properties)) throw new UsageError(`${type.type} has no detail "${outer}"; it has ${Object.keys(schema.properties).join(', ')}`)
    const inside = raw[outer]
    raw[outer] = inner === undefined ? text : { ...(typeof inside === 'object' ? inside : {}), [inner]: text }
  }
  const details = Default(schema, Convert(schema, raw))
  const [wrong] = Errors(schema, details)
  if (!Check(schema, details)) throw new UsageError(wrong === undefined ? 'the details do not fit' : `${wrong.instancePath.slice(1).replaceAll('/', '.') || 'details'} ${wrong.message}`)
  const problem = type.problem?.(details)
  if (problem !== undefined) throw new UsageError(`${problem.key} ${problem.message}`)
  return details
}
