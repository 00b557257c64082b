import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { openEmbedded, type EmbeddedStore } from '../../adapters/store-embedded/index.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { systemLog } from '../../adapters/system/log.ts'
import { systemRandom } from '../../adapters/system/random.ts'
import { ledgerView } from '../../roles/console/ledger.ts'
import type { LedgerView } from '../../roles/console/wire.ts'
import { readConfig, settings, type Config } from '../config.ts'
import { isShared, openStore } from '../open-store.ts'
import { reasonOf } from '../plain.ts'
import { whyText } from './why-text.ts'

interface WhyOptions { readonly url?: string; readonly token?: string; readonly data?: string; readonly tenant?: string; readonly json?: boolean }
interface Question { readonly alarm: string; readonly version: number | undefined }

/** `vedette why ALARM[@VERSION]`: votes, inputs, decision and every delivery attempt. Exit 0 answered, 1 no such alarm, 2 usage. */
export function registerWhy(program: Command): void {
  program.command('why').description('tell why an alarm is what it is: votes, inputs, decision, deliveries')
    .argument('<alarm[@version]>', 'for example alAbCdEf12@7; without a version the last change of state')
    .option('--url <url>', 'a running server (environment: VEDETTE_URL); without it the data directory is opened')
    .option('--token <token>', 'a token for it (environment: VEDETTE_TOKEN)')
    .option(settings.data.flag, settings.data.about)
    .option(settings.tenant.flag, settings.tenant.about)
    .option('--json', 'as JSON')
    .action(why)
}

async function why(text: string, options: WhyOptions): Promise<void> {
  const match = /^(al[A-Za-z0-9]{8})(?:@(\d+))?$/.exec(text)
  if (match === null) return fail(`"${text}" is no alarm; write alAbCdEf12 or alAbCdEf12@7`, 2)
  const question = { alarm: match[1] ?? '', version: match[2] === undefined ? undefined : Number(match[2]) }
  const url = options.url ?? process.env.VEDETTE_URL
  const config = await readConfig({ flags: { data: options.data, tenant: options.tenant }, env: process.env, file: process.env.VEDETTE_SETTINGS })
  const view = url === undefined ? await fromStore(config, question) : await fromServer(url.replace(/\/$/, ''), options.token ?? process.env.VEDETTE_TOKEN ?? '', config.tenant, question)
  const entry = view?.entries.find((one) => (question.version === undefined ? one.kind === 'state' : one.version === question.version)) ?? (question.version === undefined ? view?.entries[0] : undefined)
  if (entry === undefined) return fail(`There is no ${text}${view === undefined ? '' : `; its newest version is ${view.version}`}`, 1)
  console.log(options.json === true ? JSON.stringify(entry, null, 2) : whyText(question.alarm, entry))
}

function fail(message: string, code: number): void {
  console.error(message)
  process.exitCode = code
}

async function fromStore(config: Config, { alarm, version }: Question): Promise<LedgerView | undefined> {
  const { data, host, port, tenant } = config
  await using store = isShared(config) ? await openStore(config, { clock: systemClock, random: systemRandom, log: systemLog('error') }) : await openExisting(data, `vedette why ${alarm} --url http://${host}:${port} --token TOKEN`)
  for await (const row of store.ledger.allRows(tenant)) {
    if (row.key.alarm === alarm) return await ledgerView({ ...store, clock: systemClock }, row.key, 100, version === undefined ? undefined : version + 1)
  }
  return undefined
}

/** A store that is there; a question makes none. While a server has it open, `instead` is the way. */
async function openExisting(directory: string, instead: string): Promise<EmbeddedStore> {
  try {
    await access(join(directory, 'vedette.db'))
  } catch (error) {
    throw new Error(`there is no data in ${directory}: ${reasonOf(error)}; name another directory with --data, or a running server with --url`, { cause: error })
  }
  try {
    return await openEmbedded({ directory, clock: systemClock, log: systemLog('error') })
  } catch (error) {
    throw new Error(`${reasonOf(error)}. To ask the running server instead: ${instead}`, { cause: error })
  }
}

async function fromServer(url: string, token: string, tenant: string, { alarm, version }: Question): Promise<LedgerView | undefined> {
  const entity = await entityOf(url, token, tenant, alarm)
  if (entity === undefined) return undefined
  const before = version === undefined ? '' : `&before=${version + 1}`
  const view = await ask(`${url}/v1.0/${tenant}/console/alarms/${entity}/${alarm}/ledger?limit=100${before}`, token)
  // The server is this program, of this version or near it: its answer is taken at its word.
  return view as LedgerView
}

async function entityOf(url: string, token: string, tenant: string, alarm: string): Promise<string | undefined> {
  let next: string | null = `${url}/v1.0/${tenant}/views/latest_alarm_states?limit=1000`
  while (next !== null) {
    // As above: the shape is fixed by the API v1.0.
    const page = await ask(next, token) as { values: { entity_id: string; latest_alarm_states: { alarm_id: string }[] }[]; metadata: { next_href: string | null } }
    const found = page.values.find((entity) => entity.latest_alarm_states.some((state) => state.alarm_id === alarm))
    if (found !== undefined) return found.entity_id
    next = page.metadata.next_href
  }
  return undefined
}

async function ask(url: string, token: string): Promise<unknown> {
  const answer = await reach(url, token)
  if (answer.status === 401) throw new Error(`${new URL(url).origin} does not know this token; give one with --token (VEDETTE_TOKEN)`)
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`)
  return answer.json()
}

async function reach(url: string, token: string): Promise<Response> {
  try {
    return await fetch(url, { headers: { 'x-auth-token': token } })
  } catch (error) {
    // fetch itself says only that it failed.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new Error(`cannot ask ${new URL(url).origin}: ${reasonOf(cause)}`, { cause: error })
  }
}
