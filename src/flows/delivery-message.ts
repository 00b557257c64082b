import { mask } from '../core/routing/history.ts'
import { cut, oneLine } from '../core/routing/text.ts'
import type { ChangeContext, FrozenNotification, LedgerEntry } from '../core/alarm-row.ts'
import type { Message } from '../core/routing/message.ts'
import type { ConfigurationRepository } from '../contracts/configuration.ts'
import type { SecretBox } from '../contracts/secret-box.ts'

export interface MessageDeps {
  readonly configuration: ConfigurationRepository
  readonly secretBox: SecretBox
  /** where a person finds a change in the console */
  readonly link: (entry: LedgerEntry) => string | null
}

/** What a delivery says: the frozen entry, with the names and the webhook token that its tenant has now. */
export async function messageOf(deps: MessageDeps, entry: LedgerEntry, key: string, test = false): Promise<Message> {
  const { tenant } = entry.key
  const zones = entry.inputs?.votes.map((vote) => vote.zone) ?? []
  const [accounts, open, own] = await Promise.all([
    deps.configuration.list('account', { tenant }, { limit: 1 }),
    deps.configuration.list('monitoringZone', { tenant: '' }, { limit: 1000, ids: zones }),
    deps.configuration.list('monitoringZone', { tenant }, { limit: 1000, ids: zones }),
  ])
  return {
    key, test,
    entry: { ...entry, context: entry.context === null ? null : withoutSecrets(entry.context, deps.secretBox) },
    account: accounts.values[0]?.value ?? { id: tenant, webhook_token: null },
    zones: Object.fromEntries([...open.values, ...own.values].map(({ id, value }) => [id, value.label])),
    link: deps.link(entry),
  }
}

/** A check's passwords are not for its notifications' receivers, not even sealed. */
function withoutSecrets(context: ChangeContext, box: SecretBox): ChangeContext {
  return { ...context, check: { ...context.check, details: masked(context.check.details, box) } }
}

function masked(details: Readonly<Record<string, unknown>>, box: SecretBox): Record<string, unknown> {
  return Object.fromEntries(Object.entries(details).map(([key, value]) => {
    if (typeof value === 'string') return [key, box.isSealed(value) ? mask : value]
    return [key, isRecord(value) ? masked(value, box) : value]
  }))
}

/** The details as the channel needs them; throws when a seal is not ours. */
export function openDetails(details: FrozenNotification['notification']['details'], box: SecretBox): Record<string, unknown> {
  return Object.fromEntries(Object.entries(details).map(([key, value]) => [key, typeof value === 'string' && box.isSealed(value) ? box.open(value) : value]))
}

/** A receiver's answer may repeat what it was sent; no secret gets from there into a message, a log or the history. */
export function hideSecrets(message: string, details: Readonly<Record<string, unknown>>, keys: readonly string[]): string {
  const secrets = keys.flatMap((key) => forms(details[key])).filter((secret) => secret.length >= 4)
  return cut(oneLine(secrets.reduce((text, secret) => text.replaceAll(secret, '***'), message)), 500)
}

/** A secret URL is as secret without its host. */
function forms(secret: unknown): readonly string[] {
  if (typeof secret !== 'string') return []
  if (!URL.canParse(secret)) return [secret]
  const { pathname, search } = new URL(secret)
  return [secret, pathname + search, pathname, pathname.replace(/^\/+|\/+$/g, '')]
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
