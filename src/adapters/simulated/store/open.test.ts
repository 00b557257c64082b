import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailable } from '../../../contracts/errors.ts'
import type { AlarmRow, LedgerEntry } from '../../../core/alarm-row.ts'
import { simulatedClock } from '../clock.ts'
import { simulatedRandom } from '../random.ts'
import type { StoreFaults } from './line.ts'
import { openSimulatedStore } from './open.ts'

const key = { tenant: '1', entity: 'en1', alarm: 'al1' }

function version(number: number, decisionId: string): [AlarmRow, LedgerEntry] {
  const shared = { key, check: 'ch1', version: number, state: 'OK', status: '', reason: '', zone: null, generation: 1, decisionId } as const
  const row: AlarmRow = { ...shared, lastKnown: 'OK', votes: [], criteria: '', changedAt: 0, changelogId: null, deleted: false }
  const entry: LedgerEntry = { ...shared, kind: 'state', id: decisionId, at: 0, previousState: 'UNKNOWN', inputs: null, context: null, plan: null, suppressedBy: [], notifications: [], trace: '' }
  return [row, entry]
}

function open(faults: Partial<StoreFaults> = {}) {
  const clock = simulatedClock()
  return { clock, store: openSimulatedStore({ clock, random: simulatedRandom(7), faults }) }
}

const outcome = (wanted: StoreUnavailable['outcome']) => (error: unknown) => error instanceof StoreUnavailable && error.outcome === wanted

test('a commit whose answer is lost was applied, is applied later, or never', async () => {
  for (const [fate, soon, late] of [['now', 1, 1], ['later', undefined, 1], ['never', undefined, undefined]] as const) {
    const { clock, store } = open({ parked: [10_000, 20_000] })
    store.loseNext('ledger.commit', fate)
    await assert.rejects(clock.run(store.ledger.commit(0, ...version(1, 'a'))), outcome('unknown'))
    assert.equal((await store.ledger.read(key))?.version, soon, fate)
    await clock.advance(20_000)
    assert.equal((await store.ledger.read(key))?.version, late, fate)
  }
})

test('a parked commit loses against one that came from the same version before it', async () => {
  const { clock, store } = open({ parked: [10_000, 10_000] })
  store.loseNext('ledger.commit', 'later')
  await assert.rejects(clock.run(store.ledger.commit(0, ...version(1, 'a'))), outcome('unknown'))
  assert.equal(await store.ledger.commit(0, ...version(1, 'b')), 'applied')
  await clock.advance(60_000)
  assert.equal((await store.ledger.read(key))?.decisionId, 'b')
  assert.equal((await store.ledger.entries(key, 0, 10)).length, 1)
})

test('a store that is away refuses, and leaves what is under way unknown', async () => {
  const { clock, store } = open({ latency: [50, 50] })
  const underWay = assert.rejects(store.ledger.commit(0, ...version(1, 'a')), outcome('unknown'))
  await clock.advance(60)
  store.faults.unavailable = true
  await clock.run(underWay)
  await assert.rejects(clock.run(store.ledger.read(key)), outcome('not done'))
  store.faults.unavailable = false
  assert.equal((await clock.run(store.ledger.read(key)))?.version, 1)
})

test('a killed process hears nothing any more, and what it sent arrives', async () => {
  const { clock, store } = open({ latency: [50, 50] })
  const node = clock.node('a')
  const commit = store.process(node).ledger.commit(0, ...version(1, 'a'))
  await clock.settle()
  node.kill()
  await clock.advance(1000)
  assert.equal((await clock.run(store.ledger.read(key)))?.version, 1)
  assert.equal(await Promise.race([commit, Promise.resolve('silence')]), 'silence')
})

test('nobody shares memory with the store', async () => {
  const { store } = open()
  const [row, entry] = version(1, 'a')
  const mutable = { ...row, votes: [] as AlarmRow['votes'][number][] }
  await store.ledger.commit(0, mutable, entry)
  mutable.votes.push({ zone: 'z', state: 'OK', status: '', observation: '', at: 0, seenAt: 0, stressedRun: 0 })
  const read = await store.ledger.read(key)
  assert.deepEqual(read?.votes, [])
  assert.throws(() => Object.assign(read ?? {}, { state: 'CRITICAL' }), TypeError)
})

test('the history tells what took effect, in order, and when', async () => {
  const { clock, store } = open({ parked: [10_000, 10_000] })
  store.loseNext('ledger.commit', 'later')
  await assert.rejects(clock.run(store.ledger.commit(0, ...version(1, 'a'))))
  await clock.advance(20_000)
  await store.ledger.commit(1, ...version(2, 'b'))
  await store.ledger.commit(1, ...version(2, 'c'))
  assert.deepEqual(store.history.map((write) => [write.moment, write.kind === 'version' && write.row.decisionId]), [[10_000, 'a'], [22_000, 'b']])
})
