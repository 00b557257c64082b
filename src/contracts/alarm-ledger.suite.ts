import assert from 'node:assert/strict'
import fc from 'fast-check'
import { timeUuid } from '../core/entities/ids.ts'
import type { LedgerEntry } from '../core/alarm-row.ts'
import type { HistoryOptions } from './alarm-ledger.ts'
import { defineSuite, type TestedStore } from './define.suite.ts'
import { anAlarmKey as key, aVersion, anEntity, aCheck, anAlarm, anObservation } from './samples.suite.ts'

const uuid = (at: number, count = 0) => timeUuid(at, count, new Uint8Array(10).fill(count))

/** Fills a ledger with `count` versions, `at` 100 ms apart; every third is a vote only. */
async function fill({ store: { ledger } }: TestedStore, count: number, fields: Partial<LedgerEntry> = {}): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for (let version = 1; version <= count; version++) {
    const [row, entry] = aVersion(version, uuid(version * 100, version), { at: version * 100, kind: version % 3 === 0 ? 'vote' : 'state', ...fields })
    assert.equal(await ledger.commit(version - 1, row, entry), 'applied')
    entries.push(entry)
  }
  return entries
}

const everything: HistoryOptions = { from: 0, to: 1e15, limit: 1000 }
const versions = (entries: readonly { version: number }[]) => entries.map(({ version }) => version)

export const alarmLedgerSuite = defineSuite<TestedStore>('alarm ledger', {
  async 'a commit puts the row and its entry there together, whole'(tested) {
    const { ledger } = tested.store
    assert.equal(await ledger.read(key), undefined)
    assert.equal(await ledger.entry(key, 1), undefined)
    const context = { entity: anEntity({ id: 'en1' }), check: aCheck({ id: 'ch1' }), alarm: anAlarm({ id: 'al1' }), observation: anObservation(1) }
    const notifications = [{ notification: { id: 'nt1', label: 'me', type: 'email', details: { address: 'me@example.org' } }, step: 0 }]
    const inputs = { previous: { state: 'OK', lastKnown: 'OK' }, votes: [], rule: { level: 'QUORUM', zones: ['mzdfw'], consecutiveCount: 1, freshFor: 90_000, disabled: false, down: [], confirmAlone: true }, now: 5 } as const
    const [row, entry] = aVersion(1, 'd1', { context, notifications, inputs, status: 'ünïcödé ☃', suppressedBy: ['sp1'] })
    assert.equal(await ledger.commit(0, row, entry), 'applied')
    assert.deepEqual([await ledger.read(key), await ledger.entry(key, 1)], [row, entry])
    await tested.reopen()
    assert.deepEqual([await tested.store.ledger.read(key), await tested.store.ledger.entry(key, 1)], [row, entry])
  },

  async 'a commit applies only where the row stands at the expected version'(tested) {
    const { ledger } = tested.store
    assert.equal(await ledger.commit(1, ...aVersion(2, 'early')), 'conflict')
    await fill(tested, 3)
    for (const expected of [0, 1, 2, 4]) assert.equal(await ledger.commit(expected, ...aVersion(expected + 1, 'other')), 'conflict')
    assert.equal((await ledger.read(key))?.version, 3)
    assert.deepEqual(versions(await ledger.entries(key, 0, 10)), [1, 2, 3])
  },

  async 'of many commits at once from one version, one wins, and row and entry are its own'(tested) {
    const { ledger } = tested.store
    for (const expected of [0, 1, 2]) {
      const names = Array.from({ length: 20 }, (_, i) => `decision ${i}`)
      const results = await Promise.all(names.map((name) => ledger.commit(expected, ...aVersion(expected + 1, name))))
      assert.equal(results.filter((result) => result === 'applied').length, 1)
      const winner = names[results.indexOf('applied')]
      assert.deepEqual([(await ledger.read(key))?.decisionId, (await ledger.entry(key, expected + 1))?.decisionId], [winner, winner])
    }
  },

  async 'the same decision again is applied, once'(tested) {
    const { ledger } = tested.store
    await fill(tested, 1)
    assert.deepEqual(await Promise.all([1, 2, 3].map(() => ledger.commit(1, ...aVersion(2, 'd2')))), ['applied', 'applied', 'applied'])
    assert.equal(await ledger.commit(1, ...aVersion(2, 'd2')), 'applied')
    assert.equal((await ledger.read(key))?.version, 2)
    assert.deepEqual(versions(await ledger.entries(key, 1, 10)), [1, 2])
    assert.equal(await ledger.commit(1, ...aVersion(2, 'another')), 'conflict')
  },

  async 'entries are in order of versions, from inside'(tested) {
    await fill(tested, 7)
    const { ledger } = tested.store
    assert.deepEqual(versions(await ledger.entries(key, 1, 3)), [1, 2, 3])
    assert.deepEqual(versions(await ledger.entries(key, 5, 100)), [5, 6, 7])
    assert.deepEqual(await ledger.entries(key, 8, 10), [])
    assert.deepEqual(await ledger.entries({ ...key, alarm: 'al9' }, 0, 10), [])
    assert.equal((await ledger.entry(key, 3))?.version, 3)
  },

  async 'changes are the entries of kind state of a tenant, by time then id'(tested) {
    await fill(tested, 5)
    await fill(tested, 2, { key: { ...key, alarm: 'al2' } })
    await fill(tested, 2, { key: { ...key, entity: 'en2', alarm: 'al3' }, at: 400 })
    await fill(tested, 1, { key: { ...key, tenant: 'other' } })
    const { ledger } = tested.store
    const seen = async (options: Partial<HistoryOptions>) => (await ledger.changes(key.tenant, { ...everything, ...options })).values
    const all = await seen({})
    assert.deepEqual(all.map((entry) => `${entry.at} ${entry.key.alarm}`).sort(), ['100 al1', '100 al2', '200 al1', '200 al2', '400 al1', '400 al3', '400 al3', '500 al1'])
    const order = all.map(({ at, id }) => `${String(at).padStart(6)} ${id}`)
    assert.deepEqual(order, order.toSorted())
    assert.deepEqual(await seen({ reverse: true }), all.toReversed())
    assert.deepEqual((await seen({ from: 200, to: 400 })).map(({ at }) => at), [200, 200])
    assert.deepEqual((await seen({ entity: 'en2' })).map(({ version }) => `${version}`).sort(), ['1', '2'])
    assert.deepEqual(await seen({ from: 501 }), [])
  },

  async 'changes can be paged through, and each is met once'(tested) {
    await fill(tested, 30)
    const { ledger } = tested.store
    const { values: all } = await ledger.changes(key.tenant, everything)
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.boolean(), async (limit, reverse) => {
      const met: LedgerEntry[] = []
      for (let marker: string | null | undefined; marker !== null;) {
        const page = await ledger.changes(key.tenant, { ...everything, limit, reverse, ...(marker === undefined ? {} : { marker }) })
        assert.ok(page.values.length === limit || page.next === null)
        met.push(...page.values)
        marker = page.next
      }
      assert.deepEqual(met, reverse ? all.toReversed() : all)
    }), { numRuns: 12 })
  },

  async 'rows are the present rows of an entity, allRows those of a tenant, tombstones left out'(tested) {
    await fill(tested, 2)
    await fill(tested, 1, { key: { ...key, alarm: 'al2' } })
    await fill(tested, 1, { key: { ...key, entity: 'en2', alarm: 'al3' } })
    await fill(tested, 1, { key: { ...key, tenant: 'other' } })
    const look = async () => {
      const { ledger } = tested.store
      const rows = await ledger.rows(key.tenant, 'en1')
      const all = await Array.fromAsync(ledger.allRows(key.tenant))
      return [rows.map((row) => `${row.key.alarm}@${row.version}`).sort(), all.map((row) => row.key.alarm).sort()]
    }
    assert.deepEqual(await look(), [['al1@2', 'al2@1'], ['al1', 'al2', 'al3']])
    assert.equal(await tested.store.ledger.commit(2, ...aVersion(3, 'end', { kind: 'deleted', deleted: true })), 'applied')
    assert.deepEqual(await look(), [['al2@1'], ['al2', 'al3']])
    await tested.reopen()
    assert.deepEqual(await look(), [['al2@1'], ['al2', 'al3']])
    assert.equal((await tested.store.ledger.read(key))?.deleted, true)
    assert.equal(await tested.store.ledger.commit(0, ...aVersion(1, 'again')), 'conflict')
  },

  async 'what was handed in may change afterwards without changing what is stored'(tested) {
    const [row, entry] = aVersion(1, 'd1')
    const kept = structuredClone([row, entry])
    const done = tested.store.ledger.commit(0, row, entry)
    Object.assign(row, { status: 'changed' })
    Object.assign(entry, { status: 'changed' })
    await done
    assert.deepEqual([await tested.store.ledger.read(key), await tested.store.ledger.entry(key, 1)], kept)
  },

  async 'whatever is tried in whatever order, versions have no gap and entries are what was applied'(tested) {
    let run = 0
    await fc.assert(fc.asyncProperty(fc.array(fc.record({ back: fc.nat(2), reopen: fc.nat(9), together: fc.integer({ min: 1, max: 3 }) }), { maxLength: 20 }), async (steps) => {
      const mine = { ...key, alarm: `al${run += 1}` }
      const won: string[] = []
      for (const [i, { back, reopen, together }] of steps.entries()) {
        const expected = Math.max(0, won.length - back)
        const tries = Array.from({ length: together }, (_, j) => `${i}.${j}`)
        const results = await Promise.all(tries.map((name) => tested.store.ledger.commit(expected, ...aVersion(expected + 1, name, { key: mine }))))
        won.push(...tries.filter((_, j) => results[j] === 'applied'))
        if (reopen === 0) await tested.reopen()
      }
      const entries = await tested.store.ledger.entries(mine, 1, 1000)
      assert.deepEqual(entries.map(({ decisionId, version }) => [decisionId, version]), won.map((name, j) => [name, j + 1]))
    }), { numRuns: 10 })
  },
})
