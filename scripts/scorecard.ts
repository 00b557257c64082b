import { writeFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { defaultWeights } from './scorecard/categories.ts'
import { scorecardPage } from './scorecard/page.ts'
import { WeightError, parseWeights } from './scorecard/parse-weights.ts'
import { asJson, asText } from './scorecard/report.ts'

interface Options {
  readonly weight: readonly string[]
  readonly json?: true
  readonly reasons?: true
  readonly page?: true
}

const misuse = 2

const command = new Command('scorecard')
  .description('Ranks the platforms that Vedette could have been built on, with weights of your own.')
  .addOption(new Option('--weight <category=number>', 'a weight, from 0 on; may be repeated')
    .argParser((word, words: readonly string[]) => [...words, word])
    .default([], 'as below'))
  .option('--json', 'print JSON')
  .option('--reasons', 'add the reason of every score')
  .option('--page', 'write docs/platform-scorecard.md, with the default weights')
  .addHelpText('after', `\nDefault weights: ${Object.entries(defaultWeights).map(([key, weight]) => `${key}=${weight}`).join(' ')}`)
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : misuse))
  .parse()

run(command.opts<Options>())

function run(options: Options): void {
  if (options.page) return writePage(options)
  try {
    const weights = parseWeights(options.weight)
    process.stdout.write(options.json ? asJson(weights, options.reasons === true) : asText(weights, options.reasons === true))
  } catch (error) {
    if (!(error instanceof WeightError)) throw error
    fail(error.message)
  }
}

function writePage(options: Options): void {
  if (options.weight.length > 0 || options.json || options.reasons) return fail('--page stands alone: the page shows the default weights, which scripts/scorecard/categories.ts holds.')
  writeFileSync(new URL('../docs/platform-scorecard.md', import.meta.url), scorecardPage())
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = misuse
}
