import type { ChangeContext, LedgerEntry } from '../alarm-row.ts'
import type { Account } from '../entities/resources.ts'

/** What a notification says; built from the ledger entry alone, so that every attempt says the same. */
export interface Message {
  /** `alarm:version:notification[:step]`, the same for every attempt */
  readonly key: string
  readonly entry: LedgerEntry
  readonly account: Pick<Account, 'id' | 'webhook_token'>
  /** zone id → label */
  readonly zones: Readonly<Record<string, string>>
  /** where a person finds this change in the console; null when no address is configured */
  readonly link: string | null
  /** true for test-notification */
  readonly test: boolean
}

/** What was watched: the host name, or the address behind the alias; null for checks that report by themselves. */
export function targetOf(context: ChangeContext | null): string | null {
  if (context === null || isOwnReport(context.check.type)) return null
  const { check, entity, observation } = context
  if (check.target_hostname !== null) return check.target_hostname
  const address = check.target_alias === null ? undefined : entity.ip_addresses?.[check.target_alias]
  return address ?? observation?.target ?? null
}

/** The time of what triggered the change; a change that came from silence has only its own. */
export function observedAt(entry: LedgerEntry): number {
  return entry.context?.observation?.at ?? entry.at
}

/** Agents and heartbeats report by themselves and from no zone; their votes carry the category in the zone's place. */
export const isZone = (zone: string): boolean => zone !== 'agent' && zone !== 'heartbeat'
const isOwnReport = (type: string) => type.startsWith('agent.') || type === 'heartbeat'
