import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { checkTypes } from '../../adapters/checks/index.ts'
import { readScript, ScriptError } from '../../core/alarm-script/read.ts'
import { runScript } from '../../core/alarm-script/run.ts'
import { reasonOf } from '../plain.ts'

/** `vedette alarm test FILE…`: plays alarm scripts and tells what did not hold. Exit 0 all held, 1 something did not, 2 unreadable. */
export function registerAlarmTest(program: Command): void {
  program.command('alarm').description('work with alarm criteria')
    .command('test').description('play alarm scripts: what zones see, and what is expected')
    .argument('<file...>', 'scripts, see test/alarm-scripts for examples')
    .action(async (files: readonly string[]) => {
      let worst = 0
      for (const file of files) worst = Math.max(worst, await testFile(file))
      process.exitCode = worst
    })
}

async function testFile(file: string): Promise<number> {
  try {
    const script = readScript(await readFile(file, 'utf8'))
    const type = checkTypes.find((one) => one.type === script.type)
    const known = Object.fromEntries(Object.entries(type?.metrics ?? {}).map(([name, facts]) => [name, facts.type]))
    const result = runScript(script, known, type?.consecutiveCount)
    for (const problem of result.problems) console.log(`${file}: criteria line ${problem.line}, column ${problem.column}: ${problem.message}`)
    for (const failure of result.failures) console.log(`${file}:${failure.line}: ${failure.message}`)
    const good = result.problems.length + result.failures.length === 0
    console.log(`${good ? 'ok  ' : 'FAIL'} ${file}: ${result.expectations} expectations, ${result.history.length} ledger entries`)
    return good ? 0 : 1
  } catch (error) {
    if (!(error instanceof ScriptError) && !(error instanceof Error && 'code' in error)) throw error
    console.error(`${file}: ${reasonOf(error)}`)
    return 2
  }
}
