import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../system/clock.ts'
import { systemLog } from '../system/log.ts'
import type { Observation } from '../../core/observation.ts'
import { openEmbedded } from './index.ts'

const observation = (sequence: number): Observation => ({
  tenant: '100000', entity: 'enAAAAAAAA', check: 'chAAAAAAAA', zone: 'mzlocal', slot: 1000 * sequence, kind: 'scheduled', boot: 'boot',
  sequence, at: 1000 * sequence + 5, receivedAt: 0, available: true, status: `code=200,rt=0.${sequence}s`,
  metrics: { duration: { type: 'n', value: sequence / 8, unit: 'ms' }, code: { type: 's', value: '200', unit: '' } },
  target: '127.0.0.1', startDelay: 0.25, lag: 1, stressed: null, trace: `trace-${sequence}`,
})

test('what was acknowledged is there after closing and opening again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'vedette-store-'))
  const open = () => openEmbedded({ directory, clock: systemClock, log: systemLog('warn') })
  {
    await using store = await open()
    await Promise.all([1, 2, 3].map((sequence) => store.observations.append([observation(sequence)])))
    assert.deepEqual(await store.observations.newest('chAAAAAAAA', 'mzlocal', 2), [observation(3), observation(2)])
  }
  await using store = await open()
  assert.deepEqual(await store.observations.newest('chAAAAAAAA', 'mzlocal', 5), [3, 2, 1].map(observation))
  assert.deepEqual(await Array.fromAsync(store.observations.range('chAAAAAAAA', 'mzlocal', 0, 2005)), [observation(1)])
  assert.equal((await Array.fromAsync(store.metrics.read({ check: 'chAAAAAAAA', zone: 'mzlocal', metric: 'duration' }, 0, 1e6, 'MIN5')))[0]?.average, 0.25)
  await rm(directory, { recursive: true })
})

test('a second opening of the same directory is refused, and says who has it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'vedette-store-'))
  await using store = await openEmbedded({ directory, clock: systemClock, log: systemLog('warn') })
  assert.ok(store)
  await assert.rejects(openEmbedded({ directory, clock: systemClock, log: systemLog('warn') }), new RegExp(`in use by another process \\(pid ${process.pid}\\)`))
})
