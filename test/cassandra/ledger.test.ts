import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { withoutCassandra } from '../../scripts/lab/cassandra.ts'
import { alarmLedger } from '../../src/adapters/store-cassandra/ledger.ts'
import type { Session } from '../../src/adapters/store-cassandra/session.ts'
import { defaultSettings } from '../../src/adapters/store-cassandra/settings.ts'
import { isConditional } from '../../src/adapters/store-cassandra/statement.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import type { AlarmLedger } from '../../src/contracts/alarm-ledger.ts'
import { StoreUnavailable } from '../../src/contracts/errors.ts'
import { aVersion, anAlarmKey as key } from '../../src/contracts/samples.suite.ts'
import type { DecisionInputs } from '../../src/core/alarm-row.ts'
import { timeUuid } from '../../src/core/entities/ids.ts'
import { meddledWith, testKeyspace, type TestKeyspace } from './cluster.ts'

/** An alarm's row and ledger where several processes, and answers that never come, meet on a real Cassandra. */
const options = { skip: await withoutCassandra() }
const lost = () => new StoreUnavailable('no answer in time', 'unknown')
const everything = { from: 0, to: 1e15, limit: 1000 }
let keyspace: TestKeyspace

before(async () => {
  if (options.skip === false) keyspace = await testKeyspace()
})
after(() => keyspace?.[Symbol.asyncDispose]())

const id = (decision: number) => timeUuid(decision * 1000, decision, new Uint8Array(10))

/** The ledger as one process has it. */
function process(session: Session = keyspace.session, settings = defaultSettings): AlarmLedger {
  return alarmLedger(session, { clock: systemClock, random: systemRandom }, settings)
}

async function versionsOf(ledger: AlarmLedger): Promise<readonly (readonly [version: number, decision: string])[]> {
  return (await ledger.entries(key, 0, 1000)).map(({ version, decisionId }) => [version, decisionId])
}

test('of twenty processes that decide at once, one wins each version, and no version is missing', options, async () => {
  await keyspace.empty()
  const processes = Array.from({ length: 20 }, () => process())
  const won: [number, string][] = []
  for (let version = 1; version <= 5; version++) {
    const results = await Promise.all(processes.map((ledger, i) => ledger.commit(version - 1, ...aVersion(version, `${version} by ${i}`))))
    assert.equal(results.filter((result) => result === 'applied').length, 1)
    won.push([version, `${version} by ${results.indexOf('applied')}`])
  }
  assert.deepEqual(await versionsOf(process()), won)
  assert.equal((await process().read(key))?.decisionId, won.at(-1)?.[1])
})

test('a commit that applied and whose answer was lost is applied, once', options, async () => {
  await keyspace.empty()
  let losses = 1
  const session = meddledWith(keyspace.session, async (statement, send) => {
    const answer = await send()
    if (isConditional(statement) && losses-- > 0) throw lost()
    return answer
  })
  assert.equal(await process(session).commit(0, ...aVersion(1, 'd1')), 'applied')
  assert.deepEqual(await versionsOf(process()), [[1, 'd1']])
})

test('a commit that waits in a coordinator never applies once another one from the same version has', options, async () => {
  await keyspace.empty()
  const parked: (() => Promise<unknown>)[] = []
  const parking = meddledWith(keyspace.session, async (statement, send) => {
    if (!isConditional(statement)) return send()
    parked.push(send)
    throw lost()
  })
  await assert.rejects(process(parking).commit(0, ...aVersion(1, 'parked')), { name: 'StoreUnavailable', outcome: 'unknown' })
  assert.equal(await process().read(key), undefined, 'reading says that it is not there, and settles nothing')
  assert.equal(await process().commit(0, ...aVersion(1, 'settling')), 'applied')
  assert.ok(parked.length > 1, 'it was tried more than once')
  for (const send of parked) await send()
  assert.deepEqual(await versionsOf(process()), [[1, 'settling']])
})

test('the danger: read back instead, and a parked commit applies after it was found missing', options, async () => {
  await keyspace.empty()
  const parked: (() => Promise<unknown>)[] = []
  const parking = meddledWith(keyspace.session, async (statement, send) => {
    if (!isConditional(statement)) return send()
    parked.push(send)
    throw lost()
  })
  await assert.rejects(process(parking).commit(0, ...aVersion(1, 'parked')))
  assert.equal(await process().read(key), undefined)
  for (const send of parked) await send()
  assert.deepEqual(await versionsOf(process()), [[1, 'parked']])
})

test('after an unknown outcome a refusal tells nothing', options, async () => {
  await keyspace.empty()
  let tried = 0
  const session = meddledWith(keyspace.session, async (statement, send) => {
    if (!isConditional(statement)) return send()
    tried += 1
    if (tried === 1) await send()
    throw new StoreUnavailable('no answer', tried === 1 ? 'unknown' : 'not done')
  })
  await assert.rejects(process(session).commit(0, ...aVersion(1, 'd1')), { outcome: 'unknown' })
  const refusing = meddledWith(keyspace.session, async (statement, send) => {
    if (isConditional(statement)) throw new StoreUnavailable('two of three regions are gone', 'not done')
    return send()
  })
  await assert.rejects(process(refusing).commit(1, ...aVersion(2, 'd2')), { outcome: 'not done' })
})

test('a decision that applied and was followed by others is still known as applied', options, async () => {
  await keyspace.empty()
  for (const version of [1, 2, 3]) await process().commit(version - 1, ...aVersion(version, `d${version}`))
  assert.deepEqual(await Promise.all([process().commit(0, ...aVersion(1, 'd1')), process().commit(1, ...aVersion(2, 'd2')), process().commit(1, ...aVersion(2, 'other'))]), ['applied', 'applied', 'conflict'])
})

test('a process that dies before its commit leaves no change behind, and one that dies after it leaves no hole', options, async () => {
  await keyspace.empty()
  const dying = (when: 'before' | 'after') => meddledWith(keyspace.session, async (statement, send) => {
    if (!isConditional(statement)) return send()
    if (when === 'after') await send()
    throw new Error('died')
  })
  const commit = (ledger: AlarmLedger, version: number, number: number) => ledger.commit(version - 1, ...aVersion(version, id(number), { at: number * 1000 }))
  await assert.rejects(commit(process(dying('before')), 1, 1))
  assert.deepEqual((await process().changes(key.tenant, everything)).values, [])
  assert.equal(await commit(process(), 1, 2), 'applied')
  await assert.rejects(commit(process(dying('after')), 2, 3))
  const changes = await process().changes(key.tenant, everything)
  assert.deepEqual(changes.values.map(({ version, decisionId }) => [version, decisionId]), [[1, id(2)], [2, id(3)]])
  assert.equal((await Array.fromAsync(process().allRows(key.tenant))).length, 1)
})

test('entries past the limit go, the row and the newest stay', options, async () => {
  await keyspace.empty()
  const ledger = process(keyspace.session, { ...defaultSettings, ledgerEntries: 10 })
  for (let version = 1; version <= 25; version++) assert.equal(await ledger.commit(version - 1, ...aVersion(version, id(version), { at: version * 1000 })), 'applied')
  assert.deepEqual((await versionsOf(ledger)).map(([version]) => version), [16, 17, 18, 19, 20, 21, 22, 23, 24, 25])
  assert.equal((await ledger.read(key))?.version, 25)
  assert.equal((await ledger.changes(key.tenant, everything)).values.length, 10)
})

test('changes go over days, forwards and backwards, from a marker on', options, async () => {
  await keyspace.empty()
  const day = 86_400_000
  const times = [1, 2, day - 1, day, 3 * day, 3 * day + 5, 900 * day]
  for (const [i, at] of times.entries()) await process().commit(i, ...aVersion(i + 1, timeUuid(at, i, new Uint8Array(10)), { at }))
  const seen = async (from: Partial<Parameters<AlarmLedger['changes']>[1]>) => (await process().changes(key.tenant, { ...everything, ...from })).values.map(({ at }) => at)
  assert.deepEqual(await seen({}), times)
  assert.deepEqual(await seen({ reverse: true }), times.toReversed())
  assert.deepEqual(await seen({ from: 2, to: 3 * day }), [2, day - 1, day])
  const marker = timeUuid(day, 3, new Uint8Array(10))
  assert.deepEqual(await seen({ marker, limit: 2 }), [day, 3 * day])
  assert.deepEqual(await seen({ marker, reverse: true }), [day, day - 1, 2, 1])
  assert.deepEqual(await seen({ marker: timeUuid(2 * day, 0, new Uint8Array(10)) }), times.slice(4), 'a marker that is gone still tells its time')
  assert.deepEqual(await seen({ marker: 'no such thing' }), [])
})

test('a process that stood still before its decision was written writes it no more, nor again after a lost answer; what decides nothing may be late', options, async () => {
  await keyspace.empty()
  let [stoodStill, commits] = [0, 0]
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + stoodStill }
  const patience = { clock, random: systemRandom }
  // Whatever is written before the compare-and-set takes half a minute; later answers are lost and take as long.
  const slow = meddledWith(keyspace.session, async (statement, pass) => {
    if (isConditional(statement)) commits += 1
    const answer = await pass()
    stoodStill += 30_000
    if (isConditional(statement) && commits === 1) throw lost()
    return answer
  })
  const ledger = alarmLedger(slow, patience, defaultSettings)
  const inputs: DecisionInputs = { previous: { state: 'UNKNOWN', lastKnown: null }, votes: [], now: 1000, rule: { level: 'QUORUM', zones: ['mzdfw'], consecutiveCount: 1, freshFor: 1000, disabled: false, down: [], confirmAlone: false } }
  await assert.rejects(ledger.commit(0, ...aVersion(1, id(1), { inputs })), (error) => error instanceof StoreUnavailable && error.outcome === 'not done')
  assert.equal(commits, 0)
  // Its answer is lost, and it is sent again, since it decides nothing.
  assert.equal(await ledger.commit(0, ...aVersion(1, id(2), { kind: 'bump' })), 'applied')
  assert.equal(commits, 2)
})
