import type { Command } from 'commander'
import { openEmbedded } from '../../adapters/store-embedded/index.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { systemLog } from '../../adapters/system/log.ts'
import { ledgerView } from '../../roles/console/ledger.ts'
import type { LedgerView } from '../../roles/console/wire.ts'
import { readConfig, settings } from '../config.ts'
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
  const config = await readConfig({ flags: { data: options.data, tenant: options.tenant }, env: process.env })
  const view = url === undefined ? await fromStore(config.data, config.tenant, question) : await fromServer(url, options.token ?? process.env.VEDETTE_TOKEN ?? '', config.tenant, question)
  const entry = view?.entries.find((one) => (question.version === undefined ? one.kind === 'state' : one.version === question.version)) ?? (question.version === undefined ? view?.entries[0] : undefined)
  if (entry === undefined) return fail(`There is no ${text}${view === undefined ? '' : `; its newest version is ${view.version}`}`, 1)
  console.log(options.json === true ? JSON.stringify(entry, null, 2) : whyText(question.alarm, entry))
}

function fail(message: string, code: number): void {
  console.error(message)
  process.exitCode = code
}

async function fromStore(directory: string, tenant: string, { alarm, version }: Question): Promise<LedgerView | undefined> {
  await using store = await openEmbedded({ directory, clock: systemClock, log: systemLog('error') })
  for await (const row of store.ledger.allRows(tenant)) {
    if (row.key.alarm === alarm) return await ledgerView({ ...store, clock: systemClock }, row.key, 100, version === undefined ? undefined : version + 1)
  }
  return undefined
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
  const answer = await fetch(url, { headers: { 'x-auth-token': token } })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`)
  return answer.json()
}
