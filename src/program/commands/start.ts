import { join } from 'node:path'
import { writeHeapSnapshot } from 'node:v8'
import type { Command } from 'commander'
import { systemLog } from '../../adapters/system/log.ts'
import type { Log } from '../../contracts/log.ts'
import { ConfigError, defaultText, readConfig, settings, type Config } from '../config.ts'
import { codeOf, reasonOf } from '../plain.ts'
import { DataProblem, isShared } from '../open-store.ts'
import { start, type Running } from '../start.ts'
import { untilStopped } from '../until-stopped.ts'
import { announcement } from './announce.ts'

/** `vedette start`: everything in one process, until SIGTERM or SIGINT, which drain and lose nothing. */
export function registerStart(program: Command): void {
  const command = program.command('start').description('run everything in this process').showHelpAfterError('vedette start --help tells all settings.')
  for (const setting of Object.values(settings)) if ('flag' in setting) command.option(setting.flag, `${setting.about} (${setting.env}; default ${defaultText(setting)})`)
  command.option('--settings <file>', 'a YAML file whose keys are the flags\' names (VEDETTE_SETTINGS)')
  command.addHelpText('after', `\nIn the environment only:\n${Object.values(settings).filter((setting) => !('flag' in setting)).map((setting) => `  ${setting.env.padEnd(20)}  ${setting.about}`).join('\n')}`)
  command.action(async (flags: Record<string, string | undefined>) => {
    const config = await readConfig({ flags, env: process.env, file: flags.settings ?? process.env.VEDETTE_SETTINGS })
    await run(config)
  })
}

async function run(config: Config): Promise<void> {
  const log = systemLog(config.logLevel)
  const stop = new AbortController()
  const stopped = untilStopped(stop)
  // Before anything is said: whoever reads 'up' may send it.
  process.on('SIGUSR2', () => log.warn({ file: writeHeapSnapshot(join(config.data, `heap-${Date.now()}.heapsnapshot`)) }, 'wrote a heap snapshot'))
  {
    await using vedette = await started(config, log, stop.signal)
    log.info({ url: vedette.url, ...placeOf(config) }, 'up')
    // On standard error, so that the log stays JSON.
    console.error(announcement(config, vedette.url, vedette.credentials))
    log.info({ signal: await stopped }, 'stopping: finishing what runs')
  }
  log.info({}, 'stopped')
}

function placeOf(config: Config) {
  const { data, region, roles, zones } = config
  const polled = roles.includes('poller') ? { zones } : {}
  return isShared(config) ? { region, roles, ...polled } : { ...polled, data }
}

/** Starts, or says in one line what the operator has to change; an error that nobody foresaw leaves its stack in the log. */
async function started(config: Config, log: Log, stop: AbortSignal): Promise<Running> {
  try {
    return await start(config, log, stop)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const problem = problemOf(error, config)
    if (problem === undefined) log.error({ error: error instanceof Error ? error.stack : String(error) }, 'could not start')
    throw new Error(problem ?? reasonOf(error), { cause: error })
  }
}

function problemOf(error: unknown, { host, port }: Config): string | undefined {
  const code = codeOf(error)
  if (error instanceof DataProblem) return error.message
  if (code === 'EADDRINUSE') return `port ${port} of ${host} is in use by another program; stop that, or choose another port with --port (VEDETTE_PORT)`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `cannot listen on ${host}: it is no address of this machine; choose another with --host (VEDETTE_HOST)`
  if (code === 'EACCES' && error instanceof Error && error.message.startsWith('listen')) return `may not listen on port ${port} of ${host}; choose a port from 1024 up with --port (VEDETTE_PORT)`
  return undefined
}
