import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { defineChannel, type Channel } from '../../src/contracts/channel.ts'
import { StoreUnavailable } from '../../src/contracts/errors.ts'
import type { LedgerEntry } from '../../src/core/alarm-row.ts'
import { change, frozen } from './change.ts'
import { toMailbox, world, type Node, type World } from './world.ts'

const minute = 60_000
const hour = 60 * minute

const announce = ({ clock }: World, { deliver }: Node, entry: LedgerEntry) => clock.run(deliver.enqueueAll(entry))
const keyOf = (n: number) => ({ tenant: '487439', entity: 'enPUVwV0IL', alarm: `alNumber${n}` })

test('a change reaches each of its notifications at once, and only once, however often it is announced', async (t) => {
  const w = world(t)
  const a = await w.node('a')
  const entry = await w.record({}, toMailbox, frozen('ntOther', 'mailbox'))
  await announce(w, a, entry)
  await announce(w, a, entry)
  await w.clock.advance(50)
  assert.deepEqual(w.mailbox.all.map((mail) => mail.key).toSorted(), ['alWusVry77:1:ntMail', 'alWusVry77:1:ntOther'])
  await announce(w, a, entry)
  await w.clock.advance(minute)
  assert.equal(w.mailbox.all.length, 2)
  assert.deepEqual((await w.deliveries(entry)).map(({ status, attempts }) => [status, attempts.map(({ outcome, message, from }) => [outcome, message, from])]), [
    ['delivered', [['delivered', '250 OK', 'a']]], ['delivered', [['delivered', '250 OK', 'a']]],
  ])
  assert.deepEqual([a.deliver.counts.created, a.deliver.held], [2, 0])
})

test('a suppressed change reaches nobody', async (t) => {
  const w = world(t)
  const a = await w.node('a')
  const entry = await w.record({ suppressedBy: ['spOne'] })
  await announce(w, a, entry)
  await w.clock.advance(minute)
  w.mailbox.expectNothing()
  assert.deepEqual(await w.deliveries(entry), [])
})

test('what fails is tried again, with the same key, and every attempt is on record', async (t) => {
  const w = world(t)
  w.mailbox.mishaps('refuse', 'lose the answer', 'refuse')
  const entry = await w.record()
  await announce(w, await w.node('a'), entry)
  await w.clock.advance(minute)
  assert.deepEqual(w.mailbox.all.map((mail) => mail.key), ['alWusVry77:1:ntMail', 'alWusVry77:1:ntMail'])
  const [delivery] = await w.deliveries(entry)
  assert.deepEqual([delivery?.status, delivery?.attempts.map((one) => one.message)], ['delivered', ['refused', 'no answer', 'refused', '250 OK']])
})

test('a receiver that is away for six hours has its page within five minutes of its return', async (t) => {
  const w = world(t)
  w.mailbox.closed = true
  const entry = await w.record()
  await announce(w, await w.node('a', {}, minute), entry)
  await w.clock.advance(6 * hour)
  w.mailbox.closed = false
  await w.clock.advance(5 * minute + 2000)
  w.mailbox.expectOne({ state: 'CRITICAL' })
  const [delivery] = await w.deliveries(entry)
  assert.ok(delivery !== undefined && delivery.attempts.length > 10 && delivery.attempts.length <= 51, `${delivery?.attempts.length} attempts are kept`)
})

test('a receiver that never returns: the delivery expires, and that is seen', async (t) => {
  const w = world(t)
  w.mailbox.closed = true
  const news = w.feed.subscribe('487439', t.signal)
  const a = await w.node('a', {}, minute)
  const entry = await w.record()
  await announce(w, a, entry)
  await w.clock.advance(24 * hour + minute)
  assert.deepEqual((await w.deliveries(entry)).map((one) => one.status), ['expired'])
  assert.deepEqual(a.deliver.counts.channels.get('mailbox')?.deliveries, { delivered: 0, 'given up': 0, expired: 1 })
  assert.deepEqual(w.log.lines.filter((line) => line.level === 'error').map(({ facts, message }) => [facts['status'], facts['outcome'], message]), [['expired', 'refused', 'a notification did not reach anybody']])
  const statuses: string[] = []
  for await (const event of news) {
    if (event.kind === 'delivery') statuses.push(event.status)
    if (statuses.at(-1) !== 'waiting') break
  }
  assert.equal(statuses.at(-1), 'expired')
})

test('what cannot succeed is given up at once, and that is seen', async (t) => {
  const w = world(t)
  w.mailbox.mishaps('give up')
  const a = await w.node('a')
  const entry = await w.record()
  await announce(w, a, entry)
  await w.clock.advance(minute)
  w.mailbox.expectNothing()
  assert.deepEqual((await w.deliveries(entry)).map((one) => one.status), ['given up'])
  assert.deepEqual(a.deliver.counts.channels.get('mailbox'), { attempts: { delivered: 0, 'try-again': 0, 'give-up': 1 }, deliveries: { delivered: 0, 'given up': 1, expired: 0 } })
  assert.ok(w.log.lines.some((line) => line.level === 'error' && line.facts['outcome'] === 'unknown recipient'))
})

test('a pause that the receiver asks for is kept', async (t) => {
  const w = world(t, [channel('busy', async ({ clock }) => ({ kind: 'try-again', message: 'busy', notBefore: clock.now() + 10 * minute }))])
  const entry = await w.record({}, frozen('ntBusy', 'busy'))
  await announce(w, await w.node('a'), entry)
  await w.clock.advance(9 * minute)
  assert.equal((await w.deliveries(entry))[0]?.attempts.length, 1)
  await w.clock.advance(2 * minute)
  assert.equal((await w.deliveries(entry))[0]?.attempts.length, 2)
})

test('a receiver that hangs holds up nobody else, however much waits for it', async (t) => {
  const slow = simulatedHang()
  const w = world(t, [slow.channel])
  const a = await w.node('a')
  for (let n = 0; n < 250; n++) await announce(w, a, await w.record({ key: keyOf(n) }, frozen('ntSlow', 'slow')))
  await w.clock.advance(1000)
  await announce(w, a, await w.record({ key: keyOf(999) }))
  await w.clock.advance(50)
  w.mailbox.expectOne({ state: 'CRITICAL' })
  assert.equal(slow.most, 4)
})

test('a backlog of thousands for a receiver that hangs is not held, and all of it goes out when it is back', { timeout: 60_000 }, async (t) => {
  const slow = simulatedHang()
  const w = world(t, [slow.channel])
  const a = await w.node('a')
  const entries: LedgerEntry[] = []
  for (let n = 0; n < 1000; n++) entries.push(await w.record({ key: keyOf(n) }, frozen('ntSlow', 'slow')))
  await w.clock.run(Promise.all(entries.map((entry) => a.deliver.enqueueAll(entry))))
  await w.clock.advance(minute)
  assert.ok(a.deliver.held <= 210, `${a.deliver.held} are held`)
  slow.recover()
  await w.clock.advance(10 * minute)
  assert.equal(a.deliver.counts.channels.get('slow')?.deliveries.delivered, 1000)
})

test('a burst for a receiver that is only slow goes out as fast as it takes it', { timeout: 60_000 }, async (t) => {
  const w = world(t, [channel('steady', async ({ clock, signal }) => {
    await clock.sleep(200, signal)
    return { kind: 'delivered', message: 'taken' }
  })])
  const a = await w.node('a')
  const entries: LedgerEntry[] = []
  for (let n = 0; n < 1000; n++) entries.push(await w.record({ key: keyOf(n) }, frozen('ntSteady', 'steady')))
  await w.clock.run(Promise.all(entries.map((entry) => a.deliver.enqueueAll(entry))))
  await w.clock.advance(51_000)
  assert.equal(a.deliver.counts.channels.get('steady')?.deliveries.delivered, 1000)
})

test('no more attempts run at once than allowed', async (t) => {
  const slow = simulatedHang()
  const w = world(t, [slow.channel])
  const a = await w.node('a', { parallel: 3 })
  for (let n = 0; n < 10; n++) await announce(w, a, await w.record({ key: keyOf(n) }, frozen(`ntSlow${n}`, 'slow')))
  await w.clock.advance(1000)
  assert.deepEqual([slow.most, a.deliver.held], [3, 10])
})

test('several notifiers share the work and deliver once', async (t) => {
  const w = world(t)
  w.store.faults.latency = [1, 20]
  const nodes = await Promise.all(['a', 'b', 'c'].map((owner) => w.node(owner)))
  for (let n = 0; n < 60; n++) {
    const entry = await w.record({ key: keyOf(n) }, toMailbox, frozen(`nt${n % 7}`, 'mailbox'))
    await w.clock.run(Promise.all(nodes.map(({ deliver }) => deliver.enqueueAll(entry))))
  }
  await w.clock.advance(minute)
  assert.equal(w.mailbox.all.length, 120)
  assert.equal(new Set(w.mailbox.all.map((mail) => mail.key)).size, 120)
  const shares = nodes.map(({ deliver }) => deliver.counts.channels.get('mailbox')?.deliveries.delivered ?? 0)
  assert.equal(shares.reduce((sum, share) => sum + share), 120)
  assert.ok(shares.every((share) => share > 0), shares.join())
})

test('a notifier that dies between sending and recording: another sends again, with the same key', async (t) => {
  const w = world(t)
  const a = await w.node('a')
  const entry = await w.record()
  w.store.loseNext('outbox.record', 'never')
  await announce(w, a, entry)
  await w.clock.advance(50)
  a.kill()
  await w.node('b')
  await w.clock.advance(20_000)
  assert.equal(w.mailbox.all.length, 1)
  await w.clock.advance(minute)
  assert.deepEqual(w.mailbox.all.map((mail) => mail.key), ['alWusVry77:1:ntMail', 'alWusVry77:1:ntMail'])
  assert.deepEqual((await w.deliveries(entry)).map((one) => one.status), ['delivered'])
})

test('a change that a dead decider left is found without being announced', async (t) => {
  const w = world(t)
  const a = await w.node('a')
  const entry = await w.record()
  await w.clock.advance(minute)
  w.mailbox.expectNothing()
  const elsewhere = await w.node('b')
  await w.clock.run(elsewhere.stop())
  await announce(w, elsewhere, entry)
  await w.clock.advance(2000)
  w.mailbox.expectOne({ state: 'CRITICAL' })
  assert.equal(a.deliver.counts.channels.get('mailbox')?.deliveries.delivered, 1)
})

test('changes of an alarm reach a receiver in order, even when the first one fails for a while', async (t) => {
  const w = world(t)
  const a = await w.node('a')
  w.mailbox.closed = true
  await announce(w, a, await w.record({ version: 1, state: 'CRITICAL' }))
  await w.clock.advance(3 * minute)
  await announce(w, a, await w.record({ version: 2, state: 'OK' }))
  await w.clock.advance(10 * minute)
  await announce(w, a, await w.record({ version: 3, state: 'WARNING' }))
  await w.clock.advance(7 * minute)
  w.mailbox.closed = false
  await w.clock.advance(6 * minute)
  assert.deepEqual(w.mailbox.all.map((mail) => mail.state), ['CRITICAL', 'OK', 'WARNING'])
})

test('a message that its receiver never takes holds its successors up for an hour at most', async (t) => {
  const w = world(t, [channel('picky', async ({ message }) => (message.entry.state === 'CRITICAL' ? { kind: 'try-again', message: 'no' } : { kind: 'delivered', message: 'yes' }))])
  const a = await w.node('a')
  const picky = frozen('ntPicky', 'picky')
  await announce(w, a, await w.record({ version: 1 }, picky))
  await w.clock.advance(minute)
  const ok = await w.record({ version: 2, state: 'OK' }, picky)
  await announce(w, a, ok)
  await w.clock.advance(50 * minute)
  assert.deepEqual((await w.deliveries(ok)).map(({ status, attempts }) => [status, attempts.length]), [['waiting', 0]])
  await w.clock.advance(20 * minute)
  assert.deepEqual((await w.deliveries(ok)).map((one) => one.status), ['delivered'])
})

test('a notifier that stops gives back what hangs, and another takes it up', async (t) => {
  const w = world(t)
  const a = await w.node('a', { attemptTimeout: 10 * hour, lease: 20 * hour })
  w.mailbox.mishaps('hang')
  const entry = await w.record()
  await announce(w, a, entry)
  await w.clock.advance(1000)
  await w.clock.run(a.stop())
  assert.deepEqual((await w.deliveries(entry)).map(({ status, claim, attempts }) => [status, claim, attempts]), [['waiting', null, []]])
  await w.node('b')
  await w.clock.advance(2000)
  w.mailbox.expectOne({ state: 'CRITICAL' })
})

test('a notifier that stops finishes what can be finished', async (t) => {
  const w = world(t, [channel('leisurely', async ({ clock, signal }) => {
    await clock.sleep(3000, signal)
    return { kind: 'delivered', message: 'done' }
  })])
  const a = await w.node('a')
  const entry = await w.record({}, frozen('ntSlow', 'leisurely'))
  await announce(w, a, entry)
  await w.clock.advance(100)
  await w.clock.run(a.stop())
  assert.deepEqual((await w.deliveries(entry)).map((one) => one.status), ['delivered'])
  assert.equal(a.deliver.held, 0)
})

test('a store that does not answer for a while loses nothing', async (t) => {
  const w = world(t)
  const a = await w.node('a')
  const entry = await w.record({ at: w.clock.now() + 1000 })
  await announce(w, a, entry)
  w.store.faults.unavailable = true
  await w.clock.advance(5 * minute)
  w.mailbox.expectNothing()
  w.store.faults.unavailable = false
  w.store.loseNext('outbox.claim', 'now')
  w.store.loseNext('outbox.record', 'never')
  await w.clock.advance(5 * minute)
  assert.deepEqual((await w.deliveries(entry)).map((one) => one.status), ['delivered'])
  assert.equal(w.mailbox.all.length, 2)
})

test('a store that can be read and not written is not asked in a circle', async (t) => {
  const w = world(t)
  let claims = 0
  const a = await w.node('a', {}, 1000, (outbox) => ({ ...outbox, claim: async () => {
    claims += 1
    throw new StoreUnavailable('the disk is full', 'not done')
  } }))
  await announce(w, a, await w.record())
  await w.clock.advance(10_000)
  assert.ok(claims >= 5 && claims <= 12, `${claims} claims in ten seconds`)
})

test('secrets are opened for the channel alone', async (t) => {
  const got: unknown[] = []
  const w = world(t, [channel('echo', async ({ details, message }) => {
    got.push(details, message.entry.context?.check.details)
    return { kind: 'try-again', message: `you sent ${JSON.stringify(details)} to /services/T1/B2` }
  }, ['token', 'url'])])
  const entry = await w.record({ context: withSecret() }, frozen('ntEcho', 'echo', { token: 'sealed:opensesame', url: 'sealed:http://hooks.example/services/T1/B2?k=v', other: 'plain' }))
  await announce(w, await w.node('a'), entry)
  await w.clock.advance(100)
  assert.deepEqual(got.slice(0, 2), [
    { token: 'opensesame', url: 'http://hooks.example/services/T1/B2?k=v', other: 'plain' },
    { url: 'http://www.example.com/', auth_password: '********', headers: { authorization: '********' } },
  ])
  const [delivery] = await w.deliveries(entry)
  assert.equal(delivery?.attempts[0]?.message, 'you sent {"token":"***","url":"***","other":"plain"} to ***')
  assert.equal(delivery?.notification.details['token'], 'sealed:opensesame')
  assert.ok(!JSON.stringify(w.log.lines).includes('opensesame'))
})

const wrong: [name: string, channel: Channel | undefined, details: Record<string, unknown>, status: string, message: string][] = [
  ['a channel that is not here', undefined, {}, 'waiting', 'There is no channel of type odd here'],
  ['a seal that is not ours', channel('odd', async () => ({ kind: 'delivered', message: '' })), { token: 'sealed:broken' }, 'waiting', 'The secrets of the notification cannot be opened here'],
  ['details that do not fit', { ...channel('odd', async () => ({ kind: 'delivered', message: '' })), details: Type.Object({ url: Type.String() }) }, {}, 'given up', 'The details are not those of a odd notification'],
  ['a channel that throws', channel('odd', async () => { throw new TypeError('opensesame') }), {}, 'waiting', 'Internal error: TypeError'],
]
for (const [name, odd, details, status, message] of wrong) {
  test(`${name}: ${status}`, async (t) => {
    const w = world(t, odd === undefined ? [] : [odd])
    const entry = await w.record({}, frozen('ntOdd', 'odd', details))
    await announce(w, await w.node('a'), entry)
    await w.clock.advance(100)
    const [delivery] = await w.deliveries(entry)
    assert.deepEqual([delivery?.status, delivery?.attempts[0]?.message], [status, message])
    assert.ok(!JSON.stringify(w.log.lines).includes('opensesame'))
  })
}

test('a message has the account’s token and the names of its zones', async (t) => {
  const w = world(t)
  const stamps = { metadata: null, created_at: 0, updated_at: 0 }
  const zone = { id: 'mzlon', label: 'London (LON)', country_code: 'GB', source_ips: [], maximum_checks: null, maximum_agents: null, disabled: false, ...stamps }
  await w.clock.run(w.store.configuration.commit({ tenant: '' }, [{ kind: 'monitoringZone', id: 'mzlon', expected: 0, value: zone }]))
  await w.clock.run(w.store.configuration.commit({ tenant: '487439' }, [{ kind: 'account', id: '487439', expected: 0, value: { id: 'acAAAAAAAA', metadata: null, webhook_token: 'token12345' } }]))
  await announce(w, await w.node('a'), await w.record())
  await w.clock.advance(100)
  const { message } = w.mailbox.expectOne({ state: 'CRITICAL' })
  assert.deepEqual([message.account, message.zones], [{ id: 'acAAAAAAAA', metadata: null, webhook_token: 'token12345' }, { mzlon: 'London (LON)' }])
})

function channel(type: string, deliver: Channel['deliver'], secrets: readonly string[] = []): Channel {
  return defineChannel({ type, about: '', details: Type.Object({}), secrets, deliver })
}

function withSecret() {
  const { context } = change()
  assert.ok(context !== null)
  return { ...context, check: { ...context.check, details: { ...context.check.details, auth_password: 'sealed:pw', headers: { authorization: 'sealed:x' } } } }
}

/** Answers nothing until it recovers; counts how many wait for it at once. */
function simulatedHang(): { readonly channel: Channel; readonly most: number; recover(): void } {
  let well = false
  let now = 0
  let most = 0
  return {
    get most() { return most },
    recover: () => { well = true },
    channel: channel('slow', async ({ clock, signal }) => {
      if (well) return { kind: 'delivered', message: 'at last' }
      now += 1
      most = Math.max(most, now)
      try {
        await clock.sleep(hour, signal)
      } catch {
        // the attempt is over
      }
      now -= 1
      return { kind: 'try-again', message: 'timeout' }
    }),
  }
}
