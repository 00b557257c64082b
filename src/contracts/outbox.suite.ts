import assert from 'node:assert/strict'
import type { Delivery } from '../core/alarm-row.ts'
import type { DeliveryId, Outbox } from './outbox.ts'
import { defineSuite, type TestedStore } from './define.suite.ts'
import { aDelivery, anAlarmKey as key } from './samples.suite.ts'

const intent = (version: number, at: number, alarm = 'al1') => ({ key: { ...key, alarm }, version, at })
const idOf = (delivery: Delivery): DeliveryId => ({ key: delivery.key, version: delivery.version, notification: delivery.notification.id, step: delivery.step })
const id = idOf(aDelivery())
const attempt = (at: number) => ({ at, took: 12, outcome: 'try-again', message: 'code 503 ☃', from: 'notifier-1' }) as const
const again = (dueAt: number) => ({ status: 'waiting', dueAt }) as const
const only = async (outbox: Outbox) => (await outbox.deliveries(key, 1))[0]

export const outboxSuite = defineSuite<TestedStore>('outbox', {
  async 'intents are given back oldest first, those older than a time, at most so many'({ store: { outbox } }) {
    for (const one of [intent(3, 300), intent(1, 100), intent(2, 200, 'al2')]) await outbox.intend(one)
    assert.deepEqual(await outbox.intents(1000, 10), [intent(1, 100), intent(2, 200, 'al2'), intent(3, 300)])
    assert.deepEqual(await outbox.intents(1000, 2), [intent(1, 100), intent(2, 200, 'al2')])
    assert.deepEqual(await outbox.intents(200, 10), [intent(1, 100)])
  },

  async 'the same intent twice is one; settling removes it, and settling what is gone is no error'(tested) {
    await Promise.all([1, 2, 3].map(() => tested.store.outbox.intend(intent(1, 100))))
    await tested.store.outbox.intend(intent(2, 100))
    await tested.reopen()
    const { outbox } = tested.store
    assert.equal((await outbox.intents(1000, 10)).length, 2)
    await outbox.settle(intent(1, 100))
    await outbox.settle(intent(1, 100))
    await tested.reopen()
    assert.deepEqual(await tested.store.outbox.intents(1000, 10), [intent(2, 100)])
  },

  async 'a delivery is created once, and enqueueing it again never changes it'(tested) {
    const { outbox } = tested.store
    const results = await Promise.all([1, 2, 3].map((trace) => outbox.enqueue(aDelivery({ trace: `trace ${trace}` }))))
    assert.deepEqual(results.toSorted(), ['created', 'exists', 'exists'])
    const first = await only(outbox)
    assert.deepEqual(first, aDelivery({ trace: `trace ${results.indexOf('created') + 1}` }))
    await outbox.claim(id, 'a', 1000, 2000)
    await outbox.record(id, 'a', attempt(1000), { status: 'delivered', dueAt: 0 })
    assert.equal(await outbox.enqueue(aDelivery()), 'exists')
    await tested.reopen()
    assert.equal((await only(tested.store.outbox))?.status, 'delivered')
  },

  async 'deliveries are those of one version of one alarm'({ store: { outbox } }) {
    const all = [aDelivery({ id: 'nt2' }), aDelivery(), aDelivery({ step: 1 }), aDelivery({ version: 2 }), aDelivery({ key: { ...key, alarm: 'al2' } })]
    for (const delivery of all) assert.equal(await outbox.enqueue(delivery), 'created')
    assert.deepEqual((await outbox.deliveries(key, 1)).map(idOf), [all[1], all[2], all[0]].map((delivery) => idOf(delivery!)))
    assert.deepEqual(await outbox.deliveries(key, 3), [])
  },

  async 'due gives what waits, is due and unclaimed, earliest first'({ store: { outbox } }) {
    for (const [name, dueAt] of [['nt3', 300], ['nt1', 100], ['nt2', 200], ['nt4', 400]] as const) await outbox.enqueue(aDelivery({ id: name, dueAt }))
    const due = async (now: number, limit = 10) => (await outbox.due(now, limit)).map((delivery) => delivery.notification.id)
    assert.deepEqual(await due(300), ['nt1', 'nt2', 'nt3'])
    assert.deepEqual(await due(300, 2), ['nt1', 'nt2'])
    assert.deepEqual(await due(99), [])
    await outbox.claim({ ...id, notification: 'nt1' }, 'a', 300, 500)
    assert.deepEqual(await due(300), ['nt2', 'nt3'])
    assert.deepEqual(await due(499), ['nt2', 'nt3', 'nt4'])
    assert.deepEqual(await due(500), ['nt1', 'nt2', 'nt3', 'nt4'])
    await outbox.claim({ ...id, notification: 'nt2' }, 'a', 500, 600)
    await outbox.record({ ...id, notification: 'nt2' }, 'a', attempt(500), { status: 'given up', dueAt: 0 })
    assert.deepEqual(await due(10_000), ['nt1', 'nt3', 'nt4'])
  },

  async 'a claim takes what is waiting, due and free, and nothing else'(tested) {
    const { outbox } = tested.store
    assert.equal(await outbox.claim(id, 'a', 5000, 6000), undefined)
    await outbox.enqueue(aDelivery({ dueAt: 1000 }))
    assert.equal(await outbox.claim(id, 'a', 999, 2000), undefined)
    assert.deepEqual(await outbox.claim(id, 'a', 1000, 2000), aDelivery({ claim: { owner: 'a', until: 2000 } }))
    assert.equal(await outbox.claim(id, 'b', 1999, 3000), undefined)
    assert.equal(await outbox.claim(id, 'a', 1999, 3000), undefined, 'not even its owner may take it twice')
    await tested.reopen()
    assert.equal(await tested.store.outbox.claim(id, 'b', 1999, 3000), undefined)
    assert.equal((await tested.store.outbox.claim(id, 'b', 2000, 3000))?.claim?.owner, 'b')
  },

  async 'of many claims at once, one wins'({ store: { outbox } }) {
    await outbox.enqueue(aDelivery())
    for (const round of [1, 2, 3]) {
      const claims = await Promise.all(Array.from({ length: 20 }, (_, i) => outbox.claim(id, `notifier ${i}`, round * 1000, round * 1000 + 1000)))
      const won = claims.filter((claim) => claim !== undefined)
      assert.equal(won.length, 1)
      assert.deepEqual((await only(outbox))?.claim, won[0]?.claim)
    }
  },

  async 'record adds the attempt and moves the delivery on, for the owner whose claim stands'(tested) {
    const { outbox } = tested.store
    await outbox.enqueue(aDelivery())
    assert.equal(await outbox.record(id, 'a', attempt(1), again(2000)), 'conflict', 'nobody has claimed it')
    await outbox.claim(id, 'a', 1000, 1500)
    assert.equal(await outbox.record(id, 'b', attempt(1), again(2000)), 'conflict')
    assert.equal(await outbox.record(id, 'a', attempt(1), again(2000)), 'applied')
    assert.equal(await outbox.record(id, 'a', attempt(2), again(3000)), 'conflict', 'recording gives the claim back')
    assert.deepEqual(await only(outbox), aDelivery({ dueAt: 2000, attempts: [attempt(1)] }))
    await outbox.claim(id, 'b', 2000, 2500)
    assert.equal(await outbox.record(id, 'b', attempt(3), { status: 'delivered', dueAt: 2000 }), 'applied')
    await tested.reopen()
    const settled = await only(tested.store.outbox)
    assert.deepEqual([settled?.status, settled?.attempts, settled?.claim], ['delivered', [attempt(1), attempt(3)], null])
    assert.equal(await tested.store.outbox.claim(id, 'c', 9000, 9999), undefined)
  },

  async 'a claim past its time stands until somebody else takes it'({ store: { outbox } }) {
    await outbox.enqueue(aDelivery())
    await outbox.claim(id, 'a', 1000, 1500)
    await outbox.claim(id, 'b', 1500, 2000)
    assert.equal(await outbox.record(id, 'a', attempt(1), again(9000)), 'conflict')
    assert.equal(await outbox.record(id, 'b', attempt(2), again(3000)), 'applied')
    await outbox.claim(id, 'a', 3000, 3500)
    assert.equal(await outbox.record(id, 'a', attempt(99_999), again(100_000)), 'applied', 'late, but nobody took it')
  },

  async 'a delivery can be moved on without an attempt'({ store: { outbox } }) {
    await outbox.enqueue(aDelivery())
    await outbox.claim(id, 'a', 1000, 1500)
    assert.equal(await outbox.record(id, 'a', null, { status: 'expired', dueAt: 0 }), 'applied')
    const expired = await only(outbox)
    assert.deepEqual([expired?.status, expired?.attempts], ['expired', []])
  },

  async 'nextDue tells when the earliest waiting delivery may be tried'({ store: { outbox } }) {
    assert.equal(await outbox.nextDue(), undefined)
    await outbox.enqueue(aDelivery({ dueAt: 5000 }))
    assert.equal(await outbox.nextDue(), 5000)
    await outbox.enqueue(aDelivery({ id: 'nt2', dueAt: 3000 }))
    assert.equal(await outbox.nextDue(), 3000)
    const second = { ...id, notification: 'nt2' }
    await outbox.claim(second, 'a', 3000, 4000)
    assert.equal(await outbox.nextDue(), 4000, 'a claimed one may be tried when its claim has passed')
    await outbox.record(second, 'a', attempt(3000), { status: 'delivered', dueAt: 0 })
    assert.equal(await outbox.nextDue(), 5000)
  },
})
