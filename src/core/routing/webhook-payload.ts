import type { ChangeContext, LedgerEntry, Vote } from '../alarm-row.ts'
import type { Metric } from '../alarm-language/types.ts'
import { isZone, observedAt, targetOf, type Message } from './message.ts'

/** The body of a webhook exactly as the reference has it (section 19): every key is there, even when it is null. */
export function webhookPayload({ entry, account }: Message) {
  return {
    event_id: eventId(entry, account.id),
    log_entry_id: entry.id,
    details: details(entry),
    entity: entityPart(entry.context),
    check: checkPart(entry.context),
    alarm: alarmPart(entry),
    tenant_id: entry.key.tenant,
  }
}

/** account:entity:alarm:check:bucket:STATE. The bucket repeats within a period, so this is no idempotency key. */
function eventId(entry: LedgerEntry, account: string): string {
  const period = (entry.context?.check.period ?? 1) * 1000
  const bucket = Math.floor(observedAt(entry) / period) * period
  return [account, entry.key.entity, entry.key.alarm, entry.check, bucket, entry.state].join(':')
}

function details(entry: LedgerEntry) {
  return {
    target: targetOf(entry.context),
    timestamp: observedAt(entry),
    metrics: Object.fromEntries(Object.entries(entry.context?.observation?.metrics ?? {}).map(([name, metric]) => [name, metricPart(metric)])),
    state: entry.state,
    previous_state: entry.previousState,
    status: entry.status,
    txn_id: entry.trace,
    collector_address_v4: null,
    collector_address_v6: null,
    observations: (entry.inputs?.votes ?? []).map((vote) => observationPart(vote, entry)),
  }
}

function metricPart({ type, value, unit }: Metric) {
  return { type, data: type === 's' ? String(value) : Number(value), unit }
}

/** A zone that is known to be down, or has been silent for too long to count, shows its last vote as that of a collector that is gone. */
function observationPart(vote: Vote, { inputs }: LedgerEntry) {
  const gone = inputs !== null && (inputs.rule.down.includes(vote.zone) || inputs.now - vote.seenAt > inputs.rule.freshFor)
  return {
    monitoring_zone_id: isZone(vote.zone) ? vote.zone : null,
    state: vote.state, status: vote.status, timestamp: vote.at, collectorState: gone ? 'DOWN' : 'UP',
  }
}

function entityPart(context: ChangeContext | null) {
  if (context === null) return null
  const { id, label, ip_addresses, metadata, managed, uri, agent_id, created_at, updated_at } = context.entity
  return { id, label, ip_addresses, metadata, managed, uri, agent_id, created_at, updated_at }
}

const neverSet = { confd_name: null, confd_hash: null, active_suppressions: null, scheduled_suppressions: null }

function checkPart(context: ChangeContext | null) {
  if (context === null) return null
  const { id, label, type, details: settings, monitoring_zones_poll, timeout, period, target_alias, target_hostname, target_resolver, disabled, metadata, created_at, updated_at } = context.check
  return {
    id, label, type, details: settings, monitoring_zones_poll, timeout, period, target_alias, target_hostname, target_resolver,
    disabled, metadata, ...neverSet, created_at, updated_at,
  }
}

function alarmPart({ context }: LedgerEntry) {
  if (context === null) return null
  const { id, label, check_id, entity_id, criteria, disabled, notification_plan_id, metadata, created_at, updated_at } = context.alarm
  return { id, label, check_id, entity_id, criteria, disabled, notification_plan_id, metadata, ...neverSet, created_at, updated_at }
}
