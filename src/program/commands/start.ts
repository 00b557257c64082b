import { join } from 'node:path'
import { writeHeapSnapshot } from 'node:v8'
import type { Command } from 'commander'
import { systemLog } from '../../adapters/system/log.ts'
import { readConfig, settings, type Config } from '../config.ts'
import { start, type Running } from '../start.ts'

/** `vedette start`: everything in one process, until SIGTERM or SIGINT, which drain and lose nothing. */
export function registerStart(program: Command): void {
  const command = program.command('start').description('run everything in this process')
  for (const setting of Object.values(settings)) if ('flag' in setting) command.option(setting.flag, `${setting.about} (${setting.env}; default ${String(setting.fallback ?? 'none')})`)
  command.option('--settings <file>', 'a YAML file whose keys are the flags\' names (VEDETTE_SETTINGS)')
  command.addHelpText('after', `\nIn the environment only:\n${Object.values(settings).filter((setting) => !('flag' in setting)).map((setting) => `  ${setting.env}  ${setting.about}`).join('\n')}`)
  command.action(async (flags: Record<string, string | undefined>) => {
    const config = await readConfig({ flags, env: process.env, file: flags.settings ?? process.env.VEDETTE_SETTINGS })
    await run(config)
  })
}

async function run(config: Config): Promise<void> {
  const log = systemLog(config.logLevel)
  const stopped = untilStopped()
  {
    await using vedette = await start(config, log)
    announce(config, vedette)
    log.info({ url: vedette.url, zones: config.zones, data: config.data }, 'up')
    process.on('SIGUSR2', () => log.warn({ file: writeHeapSnapshot(join(config.data, `heap-${Date.now()}.heapsnapshot`)) }, 'wrote a heap snapshot'))
    log.info({ signal: await stopped }, 'stopping: finishing what runs')
  }
  log.info({}, 'stopped')
}

function untilStopped(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      resolve(signal)
      // A second signal does not wait.
      process.once(signal, () => process.exit(1))
    })
  }
  return promise
}

/** For people: where to look, and once what the first start generated. On standard error, so that the log stays JSON. */
function announce(config: Config, { url, credentials }: Running): void {
  const address = config.publicUrl ?? url
  if (credentials === null) {
    console.error(`\n  Vedette is up: ${address}\n`)
    return
  }
  console.error(`
  Vedette is up. This is its first start; the following is shown once:

    console    ${address}/#token=${credentials.token}
    user       ${config.adminUser}
    API key    ${credentials.key}
    token      ${credentials.token}
`)
}
