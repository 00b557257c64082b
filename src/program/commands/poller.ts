import type { Command } from 'commander'
import { systemLog } from '../../adapters/system/log.ts'
import type { Log } from '../../contracts/log.ts'
import { defaultText } from '../config.ts'
import { reasonOf } from '../plain.ts'
import { pollerSettings, readPollerConfig, type PollerConfig } from '../poller-config.ts'
import type { RunningPoller } from '../run-poller.ts'
import { untilStopped } from '../until-stopped.ts'

/** `vedette poller`: the poller of one zone, in a process of its own, until SIGTERM or SIGINT, which drain and lose nothing. */
export function registerPoller(program: Command): void {
  const command = program.command('poller').description('run the checks of a monitoring zone, for endpoints elsewhere').showHelpAfterError('vedette poller --help tells all settings.')
  for (const setting of Object.values(pollerSettings)) command.option(setting.flag, `${setting.about} (${setting.env}${typeof setting.fallback === 'symbol' ? '' : `; default ${defaultText(setting)}`})`)
  command.action(async (flags: Record<string, string | undefined>) => run(readPollerConfig(flags, process.env)))
}

async function run(config: PollerConfig): Promise<void> {
  const log = systemLog(config.logLevel)
  const stopped = untilStopped(new AbortController())
  {
    await using poller = await started(config, log)
    log.info({ zone: config.zone, name: config.name, endpoints: config.endpoints.map(({ host, port }) => `${host}:${port}`), data: config.data, ...(poller.url === undefined ? {} : { url: poller.url }) }, 'up')
    log.info({ signal: await stopped }, 'stopping: finishing what runs')
  }
  log.info({}, 'stopped')
}

async function started(config: PollerConfig, log: Log): Promise<RunningPoller> {
  try {
    // Loaded only by who needs it: all other commands stay fast and small.
    const { runPoller } = await import('../run-poller.ts')
    return await runPoller(config, log)
  } catch (error) {
    throw new Error(`cannot start the poller: ${reasonOf(error)}`, { cause: error })
  }
}
