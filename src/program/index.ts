import { Command, CommanderError } from 'commander'
import { registerAlarmTest } from './commands/alarm-test.ts'
import { registerBackup } from './commands/backup.ts'
import { registerCa } from './commands/ca.ts'
import { registerCheckRun } from './commands/check-run.ts'
import { registerPoller } from './commands/poller.ts'
import { registerStart } from './commands/start.ts'
import { registerToken } from './commands/token.ts'
import { registerWhy } from './commands/why.ts'
import { ConfigError } from './config.ts'
import { version } from './facts.ts'

const program = new Command('vedette').description('Monitoring that people trust with their sleep').version(version).showHelpAfterError().exitOverride()
for (const register of [registerStart, registerCheckRun, registerAlarmTest, registerToken, registerWhy, registerBackup, registerPoller, registerCa]) register(program)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    console.error(error instanceof Error ? `vedette: ${error.message}` : error)
    process.exitCode = error instanceof ConfigError ? 2 : 1
  }
}
