import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { allChannels } from '../../src/adapters/channels/index.ts'
import { openEmbedded } from '../../src/adapters/store-embedded/index.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemFeed } from '../../src/adapters/system/feed.ts'
import { systemLog } from '../../src/adapters/system/log.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import type { Store } from '../../src/contracts/store.ts'
import type { FrozenNotification, LedgerEntry } from '../../src/core/alarm-row.ts'
import { retryDefaults } from '../../src/core/routing/retry.ts'
import { Deliver, deliverDefaults } from '../../src/flows/deliver.ts'
import { startNotifier } from '../../src/roles/notifier/start-notifier.ts'
import { change, frozen, rowOf } from './change.ts'
import { httpReceiver, loopback, type HttpReceiver } from './receivers.ts'
import { glassBox } from './world.ts'

const clock = systemClock
const log = systemLog('silent')

test('two notifiers on a real store share the work and deliver once, through ten refusals', { timeout: 60_000 }, async () => {
  await using folder = await temporary()
  await using store = await openEmbedded({ directory: folder.path, clock, log })
  await using receiver = await httpReceiver()
  let refused = 0
  receiver.answer(() => ({ status: refused++ < 10 ? 500 : 200 }))
  await using a = await notifier(store, 'a')
  await using b = await notifier(store, 'b')
  const entries = await Promise.all(Array.from({ length: 30 }, (_, n) => record(store, n, hook(receiver))))
  await Promise.all(entries.map((entry, n) => (n % 2 === 0 ? a : b).deliver.enqueueAll(entry)))
  while (receiver.letters.length < 40) await receiver.next()
  await Promise.all([a.stop(), b.stop()])
  const keys = receiver.letters.map((letter) => letter.headers['idempotency-key'])
  assert.equal(keys.length, 40)
  assert.equal(new Set(keys).size, 30)
  for (const entry of entries) {
    const [delivery] = await store.outbox.deliveries(entry.key, entry.version)
    assert.equal(delivery?.status, 'delivered')
    assert.equal(delivery?.attempts.at(-1)?.message, 'Success: Webhook successfully executed')
  }
})

test('what waits when everything stops goes out after the next start, with the same key', { timeout: 60_000 }, async () => {
  await using folder = await temporary()
  await using receiver = await httpReceiver()
  receiver.behave('refuse for now')
  let entry: LedgerEntry
  {
    await using store = await openEmbedded({ directory: folder.path, clock, log })
    await using a = await notifier(store, 'a')
    entry = await record(store, 1, hook(receiver))
    await a.deliver.enqueueAll(entry)
    await receiver.next()
  }
  const [refused] = receiver.letters
  receiver.behave('accept')
  await using store = await openEmbedded({ directory: folder.path, clock, log })
  const arrives = receiver.next()
  await using b = await notifier(store, 'b')
  assert.equal((await arrives).headers['idempotency-key'], refused?.headers['idempotency-key'])
  await b.stop()
  const [delivery] = await store.outbox.deliveries(entry.key, entry.version)
  assert.deepEqual([delivery?.status, delivery?.attempts.at(-1)?.from], ['delivered', 'b'])
})

const hook = (receiver: HttpReceiver): FrozenNotification => frozen('ntHook', 'webhook', { url: receiver.url, secret: 'sealed:sesame' })

async function notifier(store: Store, owner: string): Promise<AsyncDisposable & { readonly deliver: Deliver; stop(): Promise<void> }> {
  const deliver = new Deliver({
    ...store, clock, random: systemRandom, log, feed: systemFeed(clock), owner, resolver: loopback, secretBox: glassBox, link: () => null,
    channels: new Map(allChannels(null).map((channel) => [channel.type, channel])),
    settings: { ...deliverDefaults, schedule: { ...retryDefaults, first: 50, cap: 100 } },
  })
  const running = await startNotifier({ deliver, outbox: store.outbox, clock, log, pollEvery: 100 })
  const stop = async () => running[Symbol.asyncDispose]()
  return { deliver, stop, [Symbol.asyncDispose]: stop }
}

async function record(store: Store, n: number, to: FrozenNotification): Promise<LedgerEntry> {
  const entry = change({ version: 1, at: clock.now(), key: { tenant: '487439', entity: 'enPUVwV0IL', alarm: `alNumber${n}` }, notifications: [to] })
  assert.equal(await store.ledger.commit(0, rowOf(entry), entry), 'applied')
  return entry
}

async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'vedette-notifier-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
