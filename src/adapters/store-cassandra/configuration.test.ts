import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { ConfigurationChange, ConfigurationRepository } from '../../contracts/configuration.ts'
import { StoreUnavailable } from '../../contracts/errors.ts'
import { aCheck, anEntity } from '../../contracts/samples.suite.ts'
import { withoutCassandra } from '../../../scripts/lab/cassandra.ts'
import { recordingLog } from '../simulated/log.ts'
import { systemClock } from '../system/clock.ts'
import { configurationRepository } from './configuration.ts'
import { interrupted, openLab, type Lab } from './configuration-lab.suite.ts'
import { Directory } from './directory.ts'
import { StoreTime } from './schedule-time.ts'
import type { Session } from './session.ts'
import { isConditional, type Statement } from './statement.ts'
import { together } from './together.ts'

const options = { skip: await withoutCassandra() }
let shared: Promise<Lab> | undefined
after(async () => { await (await shared)?.[Symbol.asyncDispose]() })
const emptyLab = async () => {
  const lab = await (shared ??= openLab())
  await lab.empty('configuration', 'entity_directory', 'zone_check', 'zone_log')
  return lab
}

const tenant = '100000'
const home = (entity: string) => ({ tenant, entity })
const entity = (id: string, expected = 0, label = 'a server'): ConfigurationChange => ({ kind: 'entity', id, expected, value: anEntity({ id, label }) })
const check = (id: string, expected = 0, zones = ['mzdfw']): ConfigurationChange => ({ kind: 'check', id, expected, value: aCheck({ id, monitoring_zones_poll: zones }) })
const gone = (kind: 'entity' | 'check', id: string, expected: number): ConfigurationChange => ({ kind, id, expected, value: null })

/** The repository of one more process on the same keyspace. */
function processOn(session: Session): ConfigurationRepository {
  return configurationRepository(session, { time: new StoreTime(session, systemClock), clock: systemClock, log: recordingLog() })
}
/** A process to which something happens before each of its statements. */
const interruptedOn = (lab: Lab, before: (statement: Statement) => Promise<void>) => processOn(interrupted(lab.session, before))
/** A process that dies before its first statement like this. */
const dyingOn = (lab: Lab, last: (statement: Statement) => boolean) => interruptedOn(lab, async (statement) => {
  if (last(statement)) throw new StoreUnavailable('killed', 'unknown')
})
const named = (repository: ConfigurationRepository) => Array.fromAsync(repository.entities(tenant))
const listed = async (repository: ConfigurationRepository) => (await repository.list('entity', { tenant }, { limit: 100 })).values.map(({ id }) => id)

/** Follows a zone, as an endpoint does for its pollers. */
function follower(repository: ConfigurationRepository, zone = 'mzdfw', cursor = '') {
  const known = new Map<string, string>()
  return {
    known,
    async look() {
      const delta = await repository.schedule(zone, cursor)
      cursor = delta.cursor
      if (delta.full) known.clear()
      for (const id of delta.removes) known.delete(id)
      for (const one of delta.upserts) known.set(one.check.id, one.entity.label)
      return { full: delta.full, ids: [...known.keys()].toSorted(), cursor }
    },
  }
}

/** Waits at `reach` until `go` is called; `reached` tells that it waits. */
function gate() {
  const [reached, open] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  return { reached: reached.promise, go: () => open.resolve(), async reach() { reached.resolve(); await open.promise } }
}

test('a change made by one process is in the next schedule of another, which understands the cursors of both', options, async () => {
  const lab = await emptyLab()
  const [a, b] = [processOn(lab.session), processOn(lab.session)]
  await a.commit(home('en1'), [entity('en1'), check('ch1'), check('ch2')])
  const there = follower(b)
  assert.deepEqual((await there.look()).ids, ['ch1', 'ch2'])
  const { cursor } = await follower(a).look()
  await a.commit(home('en1'), [gone('check', 'ch1', 1), check('ch3')])
  assert.deepEqual((({ full, ids }) => ({ full, ids }))(await there.look()), { full: false, ids: ['ch2', 'ch3'] })
  const delta = await b.schedule('mzdfw', cursor)
  assert.deepEqual([delta.full, delta.removes.includes('ch1'), delta.upserts.some((one) => one.check.id === 'ch3')], [false, true, true])
  const late = await processOn(lab.session).schedule('mzdfw', cursor)
  assert.deepEqual([late.full, late.removes], [false, ['ch1']], 'a process that only starts now knows what ended shortly before')
})

test('an entity that is renamed while somebody else brings a check into a zone is renamed there too', options, async () => {
  const lab = await emptyLab()
  const a = processOn(lab.session)
  await a.commit(home('en1'), [entity('en1')])
  const there = follower(a)
  await there.look()
  const before = gate()
  const slow = interruptedOn(lab, async (statement) => { if (isConditional(statement)) await before.reach() })
  const renaming = slow.commit(home('en1'), [entity('en1', 1, 'renamed')])
  await before.reached
  await a.commit(home('en1'), [check('ch1')])
  await there.look()
  before.go()
  assert.equal(await renaming, 'applied')
  await there.look()
  assert.deepEqual([...there.known], [['ch1', 'renamed']])
})

test('a death before the commit leaves nothing that anybody sees, and the id can be used', options, async () => {
  const lab = await emptyLab()
  const [dying, a] = [dyingOn(lab, isConditional), processOn(lab.session)]
  await assert.rejects(dying.commit(home('en1'), [entity('en1'), check('ch1')]), (error) => error instanceof StoreUnavailable && error.outcome === 'unknown')
  assert.deepEqual([await named(a), await listed(a), (await follower(a).look()).ids], [[], [], []])
  assert.equal(await a.commit(home('en1'), [entity('en1'), check('ch1')]), 'applied')
  assert.deepEqual([await named(a), await listed(a), (await follower(a).look()).ids], [['en1'], ['en1'], ['ch1']])
})

test('a death right after the commit hides nothing: the entity is named, and zones find the check by looking', options, async () => {
  const lab = await emptyLab()
  const a = processOn(lab.session)
  const there = follower(a)
  await there.look()
  let committed = false
  const dying = interruptedOn(lab, async (statement) => {
    if (committed) throw new StoreUnavailable('killed', 'unknown')
    committed = isConditional(statement)
    // A zone that looks between announcement and commit finds nothing yet, and may not be content with that.
    if (committed) assert.deepEqual((await there.look()).ids, [])
  })
  assert.equal(await dying.commit(home('en1'), [entity('en1'), check('ch1')]), 'applied')
  assert.deepEqual([await named(a), await listed(a)], [['en1'], ['en1']])
  for (let looks = 0; looks < 20 && !there.known.has('ch1'); looks += 1) await there.look()
  assert.ok(there.known.has('ch1'))
  assert.deepEqual((await follower(processOn(lab.session)).look()).ids, ['ch1'], 'nor does one that starts later miss it')
})

test('an entity is named for ever after, whoever comes late: neither a deletion nor a creation of before hides it', options, async () => {
  const lab = await emptyLab()
  const a = processOn(lab.session)
  const [creation, deletion] = [gate(), gate()]
  const lateCreator = interruptedOn(lab, async (statement) => { if (isConditional(statement)) await creation.reach() })
  const creating = lateCreator.commit(home('en1'), [entity('en1')])
  await creation.reached
  await a.commit(home('en1'), [entity('en1')])
  const lateDeleter = interruptedOn(lab, async (statement) => { if (statement.cql.startsWith('DELETE FROM entity_directory')) await deletion.reach() })
  const deleting = lateDeleter.commit(home('en1'), [gone('entity', 'en1', 1)])
  await deletion.reached
  await a.commit(home('en1'), [entity('en1')])
  creation.go()
  deletion.go()
  assert.deepEqual([await creating, await deleting], ['conflict', 'applied'])
  assert.deepEqual([await named(a), await listed(a)], [['en1'], ['en1']])
})

test('a list takes out of the directory what a dead process left there', options, async () => {
  const lab = await emptyLab()
  const [a, dying] = [processOn(lab.session), dyingOn(lab, ({ cql }) => cql.startsWith('DELETE FROM entity_directory'))]
  await a.commit(home('en1'), [entity('en1')])
  assert.equal(await dying.commit(home('en1'), [gone('entity', 'en1', 1)]), 'applied')
  assert.deepEqual(await named(a), ['en1'], 'it may be named a while')
  assert.deepEqual([await listed(a), await named(a), await Array.fromAsync(new Directory(lab.session).from(tenant))], [[], [], []])
})

test('a check that moved away, or went, leaves no hint in its zone; one that comes back has one', options, async () => {
  const lab = await emptyLab()
  const a = processOn(lab.session)
  const hints = async () => (await lab.session.execute({ cql: 'SELECT zone, check_id, born FROM zone_check', consistency: 'QUORUM', idempotent: true, about: 'looking at all hints' })).map((row) => ['zone', 'check_id', 'born'].map((column) => String(row.get(column))).join(' ')).toSorted()
  await a.commit(home('en1'), [entity('en1'), check('ch1', 0, ['mzdfw', 'mzord'])])
  await a.commit(home('en1'), [check('ch1', 1, ['mzord', 'mzlon'])])
  assert.deepEqual(await hints(), ['mzlon ch1 2', 'mzord ch1 1'])
  await a.commit(home('en1'), [gone('check', 'ch1', 2)])
  assert.deepEqual(await hints(), [])
  await a.commit(home('en1'), [check('ch1', 0, ['mzdfw'])])
  assert.deepEqual(await hints(), ['mzdfw ch1 4'])
})

test('a zone where nothing changes costs one read a call', options, async () => {
  const lab = await emptyLab()
  const a = processOn(lab.session)
  await together(Array.from({ length: 40 }, (_, i) => `en${i}`), 8, (id) => a.commit(home(id), [entity(id), check(`ch${id}`)]))
  const there = follower(a)
  assert.equal((await there.look()).ids.length, 40)
  const before = lab.session.remote.statements
  for (let i = 0; i < 20; i += 1) await there.look()
  assert.ok(lab.session.remote.statements - before <= 22, `${lab.session.remote.statements - before} statements in 20 calls`)
  const asked = lab.session.remote.statements
  await Promise.all(Array.from({ length: 50 }, () => a.schedule('mzdfw', '')))
  assert.ok(lab.session.remote.statements - asked <= 4, 'those who ask together wait for the same answer')
})

test('a commit may be large', options, async () => {
  const lab = await emptyLab()
  const a = processOn(lab.session)
  const ids = Array.from({ length: 200 }, (_, i) => `ch${String(i).padStart(4, '0')}`)
  assert.equal(await a.commit(home('en1'), [entity('en1'), ...ids.map((id) => check(id))]), 'applied')
  assert.deepEqual((await a.tree(tenant, 'en1'))?.checks.map(({ id }) => id), ids)
})

test('tokens lie apart, and are listed in byte order by pages', options, async () => {
  const lab = await emptyLab()
  const a = processOn(lab.session)
  const ids = Array.from({ length: 30 }, (_, i) => ((i * 37) % 256).toString(16).padStart(2, '0')).toSorted()
  const token = (id: string, expected = 0): ConfigurationChange => ({ kind: 'token', id, expected, value: { hash: id, tenant, user: 'u', roles: [], label: null, expires_at: null, created_at: 1 } })
  await Promise.all(ids.map((id) => a.commit({ tenant: '' }, [token(id)])))
  const first = await a.list('token', { tenant: '' }, { limit: 20 })
  const rest = await a.list('token', { tenant: '' }, { limit: 20, marker: first.next ?? '' })
  assert.deepEqual([...first.values, ...rest.values].map(({ id }) => id), ids)
  assert.deepEqual((await a.list('token', { tenant: '' }, { limit: 5, ids: ids.slice(3, 6) })).values.map(({ id }) => id), ids.slice(3, 6))
  assert.equal((await a.get('token', { tenant: '' }, ids[7]!))?.value.hash, ids[7])
  await assert.rejects(a.commit({ tenant: '' }, [token('x'), token('y')]), RangeError)
})

test('thousands of entities are named, and listed by pages, in byte order; deleted ones are not', options, async () => {
  const lab = await emptyLab()
  const a = processOn(lab.session)
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  // Most of them lie in one range, which takes more than a page of the driver.
  const ids = Array.from({ length: 2500 }, (_, i) => `en${i % 2 === 0 ? 'AB'[i % 4 / 2] : alphabet[(i * 17) % 62]}${String(i).padStart(5, '0')}`)
  await together(ids, 64, (id) => a.commit(home(id), [entity(id)]))
  const [deleted, left] = [ids.filter((_, i) => i % 50 === 0), ids.filter((_, i) => i % 50 !== 0).toSorted()]
  await together(deleted, 64, (id) => a.commit(home(id), [gone('entity', id, 1)]))
  assert.deepEqual(await named(a), left)
  const pages: string[] = []
  for (let marker: string | null = ''; marker !== null;) {
    const page: Awaited<ReturnType<typeof a.list<'entity'>>> = await a.list('entity', { tenant }, { limit: 700, marker })
    pages.push(...page.values.map(({ id }) => id))
    marker = page.next
  }
  assert.deepEqual(pages, left)
})
