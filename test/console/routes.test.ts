import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startTarget, startVedette, user, type RunningVedette } from './running.ts'

describe('the console\'s routes', () => {
  let vedette: RunningVedette
  before(async () => { vedette = await startVedette() })
  after(async () => { await vedette[Symbol.asyncDispose]() })

  const signed = { 'x-auth-token': user.token }
  const get = (path: string, headers: Readonly<Record<string, string>> = signed) => fetch(`${vedette.url}${path}`, { headers, redirect: 'manual' })
  const lines = async (path: string) => (await (await get(path)).text()).trim().split('\n').map((line): Record<string, unknown> => JSON.parse(line))

  test('data is for those who hold a token of the tenant', async () => {
    for (const path of ['overview', 'feed', 'checks/enA/chA', 'alarms/enA/alA/ledger']) {
      assert.equal((await get(`/v1.0/${user.tenant}/console/${path}`, {})).status, 401, path)
      assert.equal((await get(`/v1.0/${user.tenant}/console/${path}`, { 'x-auth-token': 'nobody' })).status, 401, path)
      assert.equal((await get(`/v1.0/200000/console/${path}`)).status, 403, path)
    }
    assert.equal((await get('/console/whoami', {})).status, 401)
    assert.deepEqual(await (await get('/console/whoami')).json(), { tenant: user.tenant, user: user.name, roles: ['monitoring:admin'] })
  })

  test('what is not there is said in the API\'s shape', async () => {
    const reply = await get(`/v1.0/${user.tenant}/console/checks/enA/chA`)
    assert.equal(reply.status, 404)
    assert.deepEqual(Object.keys(await reply.json() as object), ['type', 'code', 'message', 'details', 'txnId'])
    assert.equal((await get('/console/files/x/../../etc/passwd')).status, 404)
    assert.equal((await get('/console/files/x/src/program/start.ts')).status, 404)
  })

  test('the page is asked for anew each time and its files are kept for ever', async () => {
    const page = await get('/')
    assert.equal(page.headers.get('cache-control'), 'no-cache')
    assert.equal((await get('/', { 'if-none-match': page.headers.get('etag') ?? '' })).status, 304)
    const [, file = ''] = /src="([^"]+main\.ts)"/.exec(await page.text()) ?? []
    const kept = await get(file)
    assert.match(kept.headers.get('cache-control') ?? '', /immutable/)
    assert.equal((await get(file, { 'if-none-match': kept.headers.get('etag') ?? '' })).status, 304)
    const old = await get(file.replace(/files\/\w+/, 'files/0123'))
    assert.equal(old.headers.get('cache-control'), 'no-store')
  })

  test('the overview is a line an entity between its start and its end, and one entity alone can be asked for', async () => {
    await using target = await startTarget()
    const entity = String(await vedette.api('POST', 'entities', { label: 'site' }))
    await vedette.api('POST', `entities/${entity}/checks`, { type: 'remote.http', label: 'home', details: { url: target.url }, target_hostname: '127.0.0.1', monitoring_zones_poll: ['mzone'], period: 2, timeout: 1 })
    await vedette.api('POST', 'entities', { label: 'empty' })
    const all = await lines(`/v1.0/${user.tenant}/console/overview`)
    assert.deepEqual(all.map((line) => line.kind), ['start', 'entity', 'entity', 'end'])
    const some = await lines(`/v1.0/${user.tenant}/console/overview?entity=${entity}&entity=enGONE`)
    assert.deepEqual(some.map((line) => line.kind), ['start', 'entity', 'gone', 'end'])
    assert.equal(some[1]?.label, 'site')
  })

  test('the ledger tells whom it told, and no secret of theirs', async () => {
    await using target = await startTarget()
    target.answer = 503
    const notification = String(await vedette.api('POST', 'notifications', { label: 'hook', type: 'webhook', details: { url: target.url, secret: 'do not tell' } }))
    const plan = String(await vedette.api('POST', 'notification_plans', { label: 'plan', critical_state: [notification] }))
    const entity = String(await vedette.api('POST', 'entities', { label: 'down' }))
    const check = String(await vedette.api('POST', `entities/${entity}/checks`, { type: 'remote.http', details: { url: target.url, auth_user: 'u', auth_password: 'nor this' }, target_hostname: '127.0.0.1', monitoring_zones_poll: ['mzone'], period: 2, timeout: 1 }))
    const alarm = String(await vedette.api('POST', `entities/${entity}/alarms`, { check_id: check, notification_plan_id: plan, criteria: 'if (metric[\'code\'] == \'503\') { return new AlarmStatus(CRITICAL, \'down\'); }' }))
    const path = `/v1.0/${user.tenant}/console/alarms/${entity}/${alarm}/ledger`
    const told = await until(async () => {
      const text = await (await get(path)).text()
      return text.includes('"delivered"') ? text : undefined
    })
    assert.ok(told.includes('"hook"'))
    assert.ok(!/do not tell|nor this|sealed/.test(told))
    const newest = JSON.parse(told).entries[0].version
    const older = await (await get(`${path}?limit=1&before=${newest}`)).json() as { readonly entries: readonly { readonly version: number }[] }
    assert.deepEqual(older.entries.map((entry) => entry.version), [newest - 1])
  })

  test('the feed tells the time and what is seen', async () => {
    const reply = await get(`/v1.0/${user.tenant}/console/feed`)
    assert.match(reply.headers.get('content-type') ?? '', /^text\/event-stream/)
    let heard = ''
    // A reply to a GET has a body.
    for await (const part of reply.body!.pipeThrough(new TextDecoderStream())) {
      heard += part
      if (heard.includes('"kind":"observation"')) break
    }
    assert.match(heard, /^data: \[\{"kind":"heartbeat","now":\d+\}\]\n\n/)
  })
})

/** Asks again until there is an answer; the test's own limit ends it. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await new Promise((resolve) => { setTimeout(resolve, 100) })
  }
}
