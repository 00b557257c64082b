import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlarmRow, Delivery, LedgerEntry } from '../../src/core/alarm-row.ts'
import { timeUuid } from '../../src/core/entities/ids.ts'
import type { Observation } from '../../src/core/observation.ts'
import type { Metric } from '../../src/core/alarm-language/index.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import { ask, assertRefused, made } from './raw.ts'
import { startTestServer, tenant, type TestServer } from './server.ts'

const minute = 60_000
const now = Date.now()
const check = { type: 'remote.http', details: { url: 'http://x/' }, monitoring_zones_poll: ['mzone', 'mztwo'], target_hostname: 'x' }

async function entityWithCheck(server: TestServer) {
  const entity = await made(server, '/entities', { label: 'x', uri: 'urn:x', agent_id: 'host' })
  return { entity, check: await made(server, `/entities/${entity}/checks`, check), at: `/entities/${entity}` }
}

function observation(of: { entity: string; check: string }, zone: string, at: number, metrics: Readonly<Record<string, Metric>>): Observation {
  return { tenant, entity: of.entity, check: of.check, zone, slot: at, kind: 'scheduled', boot: 'b', sequence: at, at, receivedAt: at, available: true, status: 'ok', metrics, target: null, startDelay: 0, lag: 0, stressed: null, trace: '' }
}

const values = (json: Readonly<Record<string, unknown>>) => json.values as readonly Readonly<Record<string, unknown>>[]

test('metrics are listed with their zone and plotted as asked', async () => {
  await using server = await startTestServer()
  const of = await entityWithCheck(server)
  const base = Math.floor(now / 3_600_000) * 3_600_000 - 3_600_000
  const rows = Array.from({ length: 10 }, (_, i) => observation(of, 'mzone', base + i * minute, {
    duration: { type: 'I', value: i, unit: 'milliseconds' }, ratio: { type: 'n', value: i / 2, unit: '' }, code: { type: 's', value: i < 5 ? '200' : '503', unit: '' },
  }))
  await server.store.observations.append([...rows, observation(of, 'mztwo', base, { duration: { type: 'i', value: 7, unit: 'milliseconds' } })])
  const metrics = `${of.at}/checks/${of.check}/metrics`
  const listed = await ask(server, 'GET', metrics)
  assert.deepEqual(values(listed.json), [
    { name: 'mzone.code', unit: 'unknown', type: 'S' }, { name: 'mzone.duration', unit: 'milliseconds', type: 'L' }, { name: 'mzone.ratio', unit: 'unknown', type: 'D' },
    { name: 'mztwo.duration', unit: 'milliseconds', type: 'I' },
  ])
  assert.deepEqual(listed.json.metadata, { count: 4, limit: null, marker: null, next_marker: null, next_href: null })

  const plot = async (name: string, query: string) => values((await ask(server, 'GET', `${metrics}/${name}/plot?from=${base}&to=${base + 20 * minute}&${query}`)).json)
  assert.deepEqual(await plot('mzone.duration', 'resolution=min5'), [{ timestamp: base, average: 2, numPoints: 5 }, { timestamp: base + 5 * minute, average: 7, numPoints: 5 }])
  assert.deepEqual(await plot('mzone.duration', 'points=4&select=min,max&select=variance'), [{ timestamp: base, variance: 2, min: 0, max: 4, numPoints: 5 }, { timestamp: base + 5 * minute, variance: 2, min: 5, max: 9, numPoints: 5 }])
  assert.equal((await plot('mzone.duration', 'points=1000')).length, 10)
  assert.deepEqual(await plot('mztwo.duration', 'resolution=FULL&select=average&select=variance'), [{ timestamp: base, average: 7, variance: 0, numPoints: 1 }])
  assert.deepEqual((await plot('mzone.code', 'points=4')).map((point) => point.value), ['200', '503'])
  assert.deepEqual(await plot('mzone.nothing', 'points=4'), [])
  assertRefused(await ask(server, 'GET', `${of.at}/checks/ch00000000/metrics`), 'notFoundError', 'metrics of nothing')
})

test('a plot has at most 1440 points, and says where the rest begins', async () => {
  await using server = await startTestServer()
  const of = await entityWithCheck(server)
  const base = now - 3_600_000
  await server.store.observations.append(Array.from({ length: 1500 }, (_, i) => observation(of, 'mzone', base + i * 1000, { n: { type: 'i', value: i, unit: '' } })))
  const first = await ask(server, 'GET', `${of.at}/checks/${of.check}/metrics/mzone.n/plot?from=${base}&to=${now + 1}&resolution=FULL`)
  assert.equal(values(first.json).length, 1440)
  const metadata = first.json.metadata as { next_marker: string; next_href: string; limit: unknown }
  assert.deepEqual([metadata.next_marker, metadata.limit], [String(base + 1_440_000), null])
  const second = await ask(server, 'GET', metadata.next_href.slice(metadata.next_href.indexOf('/entities')))
  assert.deepEqual([values(second.json).length, values(second.json)[0]?.average, Object(second.json.metadata).next_marker], [60, 1440, null])
})

/** An alarm's row with state changes at the given times, alternating, as the deciding flow would have left them. */
async function recordChanges(server: TestServer, of: { entity: string; check: string }, alarm: string, times: readonly number[], notifications: LedgerEntry['notifications'], voted: readonly string[] = ['mzone', 'mztwo']) {
  const entries: LedgerEntry[] = []
  for (const [i, at] of times.entries()) {
    const state = i % 2 === 0 ? 'CRITICAL' as const : 'OK' as const
    const key = { tenant, entity: of.entity, alarm }
    const id = timeUuid(at, i, systemRandom.bytes(10))
    const shared = { key, check: of.check, version: i + 1, state, status: `status ${i}`, reason: 'because', zone: 'mzone', generation: 1, decisionId: id } as const
    const votes = voted.map((zone) => ({ zone, state, status: '', observation: '', at, seenAt: at, stressedRun: 0 }))
    const row: AlarmRow = { ...shared, lastKnown: state, votes, criteria: '', changedAt: at, changelogId: id, deleted: false }
    const entry: LedgerEntry = { ...shared, kind: 'state', id, at, previousState: i === 0 ? 'UNKNOWN' : state === 'OK' ? 'CRITICAL' : 'OK', inputs: null, context: null, plan: 'npOne', suppressedBy: i === 2 ? ['sp1'] : [], notifications, trace: `trace ${i}` }
    assert.equal(await server.store.ledger.commit(i, row, entry), 'applied')
    entries.push(entry)
  }
  return entries
}

test('changes and who was told of them: pages, ranges, both directions', async () => {
  await using server = await startTestServer()
  const of = await entityWithCheck(server)
  const other = await entityWithCheck(server)
  const plan = { check_id: of.check, notification_plan_id: 'npTechnicalContactsEmail' }
  const alarm = await made(server, `${of.at}/alarms`, plan)
  const otherAlarm = await made(server, `${of.at}/alarms`, plan)
  const sealed = { notification: { id: 'ntOne', label: 'hook', type: 'webhook', details: { url: 'https://x/', secret: 'sealed:v1:abc' } }, step: 0 }
  const times = [now - 8 * 86_400_000, now - 5 * minute, now - 4 * minute, now - 3 * minute]
  const entries = await recordChanges(server, of, alarm, times, [sealed])
  await recordChanges(server, of, otherAlarm, [now - 270_000], [])
  const strange = await recordChanges(server, other, await made(server, `${other.at}/alarms`, { ...plan, check_id: other.check }), [now - 2 * minute], [])
  const delivery: Delivery = { key: { tenant, entity: of.entity, alarm }, version: 2, notification: sealed.notification, step: 0, createdAt: now, status: 'waiting', dueAt: 0, claim: null, attempts: [], trace: '' }
  await server.store.outbox.enqueue(delivery)
  await server.store.outbox.claim({ ...delivery, notification: 'ntOne' }, 'me', 1, now + minute)
  await server.store.outbox.record({ ...delivery, notification: 'ntOne' }, 'me', { at: now, took: 5, outcome: 'delivered', message: 'Success: Webhook successfully executed', from: 'here' }, { status: 'delivered', dueAt: 0 })

  const ids = async (path: string) => values((await ask(server, 'GET', path)).json).map((one) => one.id)
  const [, second, third, fourth] = entries.map((entry) => entry.id)
  const own = `/changelogs/alarms?entityId=${of.entity}`
  const all = await ask(server, 'GET', '/changelogs/alarms')
  assert.equal(values(all.json).length, 5)
  assert.deepEqual(values(all.json)[0], { id: second, timestamp: times[1], entity_id: of.entity, alarm_id: alarm, check_id: of.check, state: 'OK', previous_state: 'CRITICAL', status: 'status 1', analyzed_by_monitoring_zone_id: 'mzone' })
  assert.equal((await ids(own)).length, 4)
  assert.equal((await ids(`${own}&reverse=True`))[0], fourth)
  assert.deepEqual(await ids(`${own}&from=${now - 9 * 86_400_000}&to=${now - 6 * 86_400_000}`), [entries[0]?.id])
  assert.ok(!(await ids(own)).includes(strange[0]?.id))
  const page = await ask(server, 'GET', `${own}&limit=2`)
  assert.equal(values(page.json).length, 2)
  const { next_marker: marker, next_href: href } = page.json.metadata as { next_marker: string; next_href: string }
  assert.equal((await ids(`${own}&marker=${marker}`))[0], marker)
  assert.equal((await ids(href.slice(href.indexOf('/changelogs')))).length, 2)

  const history = `${of.at}/alarms/${alarm}/notification_history`
  assert.deepEqual((await ask(server, 'GET', history)).json, { check_ids: [of.check] })
  assert.deepEqual(await ids(`${history}/${of.check}`), [second, third, fourth])
  const halves = await ask(server, 'GET', `${history}/${of.check}?limit=2&reverse=true`)
  assert.deepEqual(values(halves.json).map((one) => one.id), [fourth, third])
  assert.deepEqual(await ids(`${history}/${of.check}?reverse=true&marker=${Object(halves.json.metadata).next_marker}`), [second])
  const item = await ask(server, 'GET', `${history}/${of.check}/${second}`)
  assert.deepEqual(item.json, {
    id: second, timestamp: times[1], notification_plan_id: 'npOne', transaction_id: 'trace 1', status: 'status 1', state: 'OK', previous_state: 'CRITICAL',
    notification_results: [{
      notification_id: 'ntOne', notification_type: 'webhook', notification_details: { url: 'https://x/', secret: '********' }, in_progress: false, success: true,
      message: 'Success: Webhook successfully executed', attempts: [{ message: 'Success: Webhook successfully executed', from: 'here' }],
    }],
  })
  assert.match(JSON.stringify((await ask(server, 'GET', `${history}/${of.check}/${third}`)).json), /suppressed by sp1/)
  for (const path of [`${history}/ch00000000`, `${history}/${of.check}/${strange[0]?.id}`, `${history}/${of.check}/nonsense`]) assertRefused(await ask(server, 'GET', path), 'notFoundError', path)
})

test('views: by entity, uri and agent, with the latest states; silence is UNKNOWN', async () => {
  await using server = await startTestServer()
  const of = await entityWithCheck(server)
  await made(server, '/entities', { label: 'empty' })
  const alarm = await made(server, `${of.at}/alarms`, { check_id: of.check, notification_plan_id: 'npTechnicalContactsEmail', label: 'web' })
  const [entry] = await recordChanges(server, of, alarm, [now - 10 * minute], [])
  const state = async () => Object((await ask(server, 'GET', `/views/latest_alarm_states?entityId=${of.entity}`)).json.values)[0].latest_alarm_states[0]
  const expected = { timestamp: now - 10 * minute, entity_id: of.entity, alarm_id: alarm, check_id: of.check, analyzed_by_monitoring_zone_id: 'mzone', alarm_changelog_id: entry?.id, alarm_label: 'web' }
  assert.deepEqual(await state(), { ...expected, status: 'No fresh observations', state: 'UNKNOWN', previous_state: 'CRITICAL' })
  await server.store.observations.append(['mzone', 'mztwo'].map((zone) => observation(of, zone, Date.now(), {})))
  assert.deepEqual(await state(), { ...expected, status: 'status 0', state: 'CRITICAL', previous_state: 'UNKNOWN' })

  const entities = async (query: string) => values((await ask(server, 'GET', `/views/overview?${query}`)).json).map((one) => Object(one.entity).id)
  assert.equal((await entities('')).length, 2)
  assert.deepEqual(await entities('uri=urn:x&uri=urn:none'), [of.entity])
  assert.deepEqual(await entities('agentId=host'), [of.entity])
  assert.deepEqual(await entities(`entityId=${of.entity}&entityId=${of.entity}`), [of.entity])
  assertRefused(await ask(server, 'GET', '/views/overview?uri=urn:none'), 'notFoundError', 'no uri is known')
  const page = await ask(server, 'GET', '/views/overview?limit=1')
  assert.deepEqual([values(page.json).length, (await entities(`limit=1&marker=${Object(page.json.metadata).next_marker}`)).length], [1, 1])
})

test('views: a zone that is heard and has no vote is not silent, and where ALL is blind it is asked who is down', async () => {
  const asked: (readonly string[])[] = []
  await using server = await startTestServer({}, { zonesDown: async (silent) => {
    asked.push(silent)
    return []
  } })
  for (const level of ['QUORUM', 'ALL']) {
    const of = await entityWithCheck(server)
    const alarm = await made(server, `${of.at}/alarms`, { check_id: of.check, notification_plan_id: 'npTechnicalContactsEmail', criteria: `:set consistencyLevel=${level}\nreturn new AlarmStatus(OK);` })
    await recordChanges(server, of, alarm, [now - 10 * minute], [], ['mzone'])
    const state = async () => Object((await ask(server, 'GET', `/views/latest_alarm_states?entityId=${of.entity}`)).json.values)[0].latest_alarm_states[0].state
    await server.store.observations.append([observation(of, 'mzone', Date.now(), {})])
    assert.equal(await state(), 'UNKNOWN', level)
    assert.deepEqual(asked.splice(0), level === 'ALL' ? [['mztwo']] : [])
    await server.store.observations.append([observation(of, 'mztwo', Date.now(), {})])
    assert.equal(await state(), 'CRITICAL', level)
  }
})

test('test-alarm replays results, each zone with its own past', async () => {
  await using server = await startTestServer()
  const { at } = await entityWithCheck(server)
  const result = (zone: string | null, timestamp: number, data: unknown, available = true) => ({ timestamp, monitoring_zone_id: zone, available, status: available ? 'fine' : 'timeout', metrics: { n: { type: 'i', data } } })
  const replay = async (criteria: string | null, ...check_data: readonly unknown[]) => JSON.parse((await ask(server, 'POST', `${at}/test-alarm`, { criteria, check_data })).text)
  const rising = 'if (metric["n"] > previous(metric["n"])) { return new AlarmStatus(WARNING, "#{n}"); } return new AlarmStatus(OK, "#{n}");'
  assert.deepEqual(await replay(rising, result('a', 1, '1'), result('b', 2, 5), result('a', 3, '2'), result('b', 4, 4), result(null, 5, 9), result('a', 6, 0, false)), [
    { timestamp: 1, state: 'OK', status: '1' }, { timestamp: 3, state: 'WARNING', status: '2' }, { timestamp: 4, state: 'OK', status: '4' }, { timestamp: 6, state: 'CRITICAL', status: 'timeout' },
  ])
  assert.deepEqual(await replay(null, result('a', 1, 1)), [{ timestamp: 1, state: 'OK', status: 'fine' }])
  assert.deepEqual(await replay(rising), [])
  assert.equal((await replay('return new AlarmStatus(OK);', { available: true }))[0].state, 'OK')
  assertRefused(await ask(server, 'POST', `${at}/test-alarm`, { criteria: 'x', check_data: [] }), 'alarmParseError', 'criteria')
})

test('a tried check is given no more time than somebody would wait', async () => {
  const timeouts: number[] = []
  await using server = await startTestServer({ maxTestTimeout: 20 }, { lookout: { look: async (_zones, _entity, { timeout }) => {
    timeouts.push(timeout)
    return []
  } } })
  const { at } = await entityWithCheck(server)
  for (const timeout of [1799, 10]) assert.equal((await ask(server, 'POST', `${at}/test-check`, { ...check, period: 1800, timeout })).status, 200)
  assert.deepEqual(timeouts, [20, 10])
})
