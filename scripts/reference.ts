import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { allChannels } from '../src/adapters/channels/index.ts'
import { checkTypes } from '../src/adapters/checks/index.ts'
import type { Channel } from '../src/contracts/channel.ts'
import type { CheckType, MetricFacts } from '../src/contracts/check-type.ts'
import { retryDefaults } from '../src/core/routing/retry.ts'
import { defaultText, flagName, keyName, settings } from '../src/program/config.ts'
import { familyTable } from '../src/program/metric-families.ts'
import { detailRows } from './reference/details.ts'
import { code, table } from './reference/markdown.ts'

/** Pages that are made of the registries and tables of the code, by their names in docs/reference: `npm run reference` writes them. */
export const referenceFolder: string = fileURLToPath(new URL('../docs/reference', import.meta.url))

export function referencePages(): Readonly<Record<string, string>> {
  return { 'check-types.md': checkTypesPage(), 'channels.md': channelsPage(), 'settings.md': settingsPage(), 'metrics.md': metricsPage() }
}

const page = (title: string, source: string, ...parts: readonly string[]): string => [`<!-- Generated from ${source} by \`npm run reference\`. -->`, `# ${title}`, ...parts].join('\n\n') + '\n'

const byType = (a: { readonly type: string }, b: { readonly type: string }): number => (a.type < b.type ? -1 : 1)

function checkTypesPage(): string {
  return page('Check types', 'the registry in `src/adapters/checks/index.ts`',
    'What a check of each type is told in its `details`, and which metrics its observations have: the alarm language knows them as `metric[\'name\']`.\nA name that ends in `*` stands for several. The letters are the types of the API: `i` `I` `l` `L` whole numbers (signed and unsigned, of 32 and 64 bits),\n`n` a number, `s` text.',
    ...checkTypes.toSorted(byType).flatMap(checkType))
}

const reports: Readonly<Record<CheckType['category'], string>> = {
  remote: 'Run by pollers, from every zone that the check names.',
  agent: 'Reported from where it happens; no zone looks.',
  heartbeat: 'Run by nobody: a job reports by HTTP.',
}

function checkType({ type, about, category, details, secrets, metrics, consecutiveCount }: CheckType): readonly string[] {
  const times = consecutiveCount === 1 ? '' : ` An alarm changes after ${consecutiveCount} observations in a row unless its criteria say otherwise.`
  return [`## ${type}`, `${about}. ${reports[category]}${times}`, detailTable(details, secrets), metricTable(metrics)]
}

function detailTable(details: CheckType['details'], secrets: readonly string[]): string {
  const rows = detailRows(details, secrets)
  return rows.length === 0 ? 'It has no details.' : table(['detail', 'what may stand there', 'without it', ''], rows)
}

function metricTable(metrics: Readonly<Record<string, MetricFacts>>): string {
  return table(['metric', 'type', 'unit', ''], Object.entries(metrics).map(([name, { type, unit, about }]) => [code(name), code(type), unit === 'unknown' ? '' : unit, about]))
}

function channelsPage(): string {
  const channels = allChannels(null).toSorted(byType)
  return page('Channels', 'the registry in `src/adapters/channels/index.ts`',
    `Ways to reach somebody: the \`type\` of a notification, and its \`details\`. What fails is tried again for ${retryDefaults.expireAfter / 3_600_000} hours, at first within ${retryDefaults.first / 1000} s, later\nwithin ${retryDefaults.cap / 60_000} minutes.`,
    ...channels.flatMap(({ type, about, details, secrets }: Channel) => [`## ${type}`, `${about}.`, detailTable(details, secrets)]))
}

function settingsPage(): string {
  const all = Object.entries(settings).map(([name, setting]) => [
    'flag' in setting ? code(flagName(setting)) : '–', code(setting.env), code(keyName(setting, name)), code(defaultText(setting)), setting.about,
  ])
  return page('Settings', 'the table in `src/program/config.ts`',
    'Each can be a flag of `vedette start` (`npm start -- …`), an environment variable, or a key of the YAML file that `--settings` or `VEDETTE_SETTINGS`\nnames. A flag wins over the environment, which wins over the file. Secrets have no flag, because flags show in lists of processes.',
    table(['flag', 'environment', 'key', 'default', ''], all))
}

function metricsPage(): string {
  return page('Metrics about Vedette itself', 'the table in `src/program/metric-families.ts`',
    '`GET /metrics` answers in the text format of Prometheus. Counters begin at 0 with the process.',
    table(['name', 'type', 'labels', ''], familyTable.map(({ name, type, labels, help }) => [code(name), type, labels.map(code).join(', '), help])))
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(referencePages())) await writeFile(join(referenceFolder, name), text)
}
