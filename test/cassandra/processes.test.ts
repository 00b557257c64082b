import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { withoutCassandra } from '../../scripts/lab/cassandra.ts'
import { eventually } from '../../scripts/lab/eventually.ts'
import { startVedette, type Vedette } from '../../scripts/lab/vedette.ts'
import { selfIdsOf } from '../../src/program/self-entity.ts'
import { folder, run } from '../program/run.ts'
import { testKeyspace, type TestKeyspace } from './cluster.ts'

/** The program as several processes on one store, on a real Cassandra. */
const options = { skip: await withoutCassandra() }
const hour = 3_600_000
const preload = fileURLToPath(new URL('../faults/shifted-clock.ts', import.meta.url))
const key = 'a'.repeat(64)
let keyspace: TestKeyspace

before(async () => {
  if (options.skip === false) keyspace = await testKeyspace()
})
after(() => keyspace?.[Symbol.asyncDispose]())

const storeOf = ({ contactPoints, port, keyspace: name }: TestKeyspace['options']) => `cassandra://${contactPoints.join(',')}:${port}/${name}`

function begin(roles: string, node: string, more: Parameters<typeof startVedette>[0] = {}): Promise<Vedette> {
  const flags = ['--store', storeOf(keyspace.options), '--roles', roles, '--node', node, '--min-period', '1']
  return startVedette({ ...more, flags, env: { VEDETTE_SECRET_KEY: key, ...more?.env } })
}

interface State { readonly alarm_id: string; readonly state: string }
async function stateOf({ api }: Vedette, alarm: string): Promise<string | undefined> {
  const rows = await api.all<{ latest_alarm_states: readonly State[] }>('/views/latest_alarm_states?limit=1000')
  return rows.flatMap((row) => row.latest_alarm_states).find((one) => one.alarm_id === alarm)?.state
}

async function readiness({ url }: Vedette): Promise<{ readonly status: number; readonly problems: string }> {
  const answer = await fetch(`${url}/readyz`)
  const { problems } = await answer.json() as { problems: readonly string[] }
  return { status: answer.status, problems: problems.join() }
}

describe('several processes on one Cassandra', options, () => {
  test('begin at once, share one account, and watch their region through whichever lives', async () => {
    await using first = await begin('api,endpoint,notifier,sweeper', 'first')
    const others = await Promise.all([begin('api,console,endpoint', 'second'), begin('sweeper,endpoint', 'third')])
    await using second = others[0]
    await using third = others[1]
    const { alarm, check, entity } = selfIdsOf('dc1')
    await eventually('the region is well', async () => await stateOf(second, alarm) === 'OK')
    const account = await Promise.all([first, second].map(({ api }) => api.get<{ id: string }>('/account')))
    assert.equal(account[0]?.id, account[1]?.id)
    await Promise.all([first.kill(), third.kill()])
    const gone = Date.now()
    await eventually('the one that is left goes on watching', async () => {
      const { values } = await second.api.get<{ values: readonly { timestamp: number }[] }>(`/entities/${entity}/checks/${check}/metrics/up/plot?from=${gone}&to=${Date.now() + 1}&resolution=FULL`)
      return values.length > 0
    })
  })

  test('a process with another key does not begin', async () => {
    await using here = await folder()
    const { code, stderr } = await run(['start', '--store', storeOf(keyspace.options), '--port', '0', '--data', here.path], { env: { VEDETTE_SECRET_KEY: 'b'.repeat(64), VEDETTE_LOG_LEVEL: 'error' } })
    assert.match(stderr, /^vedette: VEDETTE_SECRET_KEY: is not the key with which this store's secrets are sealed[^\n]*\n$/)
    assert.equal(code, 2)
  })

  test('a process whose clock is set an hour ahead or behind says so, takes nothing in, and changes nothing; right again it goes on', async () => {
    await using right = await begin('api,endpoint,sweeper,notifier', 'right')
    for (const by of [hour, -hour]) {
      await using wrong = await begin('api,endpoint,sweeper,notifier,poller', `wrong${by}`, { nodeFlags: ['--import', preload], env: { CLOCK_JUMPS: `${by},${-by}` } })
      const entity = await right.api.create('/entities', { label: `seen ${by}`, ip_addresses: { here: '127.0.0.1' } })
      const job = await right.api.create(`/entities/${entity}/checks`, { type: 'heartbeat', period: 600, details: {} })
      const alarm = await right.api.create(`/entities/${entity}/alarms`, { check_id: job, notification_plan_id: 'npTechnicalContactsEmail' })
      const { heartbeat_url: address } = await right.api.get<{ heartbeat_url: string }>(`/entities/${entity}/checks/${job}`)
      const report = async ({ url }: Pick<Vedette, 'url'>, how = ''): Promise<Response> => {
        const answer = await fetch(url + new URL(address).pathname + how)
        if (answer.status !== 429) return answer
        // So soon after the one before.
        await sleep(200)
        return report({ url }, how)
      }
      assert.equal((await report(wrong)).status, 200)
      await eventually('it is heard', async () => await stateOf(right, alarm) === 'OK')
      wrong.process().kill('SIGHUP')
      await eventually('it says so', async () => (await readiness(wrong)).status === 503)
      assert.match((await readiness(wrong)).problems, /the clock of this machine is 3[56]\d\d(\.\d)? s (ahead of|behind) the store's/)
      const refused = await report(wrong, '/fail')
      assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1'])
      assert.equal((await report(right, '/fail')).status, 200)
      await eventually('another one takes it', async () => await stateOf(right, alarm) === 'CRITICAL')
      wrong.process().kill('SIGHUP')
      await eventually('it is right again', async () => (await readiness(wrong)).status === 200)
      assert.equal((await report(wrong)).status, 200)
      await eventually('it decides', async () => await stateOf(right, alarm) === 'OK')
      const { values } = await right.api.get<{ values: readonly { state: string }[] }>(`/changelogs/alarms?entityId=${entity}`)
      assert.deepEqual(values.map((one) => one.state).toSorted(), ['CRITICAL', 'OK', 'OK'])
    }
  })
})
