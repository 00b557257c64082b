import type { AlarmKey, AlarmRow, Delivery, LedgerEntry } from '../core/alarm-row.ts'
import type { Alarm, Check, Entity, Notification } from '../core/entities/resources.ts'
import type { Observation } from '../core/observation.ts'
import { suiteStart } from './define.suite.ts'

/** Whole values for tests, of which a test names only what matters to it. */
const stamps = { metadata: null, created_at: 1, updated_at: 1 }

export function anEntity(fields: Partial<Entity> & Pick<Entity, 'id'>): Entity {
  return { label: 'a server', agent_id: null, ip_addresses: { default: '127.0.0.1' }, managed: false, uri: null, ...stamps, ...fields }
}

export function aCheck(fields: Partial<Check> & Pick<Check, 'id'>): Check {
  return {
    entity_id: 'en1', type: 'remote.http', label: null, details: { url: 'http://127.0.0.1/' }, disabled: false, period: 30, timeout: 10,
    monitoring_zones_poll: ['mzdfw'], target_alias: 'default', target_hostname: null, target_resolver: null, confirm: true, ...stamps, ...fields,
  } as Check
}

export function anAlarm(fields: Partial<Alarm> & Pick<Alarm, 'id'>): Alarm {
  return { entity_id: 'en1', check_id: 'ch1', notification_plan_id: 'np1', criteria: null, disabled: false, label: null, ...stamps, ...fields }
}

export function aNotification(fields: Partial<Notification> & Pick<Notification, 'id'>): Notification {
  return { label: 'somebody', type: 'webhook', details: { url: 'http://127.0.0.1/hook' }, ...stamps, ...fields }
}

/** Observation number `sequence` of a check: a second apart, half a second late. */
export function anObservation(sequence: number, fields: Partial<Observation> = {}): Observation {
  return {
    tenant: '100000', entity: 'en1', check: 'ch1', zone: 'mzdfw', slot: suiteStart + sequence * 1000, kind: 'scheduled', boot: 'boot-1', sequence,
    at: suiteStart + sequence * 1000 + 500, receivedAt: suiteStart + sequence * 1000 + 600, available: true, status: 'code=200,rt=0.257s,bytes=0',
    metrics: { duration: { type: 'I', value: 257, unit: 'milliseconds' }, code: { type: 's', value: '200', unit: 'unknown' } },
    target: '127.0.0.1', startDelay: 0.5, lag: 0, stressed: null, trace: `trace-${sequence}`, ...fields,
  }
}

export const anAlarmKey: AlarmKey = { tenant: '100000', entity: 'en1', alarm: 'al1' }

/** Version `version` of an alarm, as row and entry; `decisionId` is both the decision and the entry's id. */
export function aVersion(version: number, decisionId: string, fields: Partial<LedgerEntry> & { deleted?: boolean } = {}): [row: AlarmRow, entry: LedgerEntry] {
  const { deleted = false, ...entryFields } = fields
  const entry: LedgerEntry = {
    key: anAlarmKey, check: 'ch1', version, kind: 'state', id: decisionId, at: version * 1000, state: 'OK', previousState: 'UNKNOWN', status: 'fine',
    reason: 'all zones agree', zone: 'mzdfw', decisionId, generation: 1, inputs: null, context: null, plan: 'np1', suppressedBy: [], notifications: [], trace: 'trace', ...entryFields,
  }
  const { key, check, state, status, reason, zone, generation } = entry
  const row: AlarmRow = {
    key, check, version, state, lastKnown: 'OK', status, reason, zone, votes: [{ zone: 'mzdfw', state: 'OK', status, observation: 'o', at: 1, seenAt: 2, stressedRun: 0 }],
    generation, criteria: 'c0ffee', decisionId, changedAt: entry.at, changelogId: entry.id, deleted,
  }
  return [row, entry]
}

export function aDelivery(fields: Partial<Delivery> & { id?: string } = {}): Delivery {
  const { id = 'nt1', ...rest } = fields
  return {
    key: anAlarmKey, version: 1, notification: { id, label: 'somebody', type: 'webhook', details: { url: 'sealed' } }, step: 0, createdAt: 1000,
    status: 'waiting', dueAt: 1000, claim: null, attempts: [], trace: 'trace', ...rest,
  }
}
