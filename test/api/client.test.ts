import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OriginalClient, ServiceError } from './original-client.ts'
import { startTestServer, tenant } from './server.ts'

const http = { type: 'remote.http', label: 'www', details: { url: 'http://www.example.com/', body: 'Kids' }, monitoring_zones_poll: ['mzone', 'mztwo'], timeout: 30, period: 60, target_hostname: 'www.example.com' }
const criteria = 'if (metric[\'code\'] != \'200\') { return new AlarmStatus(CRITICAL, \'answers #{code}\'); }\nreturn new AlarmStatus(OK, \'fine\');'
const sorted = (ids: readonly (string | undefined)[]) => ids.map(String).toSorted((a, b) => (a < b ? -1 : 1))
const refused = (status: number, type: string) => (error: unknown) => error instanceof ServiceError && error.status === status && error.type === type

test('a client of the original creates, lists, pages, updates, tests and deletes everything', async (t) => {
  await using server = await startTestServer()
  const client = await OriginalClient.signIn(server.url, 'admin', server.key)
  const gone = (path: string) => assert.rejects(client.get(path), refused(404, 'notFoundError'))

  await t.test('account and limits', async () => {
    const { id } = await client.get('/account')
    assert.match(String(id), /^ac[A-Za-z0-9]{8}$/)
    await client.update('/account', { metadata: { key: 'aValue' }, webhook_token: 'token12345' })
    assert.deepEqual(await client.get('/account'), { id, metadata: { key: 'aValue' }, webhook_token: 'token12345' })
    const limits = await client.get('/limits')
    assert.deepEqual(Object.keys(limits), ['resource', 'rate'])
  })

  const { entities: entity } = await client.create('/entities', { label: 'lb', ip_addresses: { public0_v4: '173.203.51.14' }, metadata: {}, agent_id: null, uri: null }, 'someone', 'because')
  const at = `/entities/${entity}`
  await t.test('entities, in pages', async () => {
    const more = await Promise.all(Array.from({ length: 6 }, (_, i) => client.create('/entities', { label: `entity ${i}` })))
    const all = await client.list('/entities', 3)
    assert.deepEqual(all.map((one) => one.id), sorted([entity, ...more.map((ids) => ids.entities)]))
    assert.deepEqual(await client.list('/entities'), all)
    for (const ids of more) await client.delete(`/entities/${ids.entities}`)
    await client.update(at, { label: 'balancer' }, 'someone', 'because')
    const shown = await client.get(at)
    assert.deepEqual({ ...shown, created_at: 0, updated_at: 0 }, {
      id: entity, label: 'balancer', ip_addresses: { public0_v4: '173.203.51.14' }, metadata: null, managed: false, uri: null, agent_id: null, created_at: 0, updated_at: 0,
      active_suppressions: [], scheduled_suppressions: [],
    })
    assert.ok(Number(shown.updated_at) >= Number(shown.created_at))
  })

  const { checks: check } = await client.create(`${at}/checks`, { ...http, target_receiver: 'IPv4' })
  await t.test('checks', async () => {
    const shown = await client.get(`${at}/checks/${check}`)
    for (const key of ['timeout', 'period', 'monitoring_zones_poll', 'target_alias', 'target_hostname', 'active_suppressions', 'confd_name']) assert.ok(key in shown, key)
    assert.deepEqual([shown.timeout, shown.period, shown.disabled], [30, 60, false])
    await assert.rejects(client.update(`${at}/checks/${check}`, { ...shown, target_alias: 'public0_v4' }), refused(400, 'badRequest'))
    await client.update(`${at}/checks/${check}`, { label: 'renamed', target_alias: 'public0_v4', period: '120' })
    const changed = await client.get(`${at}/checks/${check}`)
    assert.deepEqual([changed.label, changed.target_alias, changed.target_hostname, changed.period, changed.details], ['renamed', 'public0_v4', null, 120, shown.details])
    assert.deepEqual(await client.list(`${at}/checks`), [changed])
  })

  await t.test('check and notification types', async () => {
    const types = await client.list('/check_types')
    assert.ok(types.some((one) => one.id === 'remote.http'))
    assert.deepEqual(await client.get('/check_types/remote.http'), types.find((one) => one.id === 'remote.http'))
    assert.deepEqual((await client.get('/notification_types/webhook')).id, 'webhook')
    assert.ok((await client.list('/notification_types', 2)).length > 4)
  })

  await t.test('monitoring zones', async () => {
    const { private_monitoring_zones: zone } = await client.create('/monitoring_zones', { label: 'cellar', maximum_checks: 10, maximum_agents: 2 })
    assert.deepEqual((await client.list('/monitoring_zones')).map((one) => one.id), ['mzone', 'mztwo', zone])
    const shown = await client.get(`/monitoring_zones/${zone}`)
    assert.deepEqual([shown.label, shown.maximum_checks, shown.maximum_agents, shown.disabled, shown.metadata], ['cellar', 10, 2, false, null])
    await client.update(`/monitoring_zones/${zone}`, { label: 'attic' })
    assert.equal((await client.get(`/monitoring_zones/${zone}`)).label, 'attic')
    assert.deepEqual(Object.keys(await client.get('/monitoring_zones/mzone')), ['id', 'label', 'country_code', 'source_ips'])
    await client.delete(`/monitoring_zones/${zone}`)
    await gone(`/monitoring_zones/${zone}`)
  })

  const { notifications: notification } = await client.create('/notifications', { label: 'hook', type: 'webhook', details: { url: 'https://example.com/hook' } })
  const { notification_plans: plan } = await client.create('/notification_plans', { label: 'all', critical_state: [notification], warning_state: [notification], ok_state: [] })
  await t.test('notifications and plans', async () => {
    await client.update(`/notifications/${notification}`, { label: 'the hook' })
    assert.equal((await client.get(`/notifications/${notification}`)).label, 'the hook')
    assert.deepEqual((await client.list('/notifications')).map((one) => one.id), [notification])
    await client.update(`/notification_plans/${plan}`, { label: 'everybody', ok_state: [notification] })
    const shown = await client.get(`/notification_plans/${plan}`)
    assert.deepEqual([shown.label, shown.critical_state, shown.ok_state], ['everybody', [notification], [notification]])
    assert.deepEqual((await client.list('/notification_plans', 1)).map((one) => one.id), sorted(['npTechnicalContactsEmail', plan]))
    assert.ok(!('created_at' in await client.get('/notification_plans/npTechnicalContactsEmail')))
    await assert.rejects(client.delete(`/notifications/${notification}`), refused(403, 'forbiddenError'))
  })

  const { alarms: alarm } = await client.create(`${at}/alarms`, { check_id: check, criteria, notification_plan_id: plan, label: 'code' })
  await t.test('alarms', async () => {
    const shown = await client.get(`${at}/alarms/${alarm}`)
    assert.deepEqual([shown.check_id, shown.criteria, shown.entity_id, shown.disabled], [check, criteria, entity, false])
    await client.update(`${at}/alarms/${alarm}`, { ...shown, disabled: true })
    assert.equal((await client.get(`${at}/alarms/${alarm}`)).disabled, true)
    assert.deepEqual((await client.list(`${at}/alarms`)).map((one) => one.id), [alarm])
    await assert.rejects(client.create(`${at}/alarms`, { check_id: check, criteria: 'return OK;;', notification_plan_id: plan }), (error: unknown) => {
      assert.ok(error instanceof ServiceError && error.type === 'alarmParseError' && error.message === 'Failed to parse alarm')
      assert.deepEqual(Object.keys(Object(error.details)).slice(0, 6), ['input', 'error_position', 'error_line', 'error_column', 'error_token', 'message'])
      return true
    })
    await assert.rejects(client.delete(`/notification_plans/${plan}`), (error: unknown) => error instanceof ServiceError && error.message === `Notification plans cannot be removed while alarms are using it: ${alarm}`)
  })

  await t.test('tests, and a test\'s results as input of another', async () => {
    const results = await client.run(`${at}/test-check`, http) as readonly Record<string, unknown>[]
    assert.deepEqual(results.map((one) => one.monitoring_zone_id), ['mzone', 'mztwo'])
    assert.deepEqual(Object(results[0]?.metrics).code, { type: 's', data: '200', unit: 'unknown' })
    assert.deepEqual(await client.run(`${at}/checks/${check}/test`, ''), results)
    assert.deepEqual(await client.run(`${at}/test-alarm`, { criteria, check_data: results }), [{ timestamp: results[0]?.timestamp, state: 'OK', status: 'fine' }])
    const success = { status: 'success', message: 'Success: Webhook successfully executed' }
    assert.deepEqual(await client.run('/test-notification', { who: null, why: null, label: null, type: 'webhook', details: { url: 'https://example.com/' }, metadata: {} }), success)
    assert.deepEqual(await client.run(`/notifications/${notification}/test`, ''), success)
  })

  await t.test('views, changes, history and metrics, before anything has happened', async () => {
    const [line] = await client.list('/views/overview') as readonly { entity: { id: string }; checks: readonly { id: string }[]; alarms: readonly { id: string }[]; latest_alarm_states: readonly unknown[] }[]
    assert.deepEqual([line?.entity.id, line?.checks[0]?.id, line?.alarms[0]?.id, line?.latest_alarm_states], [entity, check, alarm, []])
    assert.equal((await client.list('/views/latest_alarm_states'))[0]?.entity_label, 'balancer')
    assert.deepEqual(await client.list('/changelogs/alarms'), [])
    assert.deepEqual(await client.get(`${at}/alarms/${alarm}/notification_history`), { check_ids: [check] })
    assert.deepEqual(await client.list(`${at}/alarms/${alarm}/notification_history/${check}`), [])
    assert.deepEqual(await client.list(`${at}/checks/${check}/metrics`), [])
    assert.deepEqual(await client.list('/alarm_examples').then((all) => all.length), 18)
    assert.deepEqual(Object.keys(Object(await client.run('/alarm_examples/remote.http_body_match_1', { values: { string: '12345' } }))), ['bound_criteria'])
  })

  await t.test('and all goes again', async () => {
    await client.delete(`${at}/alarms/${alarm}`)
    await gone(`${at}/alarms/${alarm}`)
    const again = await client.create(`${at}/alarms`, { check_id: check, criteria, notification_plan_id: plan })
    await client.delete(`${at}/checks/${check}`)
    await gone(`${at}/alarms/${again.alarms}`)
    await client.delete(`/notification_plans/${plan}`)
    await client.delete(`/notifications/${notification}`)
    const other = await client.create(`${at}/checks`, http)
    await client.delete(at)
    await gone(`${at}/checks/${other.checks}`)
    assert.deepEqual([await client.list('/entities'), await client.list('/notifications')], [[], []])
    assert.ok(server.configured.includes(`${tenant}/${entity}`))
  })
})
