import type { LedgerEntry } from '../core/alarm-row.ts'
import { timeUuid } from '../core/entities/ids.ts'
import type { Alarm, Check, Entity, Notification } from '../core/entities/resources.ts'
import type { Observation } from '../core/observation.ts'
import type { Random } from '../contracts/random.ts'
import { messageOf, type MessageDeps } from './delivery-message.ts'
import { send, type SendDeps } from './send.ts'

export interface TestNotificationDeps extends SendDeps, MessageDeps { readonly random: Random }
/** In the reference's words (section 18). */
export interface TestNotificationResult { readonly status: 'success' | 'error'; readonly message: string }

/** A person waits for the answer. */
const timeout = 10_000

/** Sends a test message once, now. Nothing is stored; the details may be plain or sealed. */
export async function testNotification(deps: TestNotificationDeps, tenant: string, notification: Pick<Notification, 'id' | 'label' | 'type' | 'details'>, signal: AbortSignal): Promise<TestNotificationResult> {
  const entry = sample(tenant, deps.clock.now(), deps.random)
  const message = await messageOf(deps, entry, `test:${entry.id}:${notification.id}`, true)
  const outcome = await send(deps, notification, message, timeout, signal)
  return { status: outcome.kind === 'delivered' ? 'success' : 'error', message: outcome.message }
}

/** Says OK, because a receiver may act on what it gets: nothing is failed over for a test. */
function sample(tenant: string, at: number, random: Random): LedgerEntry {
  const key = { tenant, entity: 'enTestTest', alarm: 'alTestTest' }
  const id = timeUuid(at, 0, random.bytes(10))
  const status = 'This is a test message; nothing happened.'
  return {
    key, id, at, status, check: 'chTestTest', version: 1, kind: 'state', state: 'OK', previousState: 'OK', reason: 'somebody asked for a test',
    zone: null, decisionId: id, generation: 1, inputs: null, plan: null, suppressedBy: [], notifications: [], trace: `test-${id}`,
    context: { entity: entity(at), check: check(at), alarm: alarm(at), observation: observation(tenant, at, status) },
  }
}

const stamps = (at: number) => ({ metadata: null, created_at: at, updated_at: at })

const entity = (at: number): Entity => ({
  id: 'enTestTest', label: 'Test entity', agent_id: null, ip_addresses: { default: '192.0.2.1' }, managed: false, uri: null, ...stamps(at),
})

const check = (at: number): Check => ({
  id: 'chTestTest', entity_id: 'enTestTest', type: 'remote.http', label: 'Test check', details: { url: 'http://example.com/' }, disabled: false, period: 60, timeout: 30,
  monitoring_zones_poll: [], target_alias: 'default', target_hostname: null, target_resolver: null, confirm: true, ...stamps(at),
})

const alarm = (at: number): Alarm => ({
  id: 'alTestTest', entity_id: 'enTestTest', check_id: 'chTestTest', notification_plan_id: 'npTestTest', criteria: null, disabled: false, label: 'Test alarm', ...stamps(at),
})

const observation = (tenant: string, at: number, status: string): Observation => ({
  tenant, entity: 'enTestTest', check: 'chTestTest', zone: 'test', slot: at, kind: 'test', boot: 'test', sequence: 0, at, receivedAt: at, available: true, status,
  metrics: { duration: { type: 'I', value: 42, unit: 'milliseconds' }, code: { type: 's', value: '200', unit: 'unknown' } },
  target: '192.0.2.1', startDelay: 0, lag: 0, stressed: null, trace: 'test',
})
