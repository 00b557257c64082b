import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { ConfigurationChange, ConfigurationRepository, ScheduledCheck } from './configuration.ts'
import { defineSuite, type TestedStore } from './define.suite.ts'
import { aCheck, anAlarm, anEntity, aNotification } from './samples.suite.ts'

const tenant = '100000'
const home = (entity: string) => ({ tenant, entity })
const entity = (id: string, expected = 0, label = 'a server'): ConfigurationChange => ({ kind: 'entity', id, expected, value: anEntity({ id, label }) })
const check = (id: string, expected = 0, fields: Parameters<typeof aCheck>[0] | object = {}): ConfigurationChange => ({ kind: 'check', id, expected, value: aCheck({ id, ...fields }) })
const alarm = (id: string, expected = 0): ConfigurationChange => ({ kind: 'alarm', id, expected, value: anAlarm({ id }) })
const notification = (id: string, expected = 0): ConfigurationChange => ({ kind: 'notification', id, expected, value: aNotification({ id }) })
const gone = (kind: 'entity' | 'check' | 'alarm' | 'notification', id: string, expected: number): ConfigurationChange => ({ kind, id, expected, value: null })

async function applied(repository: ConfigurationRepository, partition: { tenant: string; entity?: string }, ...changes: ConfigurationChange[]): Promise<void> {
  assert.equal(await repository.commit(partition, changes), 'applied')
}
const idsOf = (values: readonly { id: string }[]) => values.map(({ id }) => id)
const scheduleOf = (upserts: readonly ScheduledCheck[]) => Object.fromEntries(upserts.map((one) => [one.check.id, one]))

export const configurationSuite = defineSuite<TestedStore>('configuration', {
  async 'get of what never was, or was deleted, is undefined'({ store: { configuration } }) {
    assert.equal(await configuration.get('entity', home('en1'), 'en1'), undefined)
    await applied(configuration, home('en1'), entity('en1'))
    await applied(configuration, home('en1'), gone('entity', 'en1', 1))
    assert.equal(await configuration.get('entity', home('en1'), 'en1'), undefined)
  },

  async 'a created row has version 1, each change raises it, and a re-created id goes on where it stopped'({ store: { configuration } }) {
    await applied(configuration, { tenant }, notification('nt1'))
    const created = await configuration.get('notification', { tenant }, 'nt1')
    assert.deepEqual({ ...created }, { kind: 'notification', partition: { tenant }, id: 'nt1', version: 1, value: aNotification({ id: 'nt1' }) })
    await applied(configuration, { tenant }, notification('nt1', 1))
    await applied(configuration, { tenant }, gone('notification', 'nt1', 2))
    await applied(configuration, { tenant }, notification('nt1'))
    assert.equal((await configuration.get('notification', { tenant }, 'nt1'))?.version, 4)
  },

  async 'a commit applies all changes, or none when any expected version does not stand'({ store: { configuration } }) {
    await applied(configuration, home('en1'), entity('en1'), check('ch1'))
    assert.equal(await configuration.commit(home('en1'), [check('ch2'), check('ch1', 2)]), 'conflict')
    assert.equal(await configuration.commit(home('en1'), [check('ch2'), check('ch1')]), 'conflict', 'expected 0 means that it may not exist')
    assert.equal(await configuration.commit(home('en1'), [gone('check', 'ch1', 1), alarm('al1', 1)]), 'conflict')
    const tree = await configuration.tree(tenant, 'en1')
    assert.deepEqual([idsOf(tree?.checks ?? []), idsOf(tree?.alarms ?? [])], [['ch1'], []])
  },

  async 'of many commits at once with one expected version, one wins'({ store: { configuration } }) {
    await applied(configuration, home('en1'), entity('en1'))
    for (const version of [1, 2, 3]) {
      const results = await Promise.all(Array.from({ length: 20 }, (_, i) => configuration.commit(home('en1'), [entity('en1', version, `writer ${i}`)])))
      assert.equal(results.filter((result) => result === 'applied').length, 1)
      const stored = await configuration.get('entity', home('en1'), 'en1')
      assert.deepEqual([stored?.version, stored?.value.label], [version + 1, `writer ${results.indexOf('applied')}`])
    }
  },

  async 'the entities of a tenant are named in byte order, without those that are deleted or another tenant\'s'({ store: { configuration } }) {
    for (const id of ['enb', 'ena', 'enB', 'en1']) await applied(configuration, home(id), entity(id))
    await applied(configuration, { tenant: '200000', entity: 'enx' }, entity('enx'))
    await applied(configuration, home('ena'), gone('entity', 'ena', 1))
    assert.deepEqual(await Array.fromAsync(configuration.entities(tenant)), ['en1', 'enB', 'enb'])
  },

  async 'a list is in byte order of ids; its marker is inclusive and need not exist'({ store: { configuration } }) {
    for (const id of ['ntb', 'nta', 'ntB', 'nt1']) await applied(configuration, { tenant }, notification(id))
    const list = async (limit: number, marker?: string) => {
      const page = await configuration.list('notification', { tenant }, marker === undefined ? { limit } : { limit, marker })
      return [idsOf(page.values), page.next]
    }
    assert.deepEqual(await list(10), [['nt1', 'ntB', 'nta', 'ntb'], null])
    assert.deepEqual(await list(2), [['nt1', 'ntB'], 'nta'])
    assert.deepEqual(await list(2, 'nta'), [['nta', 'ntb'], null])
    assert.deepEqual(await list(2, 'ntC'), [['nta', 'ntb'], null])
    assert.deepEqual(await list(2, 'ntz'), [[], null])
  },

  async 'a list can be narrowed to some ids, and pages through those'({ store: { configuration } }) {
    for (const id of ['nt1', 'nt2', 'nt3', 'nt4']) await applied(configuration, { tenant }, notification(id))
    const page = await configuration.list('notification', { tenant }, { limit: 2, ids: ['nt4', 'nt2', 'nt3', 'nt9'] })
    assert.deepEqual([idsOf(page.values), page.next], [['nt2', 'nt3'], 'nt4'])
  },

  async 'entities are listed by tenant, checks and alarms by entity'({ store: { configuration } }) {
    await applied(configuration, home('en2'), entity('en2'), check('ch2'), alarm('al2'))
    await applied(configuration, home('en1'), entity('en1'), check('ch1'))
    await applied(configuration, { tenant: '200000', entity: 'en3' }, entity('en3'))
    const listed = async (kind: 'entity' | 'check' | 'alarm', partition: { tenant: string; entity?: string }) => idsOf((await configuration.list(kind, partition, { limit: 10 })).values)
    assert.deepEqual(await listed('entity', { tenant }), ['en1', 'en2'])
    assert.deepEqual(await listed('entity', { tenant: '200000' }), ['en3'])
    assert.deepEqual(await listed('check', home('en1')), ['ch1'])
    assert.deepEqual(await listed('alarm', home('en2')), ['al2'])
    assert.deepEqual(await listed('check', home('en9')), [])
  },

  async 'a tree is one entity with all its checks and alarms'({ store: { configuration } }) {
    assert.equal(await configuration.tree(tenant, 'en1'), undefined)
    await applied(configuration, home('en1'), entity('en1'), check('ch2'), check('ch1'), alarm('al1'))
    await applied(configuration, home('en2'), entity('en2'), check('ch3'))
    const tree = await configuration.tree(tenant, 'en1')
    assert.deepEqual([tree?.entity.id, idsOf(tree?.checks ?? []), idsOf(tree?.alarms ?? [])], ['en1', ['ch1', 'ch2'], ['al1']])
    await applied(configuration, home('en1'), gone('alarm', 'al1', 1), gone('check', 'ch1', 1), gone('check', 'ch2', 1), gone('entity', 'en1', 1))
    assert.equal(await configuration.tree(tenant, 'en1'), undefined)
  },

  async 'what belongs to all lies with tenant \'\', apart from the tenants'({ store: { configuration } }) {
    const token = { hash: 'h', tenant, user: 'admin', roles: ['monitoring:admin'], label: null, expires_at: null, created_at: 1 } as const
    await applied(configuration, { tenant: '' }, { kind: 'token', id: 'h', expected: 0, value: token })
    assert.deepEqual((await configuration.get('token', { tenant: '' }, 'h'))?.value, token)
    assert.equal(await configuration.get('token', { tenant }, 'h'), undefined)
  },

  async 'what was handed in may change afterwards without changing what is stored'({ store: { configuration } }) {
    const value = anEntity({ id: 'en1', metadata: { role: 'web' } })
    const done = configuration.commit(home('en1'), [{ kind: 'entity', id: 'en1', expected: 0, value }])
    Object.assign(value.metadata ?? {}, { role: 'db' })
    await done
    assert.deepEqual((await configuration.get('entity', home('en1'), 'en1'))?.value.metadata, { role: 'web' })
  },

  async 'a schedule from the beginning has all enabled checks that name the zone'({ store: { configuration } }) {
    await applied(configuration, home('en1'), entity('en1'), check('ch1'), check('ch2', 0, { disabled: true }), check('ch3', 0, { monitoring_zones_poll: ['mzord', 'mzlon'] }), check('ch4', 0, { monitoring_zones_poll: null, type: 'agent.cpu' }))
    for (const [zone, ids] of [['mzdfw', ['ch1']], ['mzlon', ['ch3']], ['', ['ch4']], ['mzsyd', []]] as const) {
      const delta = await configuration.schedule(zone, '')
      assert.deepEqual([delta.full, Object.keys(scheduleOf(delta.upserts)), delta.removes], [true, ids, []])
    }
    const first = (await configuration.schedule('mzdfw', '')).upserts[0]
    assert.deepEqual([first?.tenant, first?.entity.id, first?.check], [tenant, 'en1', aCheck({ id: 'ch1' })])
  },

  async 'a schedule since a cursor has what changed, of the check or of its entity, and says what to stop'({ store: { configuration } }) {
    await applied(configuration, home('en1'), entity('en1'), check('ch1'), check('ch2'), check('ch3'), check('ch4'))
    const first = await configuration.schedule('mzdfw', '')
    let { cursor } = first
    const next = async () => {
      const delta = await configuration.schedule('mzdfw', cursor)
      assert.equal(delta.full, false)
      cursor = delta.cursor
      return delta
    }
    const quiet = await next()
    assert.deepEqual([quiet.upserts, quiet.removes], [[], []])
    await applied(configuration, home('en1'), check('ch1', 1, { period: 60 }), gone('check', 'ch2', 1), check('ch3', 1, { disabled: true }), check('ch4', 1, { monitoring_zones_poll: ['mzord'] }))
    const changed = await next()
    assert.deepEqual([Object.keys(scheduleOf(changed.upserts)), changed.removes.toSorted()], [['ch1'], ['ch2', 'ch3', 'ch4']])
    const before = scheduleOf(first.upserts).ch1?.version ?? 0
    assert.ok((changed.upserts[0]?.version ?? 0) > before, 'the version tells that it is another one')
    await applied(configuration, home('en1'), entity('en1', 1, 'renamed'))
    const renamed = await next()
    assert.equal(renamed.upserts[0]?.entity.label, 'renamed')
    assert.ok((renamed.upserts[0]?.version ?? 0) > (changed.upserts[0]?.version ?? 0))
    await applied(configuration, home('en1'), gone('check', 'ch1', 2), gone('entity', 'en1', 2), gone('check', 'ch3', 2), gone('check', 'ch4', 2))
    const ended = await next()
    assert.deepEqual([ended.upserts, ended.removes.includes('ch1')], [[], true])
  },

  async 'following the schedule by deltas gives what asking for all of it gives'(tested) {
    const ids = ['ch1', 'ch2', 'ch3']
    const step = fc.record({ entity: fc.constantFrom('en1', 'en2'), id: fc.option(fc.constantFrom(...ids), { nil: undefined }), fate: fc.constantFrom('put', 'disable', 'move', 'delete'), look: fc.boolean() })
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const { configuration } = tested.store
      const known = new Map<string, number>()
      let cursor = ''
      const follow = async () => {
        const delta = await configuration.schedule('mzdfw', cursor)
        cursor = delta.cursor
        if (delta.full) known.clear()
        for (const id of delta.removes) known.delete(id)
        for (const one of delta.upserts) known.set(one.check.id, one.version)
      }
      for (const { entity: within, id: bare, fate, look } of steps) {
        const id = bare === undefined ? within : `${bare}${within}`
        const kind = bare === undefined ? 'entity' : 'check'
        const expected = (await configuration.get(kind, home(within), id))?.version ?? 0
        const fields = { disabled: fate === 'disable', monitoring_zones_poll: fate === 'move' ? ['mzlon'] : ['mzdfw'] }
        const change = fate === 'delete' ? gone(kind, id, expected) : kind === 'entity' ? entity(id, expected) : check(id, expected, fields)
        await applied(configuration, home(within), change)
        if (look) await follow()
      }
      await follow()
      const all = await configuration.schedule('mzdfw', '')
      assert.deepEqual(Object.fromEntries(known), Object.fromEntries(all.upserts.map((one) => [one.check.id, one.version])))
    }), { numRuns: 15 })
  },

  async 'a cursor that nobody gave out gets everything'({ store: { configuration } }) {
    await applied(configuration, home('en1'), entity('en1'), check('ch1'))
    const delta = await configuration.schedule('mzdfw', 'no-such-cursor')
    assert.deepEqual([delta.full, idsOf(delta.upserts.map((one) => one.check))], [true, ['ch1']])
  },

  async 'changes ticks after each commit, and not after a conflict'({ store: { configuration } }) {
    const leave = new AbortController()
    const ticks = configuration.changes(leave.signal)[Symbol.asyncIterator]()
    const first = ticks.next()
    await applied(configuration, home('en1'), entity('en1'))
    assert.deepEqual({ ...(await first).value }, home('en1'))
    assert.equal(await configuration.commit(home('en1'), [entity('en1')]), 'conflict')
    const second = ticks.next()
    await applied(configuration, { tenant }, notification('nt1'))
    assert.deepEqual({ ...(await second).value }, { tenant })
    const last = ticks.next()
    leave.abort()
    assert.equal((await last).done, true)
  },

  async 'it is all there after closing and opening again, and versions go on'(tested) {
    await applied(tested.store.configuration, home('en1'), entity('en1'), check('ch1'), check('ch2'))
    await applied(tested.store.configuration, home('en1'), gone('check', 'ch2', 1))
    const { cursor } = await tested.store.configuration.schedule('mzdfw', '')
    await tested.reopen()
    const { configuration } = tested.store
    const tree = await configuration.tree(tenant, 'en1')
    assert.deepEqual([tree?.entity.version, idsOf(tree?.checks ?? [])], [1, ['ch1']])
    await applied(configuration, home('en1'), check('ch2'))
    assert.equal((await configuration.get('check', home('en1'), 'ch2'))?.version, 3)
    const delta = await configuration.schedule('mzdfw', cursor)
    assert.ok(Object.hasOwn(scheduleOf(delta.upserts), 'ch2'), 'an old cursor still leads to what is new')
  },
})
