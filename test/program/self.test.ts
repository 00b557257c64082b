import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../scripts/lab/eventually.ts'
import { startVedette, type Vedette } from '../../scripts/lab/vedette.ts'
import type { Check } from '../../src/core/entities/resources.ts'
import { selfIds } from '../../src/program/self-entity.ts'
import { folder } from './run.ts'

const path = `/entities/${selfIds.entity}/checks/${selfIds.http}`
const check = ({ api }: Vedette) => api.get<Pick<Check, 'details' | 'monitoring_zones_poll' | 'label'>>(path)

async function allWell({ api }: Vedette): Promise<boolean> {
  const rows = await api.all<{ latest_alarm_states: readonly { alarm_id: string; state: string }[] }>('/views/latest_alarm_states')
  const states = new Map(rows.flatMap((row) => row.latest_alarm_states).map(({ alarm_id: alarm, state }) => [alarm, state]))
  return states.get(selfIds.alarm) === 'OK' && states.get(selfIds.httpAlarm) === 'OK'
}

test('Vedette watches itself from the first start on, and at its new address and zones after another', async () => {
  await using here = await folder()
  {
    await using first = await startVedette({ data: here.path })
    await eventually('all is well', () => allWell(first))
    await first.api.update(path, { label: 'my own label', period: 5, timeout: 4 })
  }
  // On another port.
  await using second = await startVedette({ data: here.path, zones: ['mza', 'mzb'] })
  const { details, monitoring_zones_poll: zones, label } = await check(second)
  assert.deepEqual([details.url, zones, label], [`${second.url}/healthz`, ['mza', 'mzb'], 'my own label'])
  await eventually('all is well again', () => allWell(second))
})

test('what somebody made of it stays so', async () => {
  await using here = await folder()
  {
    await using first = await startVedette({ data: here.path })
    await first.api.update(path, { details: { url: 'http://elsewhere.example/' } })
  }
  {
    await using second = await startVedette({ data: here.path })
    assert.equal((await check(second)).details.url, 'http://elsewhere.example/')
    const answer = await fetch(`${second.api.base}/entities/${selfIds.entity}`, { method: 'DELETE', headers: { 'x-auth-token': second.api.token } })
    assert.equal(answer.status, 204)
  }
  await using third = await startVedette({ data: here.path })
  assert.deepEqual(await third.api.all('/entities'), [])
})
