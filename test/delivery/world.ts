import type { TestContext } from 'node:test'
import { simulatedClock, type NodeClock, type SimulatedClock } from '../../src/adapters/simulated/clock.ts'
import { recordingLog, type RecordingLog } from '../../src/adapters/simulated/log.ts'
import { simulatedMailbox, type Mailbox } from '../../src/adapters/simulated/mailbox.ts'
import { simulatedRandom } from '../../src/adapters/simulated/random.ts'
import { openSimulatedStore, type SimulatedStore } from '../../src/adapters/simulated/store/open.ts'
import { systemFeed } from '../../src/adapters/system/feed.ts'
import type { Channel } from '../../src/contracts/channel.ts'
import type { Feed } from '../../src/contracts/feed.ts'
import type { Outbox } from '../../src/contracts/outbox.ts'
import type { SecretBox } from '../../src/contracts/secret-box.ts'
import type { Delivery, FrozenNotification, LedgerEntry } from '../../src/core/alarm-row.ts'
import { Deliver, deliverDefaults, type DeliverSettings } from '../../src/flows/deliver.ts'
import { startNotifier, type Notifier } from '../../src/roles/notifier/start-notifier.ts'
import { change, frozen, rowOf } from './change.ts'
import { loopback } from './receivers.ts'

/** Seals so that a test can see through it. */
export const glassBox: SecretBox = {
  seal: (plain) => `sealed:${plain}`,
  open: (sealed) => {
    if (sealed.includes('broken')) throw new Error('a foreign seal')
    return sealed.slice('sealed:'.length)
  },
  isSealed: (text) => text.startsWith('sealed:'),
}

export interface Node {
  readonly deliver: Deliver
  readonly notifier: Notifier
  stop(): Promise<void>
  /** as by kill -9 */
  kill(): void
}

/** A store, a mailbox and any number of notifiers in simulated time. */
export interface World {
  readonly clock: SimulatedClock
  readonly store: SimulatedStore
  readonly log: RecordingLog
  readonly feed: Feed
  readonly mailbox: Mailbox
  /** starts a notifier on a machine of its own */
  node(owner: string, settings?: Partial<DeliverSettings>, pollEvery?: number, spoil?: (outbox: Outbox) => Outbox): Promise<Node>
  /** records a change that tells these, as a decider that died before it made deliveries */
  record(other?: Partial<LedgerEntry>, ...to: readonly FrozenNotification[]): Promise<LedgerEntry>
  deliveries(entry: LedgerEntry): Promise<readonly Delivery[]>
}

export const toMailbox = frozen('ntMail', 'mailbox')

export function world(t: TestContext, channels: readonly Channel[] = []): World {
  const clock = simulatedClock()
  const random = simulatedRandom(7)
  const store = openSimulatedStore({ clock, random })
  const log = recordingLog()
  const feed = systemFeed(clock)
  const mailbox = simulatedMailbox()
  const alive = new Set<Node>()
  t.after(async () => {
    for (const node of alive) await clock.run(node.stop())
  })
  return {
    clock, store, log, feed, mailbox,
    async node(owner, settings = {}, pollEvery = 1000, spoil = (outbox) => outbox) {
      const machine: NodeClock = clock.node(owner)
      const process = store.process(machine)
      const deliver = new Deliver({
        ...process, outbox: spoil(process.outbox), clock: machine, random, log, feed, owner, resolver: loopback, secretBox: glassBox, link: () => null, settings: { ...deliverDefaults, ...settings },
        channels: new Map([mailbox, ...channels].map((channel) => [channel.type, channel])),
      })
      const notifier = await startNotifier({ deliver, outbox: process.outbox, clock: machine, log, pollEvery })
      const node: Node = {
        deliver, notifier,
        async stop() {
          alive.delete(node)
          await notifier[Symbol.asyncDispose]()
        },
        kill() {
          alive.delete(node)
          machine.kill()
        },
      }
      alive.add(node)
      return node
    },
    async record(other = {}, ...to) {
      const entry = change({ version: 1, at: clock.now(), notifications: to.length === 0 ? [toMailbox] : to, ...other })
      await clock.run(store.ledger.commit(entry.version - 1, rowOf(entry), entry))
      return entry
    },
    deliveries: (entry) => clock.run(store.outbox.deliveries(entry.key, entry.version)),
  }
}
