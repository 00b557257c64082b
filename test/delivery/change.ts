import { timeUuid } from '../../src/core/entities/ids.ts'
import type { AlarmRow, ChangeContext, Delivery, FrozenNotification, LedgerEntry, Vote } from '../../src/core/alarm-row.ts'
import type { Message } from '../../src/core/routing/message.ts'

/** 2014-04-05T23:50:33.810Z, as in the reference's capture of a webhook. */
export const at = 1396741833810
const stamps = { created_at: 1396000000000, updated_at: 1396000000001 }
const key = { tenant: '487439', entity: 'enPUVwV0IL', alarm: 'alWusVry77' }

const context: ChangeContext = {
  entity: { id: key.entity, label: 'web-1', ip_addresses: { default: '192.0.2.7' }, metadata: null, managed: false, uri: null, agent_id: null, ...stamps },
  check: {
    id: 'chUWmQjirR', entity_id: key.entity, label: 'website', type: 'remote.http', details: { url: 'http://www.example.com/' }, monitoring_zones_poll: ['mzlon', 'mzord'],
    timeout: 30, period: 60, target_alias: null, target_hostname: 'www.example.com', target_resolver: 'IPv4', disabled: false, metadata: null, confirm: true, ...stamps,
  },
  alarm: {
    id: key.alarm, label: 'is it up', check_id: 'chUWmQjirR', entity_id: key.entity, criteria: 'return CRITICAL', disabled: false,
    notification_plan_id: 'npPlan', metadata: { team: 'web' }, ...stamps,
  },
  observation: {
    tenant: key.tenant, entity: key.entity, check: 'chUWmQjirR', zone: 'mzlon', slot: at, kind: 'scheduled', boot: 'b', sequence: 1, at, receivedAt: at, available: true,
    status: 'code=502', target: '203.0.113.9', startDelay: 0, lag: 0, stressed: null, trace: 'trace-1',
    metrics: { tt_firstbyte: { type: 'I', value: 21196, unit: 'milliseconds' }, code: { type: 's', value: '502', unit: 'unknown' } },
  },
}

const vote = (zone: string, state: Vote['state'], status: string, seconds: number): Vote => ({
  zone, state, status, observation: `o-${zone}`, at: at - seconds * 1000, seenAt: at - seconds * 1000, stressedRun: 0,
})

/** A change to CRITICAL with two zones, and whatever the test says instead. */
export function change(other: Partial<LedgerEntry> = {}): LedgerEntry {
  const votes = [vote('mzlon', 'CRITICAL', 'HTTP 502', 0), vote('mzord', 'OK', 'fine', 47)]
  const rule = { level: 'ONE', zones: ['mzlon', 'mzord'], consecutiveCount: 1, freshFor: 130_000, disabled: false, down: [], confirmAlone: false } as const
  return {
    key, check: 'chUWmQjirR', version: 7, kind: 'state', id: timeUuid(other.at ?? at, other.version ?? 7, new Uint8Array(10)), at, state: 'CRITICAL', previousState: 'OK', status: 'HTTP 502',
    reason: 'one zone is enough', zone: 'mzlon', decisionId: `d-${other.version ?? 7}`, generation: 2,
    inputs: { previous: { state: 'OK', lastKnown: 'OK' }, votes, rule, now: at }, context, plan: 'npPlan', suppressedBy: [], notifications: [], trace: 'trace-1', ...other,
  }
}

/** The same change of an alarm whose context the test changes. */
export function changeOf(edit: { check?: Partial<ChangeContext['check']>; entity?: Partial<ChangeContext['entity']>; alarm?: Partial<ChangeContext['alarm']>; observation?: null }, other: Partial<LedgerEntry> = {}): LedgerEntry {
  return change({
    ...other,
    context: {
      entity: { ...context.entity, ...edit.entity }, check: { ...context.check, ...edit.check }, alarm: { ...context.alarm, ...edit.alarm },
      observation: edit.observation === null ? null : context.observation,
    },
  })
}

export const frozen = (id: string, type: string, details: Record<string, unknown> = {}): FrozenNotification => ({ notification: { id, label: id, type, details }, step: 0 })

export function message(entry: LedgerEntry = change(), other: Partial<Message> = {}): Message {
  return { key: 'alWusVry77:7:ntOne', entry, account: { id: 'ac5rNRE5nk', webhook_token: 'token12345' }, zones: { mzlon: 'London (LON)', mzord: 'Chicago' }, link: null, test: false, ...other }
}

export function delivery(entry: LedgerEntry, to: FrozenNotification, other: Partial<Delivery> = {}): Delivery {
  return { key: entry.key, version: entry.version, ...to, createdAt: entry.at, status: 'waiting', dueAt: entry.at, claim: null, attempts: [], trace: entry.trace, ...other }
}

/** The alarm's row after this entry. */
export function rowOf(entry: LedgerEntry): AlarmRow {
  return {
    key: entry.key, check: entry.check, version: entry.version, state: entry.state, lastKnown: null, status: entry.status, reason: entry.reason, zone: entry.zone, votes: [],
    generation: entry.generation, criteria: '', decisionId: entry.decisionId, changedAt: entry.at, changelogId: entry.id, deleted: false,
  }
}
