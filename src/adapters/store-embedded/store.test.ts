import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { systemClock } from '../system/clock.ts'
import { systemLog } from '../system/log.ts'
import { StoreUnavailable } from '../../contracts/errors.ts'
import type { Observation } from '../../core/observation.ts'
import { openEmbedded } from './index.ts'

const root = await mkdtemp(join(tmpdir(), 'vedette-store-'))
after(() => rm(root, { recursive: true }))
let count = 0
const fresh = () => join(root, `${count += 1}`)

const observation = (sequence: number): Observation => ({
  tenant: '100000', entity: 'enAAAAAAAA', check: 'chAAAAAAAA', zone: 'mzlocal', slot: 1000 * sequence, kind: 'scheduled', boot: 'boot',
  sequence, at: 1000 * sequence + 5, receivedAt: 0, available: true, status: `code=200,rt=0.${sequence}s`,
  metrics: { duration: { type: 'n', value: sequence / 8, unit: 'ms' }, code: { type: 's', value: '200', unit: '' } },
  target: '127.0.0.1', startDelay: 0.25, lag: 1, stressed: null, trace: `trace-${sequence}`,
})

test('what was acknowledged is there after closing and opening again', async () => {
  const directory = fresh()
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
})

test('a second opening of the same directory is refused, and says who has it', async () => {
  const directory = fresh()
  await using store = await openEmbedded({ directory, clock: systemClock, log: systemLog('warn') })
  assert.ok(store)
  await assert.rejects(openEmbedded({ directory, clock: systemClock, log: systemLog('warn') }), new RegExp(`in use by another process \\(pid ${process.pid}\\)`))
})

test('what a newer program wrote is refused, and left alone', async () => {
  const directory = fresh()
  const open = () => openEmbedded({ directory, clock: systemClock, log: systemLog('warn') })
  await (await open())[Symbol.asyncDispose]()
  const database = new DatabaseSync(join(directory, 'vedette.db'))
  database.exec('PRAGMA user_version = 99')
  await assert.rejects(open(), /written by a newer program: its layout is 99/)
  assert.equal(database.prepare('PRAGMA user_version').get()?.user_version, 99)
  database.close()
})

test('a store that is closed refuses, and a commit under way when it closes is still made', async () => {
  const directory = fresh()
  const open = () => openEmbedded({ directory, clock: systemClock, log: systemLog('silent') })
  const store = await open()
  await store.observations.append([observation(1)])
  const late = store.observations.append([observation(2)])
  await store[Symbol.asyncDispose]()
  await late
  const refused = (error: unknown) => error instanceof StoreUnavailable && error.outcome === 'not done'
  await assert.rejects(store.observations.append([observation(3)]), refused)
  await assert.rejects(store.outbox.due(0, 1), refused)
  await store[Symbol.asyncDispose]()
  await using again = await open()
  assert.equal((await again.observations.newest('chAAAAAAAA', 'mzlocal', 5)).length, 2)
})

test('when more waits than may, an append is refused at once', async () => {
  const directory = fresh()
  await using store = await openEmbedded({ directory, clock: systemClock, log: systemLog('silent'), waitingLimit: 1000 })
  const appends = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => store.observations.append([observation(i)])))
  const kept = appends.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []))
  assert.ok(kept.length > 0 && kept.length < 50, `${kept.length} were taken`)
  const stored = await Array.fromAsync(store.observations.range('chAAAAAAAA', 'mzlocal', 0, 1e9))
  assert.deepEqual(stored.map(({ sequence }) => sequence), kept)
})
