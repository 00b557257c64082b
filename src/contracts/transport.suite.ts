import assert from 'node:assert/strict'
import { observationId } from '../core/observation.ts'
import type { ScheduledCheck } from './configuration.ts'
import { defineSuite } from './define.suite.ts'
import { aCheck, anEntity, anObservation } from './samples.suite.ts'
import type { Store } from './store.ts'
import type { ConfirmRequest, EndpointLink } from './transport.ts'

/** A link under test, and what lies behind it. */
export interface TestedTransport {
  readonly link: EndpointLink
  /** the store of the endpoint, which is empty at first */
  readonly store: Pick<Store, 'configuration' | 'observations'>
  /** the endpoint's wall time */
  now(): number
  /** asks a zone to look again */
  confirm(zone: string, request: ConfirmRequest): void
  /** from now on the store answers nothing, or answers again */
  storeFails(fails: boolean): void
  /** lets time pass until `work` is settled */
  readonly pass: <T>(work: Promise<T>) => Promise<T>
}

const [tenant, entity, zone] = ['100000', 'en1', 'mzdfw']
const request: ConfirmRequest = { check: 'ch1', slot: 60_000, askedBy: 'mzlon', trace: 'trace' }

/** Makes these checks, in one entity. */
async function make({ store, pass }: TestedTransport, ids: readonly string[], fields: Parameters<typeof aCheck>[0] | object = {}): Promise<void> {
  const outcome = await pass(store.configuration.commit({ tenant, entity }, [
    { kind: 'entity', id: entity, expected: 0, value: anEntity({ id: entity }) },
    ...ids.map((id) => ({ kind: 'check' as const, id, expected: 0, value: aCheck({ ...fields, id }) })),
  ]))
  assert.equal(outcome, 'applied')
}

const stored = ({ store, pass }: TestedTransport, check: string) => pass(store.observations.newest(check, zone, 1000))
const needed = ({ tenant: owner, version, entity: { id, ip_addresses }, check: { id: checkId, type, details, period, timeout, monitoring_zones_poll, target_alias, target_hostname, target_resolver, confirm } }: ScheduledCheck) =>
  ({ owner, version, id, ip_addresses, checkId, type, details, period, timeout, monitoring_zones_poll, target_alias, target_hostname, target_resolver, confirm })

export const transportSuite = defineSuite<TestedTransport>('transport', {
  async 'a post resolves with what is durable, whole and in any number'(tested) {
    await make(tested, ['ch1'])
    const odd = { status: 'zwölf "Zeilen"\n', target: null, stressed: 'started 2 s late', metrics: { 'a b': { type: 's' as const, value: '€😀', unit: '' }, n: { type: 'n' as const, value: 0.1, unit: 'seconds' } } }
    const all = Array.from({ length: 500 }, (_, n) => anObservation(n, { at: tested.now() + n, slot: tested.now() + n, ...(n === 3 ? odd : {}) }))
    assert.deepEqual(await tested.pass(tested.link.post(all, true)), all.map(observationId))
    const rows = await stored(tested, 'ch1')
    const byId = new Map(rows.map((row) => [observationId(row), { ...row, receivedAt: 0 }]))
    assert.deepEqual(all.map((one) => byId.get(observationId(one))), all.map((one) => ({ ...one, receivedAt: 0 })))
  },

  async 'a post resolves with what was knowingly discarded'(tested) {
    const unknown = anObservation(1, { check: 'chNone' })
    assert.deepEqual(await tested.pass(tested.link.post([unknown], true)), [observationId(unknown)])
    assert.deepEqual(await stored(tested, 'chNone'), [])
  },

  async 'the same posted twice is kept once'(tested) {
    await make(tested, ['ch1'])
    const one = anObservation(1, { at: tested.now() })
    for (let n = 0; n < 2; n++) await tested.pass(tested.link.post([one], true))
    assert.equal((await stored(tested, 'ch1')).length, 1)
  },

  async 'ages reach those who judge by them, and a missing one too'(tested) {
    await make(tested, ['ch1', 'ch2'])
    const wrong = ['ch1', 'ch2'].map((check, n) => anObservation(n, { check, at: tested.now() + 3_600_000 }))
    await tested.pass(tested.link.post(wrong, false, undefined, [90_000, null]))
    const [counted] = await stored(tested, 'ch1')
    const [unknown] = await stored(tested, 'ch2')
    assert.ok(counted !== undefined && Math.abs(tested.now() - 90_000 - counted.at) < 5000, 'it was made as long ago as its poller counted')
    assert.match(unknown?.stressed ?? '', /at an unknown time/)
  },

  async 'a post rejects when nothing can be promised, and does when it can again'(tested) {
    await make(tested, ['ch1'])
    const one = anObservation(1, { at: tested.now() })
    tested.storeFails(true)
    await assert.rejects(tested.pass(tested.link.post([one], true)))
    tested.storeFails(false)
    assert.deepEqual(await tested.pass(tested.link.post([one], true)), [observationId(one)])
    assert.equal((await stored(tested, 'ch1')).length, 1)
  },

  async 'a schedule from the beginning has all that a poller needs of each check, in any number'(tested) {
    const ids = Array.from({ length: 1500 }, (_, n) => `ch${n}`)
    await make(tested, ids, { details: { url: `http://127.0.0.1/${'x'.repeat(1000)}`, headers: { a: 'b' }, port: 80 }, target_resolver: 'IPv4', confirm: false, period: 45 })
    const delta = await tested.pass(tested.link.schedule(zone, 'p1', ''))
    const behind = await tested.pass(tested.store.configuration.schedule(zone, ''))
    const inOrder = (checks: readonly ScheduledCheck[]) => checks.map(needed).toSorted((a, b) => (a.checkId < b.checkId ? -1 : 1))
    assert.equal(delta.full, true)
    assert.equal(delta.upserts.length, ids.length)
    assert.deepEqual(inOrder(delta.upserts), inOrder(behind.upserts))
  },

  async 'a schedule since a cursor has what changed and what to stop'(tested) {
    await make(tested, ['ch1', 'ch2', 'ch3'])
    const { cursor } = await tested.pass(tested.link.schedule(zone, 'p1', ''))
    const check = aCheck({ id: 'ch1', period: 90 })
    await tested.pass(tested.store.configuration.commit({ tenant, entity }, [{ kind: 'check', id: 'ch1', expected: 1, value: check }, { kind: 'check', id: 'ch2', expected: 1, value: null }]))
    const delta = await tested.pass(tested.link.schedule(zone, 'p1', cursor))
    assert.deepEqual([delta.full, delta.upserts.map((one) => [one.check.id, one.check.period]), delta.removes], [false, [['ch1', 90]], ['ch2']])
    const nothing = await tested.pass(tested.link.schedule(zone, 'p1', delta.cursor))
    assert.deepEqual([nothing.full, nothing.upserts, nothing.removes], [false, [], []])
  },

  async 'a cursor that is not known gets everything'(tested) {
    await make(tested, ['ch1'])
    for (const cursor of ['nonsense', 'another/life']) {
      const delta = await tested.pass(tested.link.schedule(zone, 'p1', cursor))
      assert.deepEqual([delta.full, delta.upserts.length], [true, 1])
    }
  },

  async 'who asks for a schedule is among the zone\'s pollers, once'(tested) {
    const ask = async (poller: string) => (await tested.pass(tested.link.schedule(zone, poller, ''))).pollers.toSorted()
    assert.deepEqual([await ask('p1'), await ask('p2'), await ask('p1')], [['p1'], ['p1', 'p2'], ['p1', 'p2']])
  },

  async 'a schedule that cannot be read rejects'(tested) {
    tested.storeFails(true)
    await assert.rejects(tested.pass(tested.link.schedule(zone, 'p1', '')))
  },

  async 'confirmations are yielded from the moment of subscribing until aborted, of this zone alone'(tested) {
    const stop = new AbortController()
    const requests = tested.link.confirmations(zone, stop.signal)[Symbol.asyncIterator]()
    const first = requests.next()
    // A link that only listens when it is asked has now been asked.
    await new Promise(setImmediate)
    tested.confirm('mzlon', { ...request, slot: 1 })
    tested.confirm(zone, { ...request, notBefore: 5 })
    tested.confirm(zone, { ...request, slot: 2 })
    assert.deepEqual((await tested.pass(first)).value, { ...request, notBefore: 5 })
    assert.deepEqual((await tested.pass(requests.next())).value, { ...request, slot: 2 })
    const end = requests.next()
    stop.abort()
    assert.equal((await tested.pass(end)).done, true)
  },
})
