import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, change, changeOf, message } from '../../../test/delivery/change.ts'
import { webhookPayload } from './webhook-payload.ts'

test('the payload is the reference’s, key by key and in its order', () => {
  const entry = change()
  const body = JSON.stringify(webhookPayload(message(entry)))
  assert.equal(body, JSON.stringify({
    event_id: 'ac5rNRE5nk:enPUVwV0IL:alWusVry77:chUWmQjirR:1396741800000:CRITICAL',
    log_entry_id: entry.id,
    details: {
      target: 'www.example.com', timestamp: at,
      metrics: { tt_firstbyte: { type: 'I', data: 21196, unit: 'milliseconds' }, code: { type: 's', data: '502', unit: 'unknown' } },
      state: 'CRITICAL', previous_state: 'OK', status: 'HTTP 502', txn_id: 'trace-1', collector_address_v4: null, collector_address_v6: null,
      observations: [
        { monitoring_zone_id: 'mzlon', state: 'CRITICAL', status: 'HTTP 502', timestamp: at, collectorState: 'UP' },
        { monitoring_zone_id: 'mzord', state: 'OK', status: 'fine', timestamp: at - 47_000, collectorState: 'UP' },
      ],
    },
    entity: {
      id: 'enPUVwV0IL', label: 'web-1', ip_addresses: { default: '192.0.2.7' }, metadata: null, managed: false, uri: null, agent_id: null,
      created_at: 1396000000000, updated_at: 1396000000001,
    },
    check: {
      id: 'chUWmQjirR', label: 'website', type: 'remote.http', details: { url: 'http://www.example.com/' }, monitoring_zones_poll: ['mzlon', 'mzord'], timeout: 30, period: 60,
      target_alias: null, target_hostname: 'www.example.com', target_resolver: 'IPv4', disabled: false, metadata: null, confd_name: null, confd_hash: null,
      active_suppressions: null, scheduled_suppressions: null, created_at: 1396000000000, updated_at: 1396000000001,
    },
    alarm: {
      id: 'alWusVry77', label: 'is it up', check_id: 'chUWmQjirR', entity_id: 'enPUVwV0IL', criteria: 'return CRITICAL', disabled: false, notification_plan_id: 'npPlan',
      metadata: { team: 'web' }, confd_name: null, confd_hash: null, active_suppressions: null, scheduled_suppressions: null,
      created_at: 1396000000000, updated_at: 1396000000001,
    },
    tenant_id: '487439',
  }))
})

const targets: [name: string, entry: ReturnType<typeof change>, target: string | null][] = [
  ['the host name', change(), 'www.example.com'],
  ['the address behind the alias', changeOf({ check: { target_hostname: null, target_alias: 'default' } }), '192.0.2.7'],
  ['what was probed, when the alias is gone', changeOf({ check: { target_hostname: null, target_alias: 'public' } }), '203.0.113.9'],
  ['nothing for an agent', changeOf({ check: { type: 'agent.cpu' } }), null],
  ['nothing for a heartbeat', changeOf({ check: { type: 'heartbeat' } }), null],
]
for (const [name, entry, target] of targets) {
  test(`details.target is ${name}`, () => assert.equal(webhookPayload(message(entry)).details.target, target))
}

test('a check that reports by itself has one observation, from no zone', () => {
  const [vote] = change().inputs?.votes ?? []
  assert.ok(vote !== undefined)
  const entry = changeOf({ check: { type: 'agent.cpu' } }, { inputs: { ...change().inputs!, votes: [{ ...vote, zone: 'agent' }] } })
  assert.deepEqual(webhookPayload(message(entry)).details.observations.map((one) => one.monitoring_zone_id), [null])
})

test('a zone that is down or silent for too long is shown as a collector that is DOWN', () => {
  const inputs = change().inputs!
  const states = (entry: ReturnType<typeof change>) => webhookPayload(message(entry)).details.observations.map((one) => one.collectorState)
  assert.deepEqual(states(change({ inputs: { ...inputs, now: at + 100_000 } })), ['UP', 'DOWN'])
  assert.deepEqual(states(change({ inputs: { ...inputs, rule: { ...inputs.rule, down: ['mzlon'] } } })), ['DOWN', 'UP'])
})

test('a change that came from silence has no metrics and its own time', () => {
  const { details } = webhookPayload(message(changeOf({ observation: null }, { at: at + 5000, state: 'UNKNOWN' })))
  assert.deepEqual([details.metrics, details.timestamp, details.state], [{}, at + 5000, 'UNKNOWN'])
})
