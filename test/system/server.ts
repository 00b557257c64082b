import type { NodeClock } from '../../src/adapters/simulated/clock.ts'
import { systemFeed } from '../../src/adapters/system/feed.ts'
import type { SecretBox } from '../../src/contracts/secret-box.ts'
import type { Store } from '../../src/contracts/store.ts'
import type { EndpointLink } from '../../src/contracts/transport.ts'
import type { DeliverSettings } from '../../src/flows/deliver.ts'
import { uptime } from '../../src/flows/uptime.ts'
import { buildEngine, type Engine } from '../../src/program/engine.ts'
import { keepPresent } from '../../src/roles/endpoint/presence.ts'
import { startEndpoint } from '../../src/roles/endpoint/start-endpoint.ts'
import { startNotifier } from '../../src/roles/notifier/start-notifier.ts'
import { startSelf } from '../../src/roles/self/start-self.ts'
import { startSweeper } from '../../src/roles/sweeper/start-sweeper.ts'
import { tenant } from './drafts.ts'
import { checkTypes, self, type World } from './world.ts'

/** One process with every role of a data centre, on the simulated machine `name`. */
export interface Server extends AsyncDisposable {
  readonly name: string
  readonly clock: NodeClock
  readonly store: Store
  readonly engine: Engine
  readonly endpoint: EndpointLink
  /** aborted when the process has ended, one way or the other: connections to it break */
  readonly gone: AbortSignal
  /** kill -9 */
  kill(): void
}

/** What servers run in: one store for all of them, or one of many replicas. */
export interface ServerWorld extends Pick<World, 'clock' | 'random' | 'mailbox' | 'confirmBus' | 'log'> {
  readonly options: Pick<World['options'], 'sweepEvery' | 'notifyEvery' | 'selfPeriod'>
  readonly store: { process(node: NodeClock): Store }
  readonly deliver?: Partial<DeliverSettings>
}

/** Nothing is secret in a simulation. */
const openBox: SecretBox = {
  seal: (plain) => `sealed:${plain}`,
  open: (sealed) => sealed.slice('sealed:'.length),
  isSealed: (text) => text.startsWith('sealed:'),
}

/** A server that fails to start is dead: undefined. */
export async function startServer(world: ServerWorld, name: string, skew = 0): Promise<Server | undefined> {
  const clock = world.clock.node(name, { skew })
  try {
    return await start(world, name, clock)
  } catch (error) {
    world.log.error({ node: name, error: String(error) }, 'did not start')
    clock.kill()
    return undefined
  }
}

async function start(world: ServerWorld, name: string, clock: NodeClock): Promise<Server> {
  const { options, mailbox } = world
  const store = world.store.process(clock)
  const confirmBus = store.confirmBus ?? world.confirmBus
  const random = world.random.fork(`server ${name}`)
  const log = world.log.with({ node: name })
  const end = new AbortController()
  const engine = buildEngine({
    store, checkTypes, channels: [mailbox], secretBox: openBox, confirmBus, clock, random, log, owner: name,
    resolver: { resolve: async () => ({ kind: 'not found', detail: 'nothing is looked up in a simulation' }) },
    feed: systemFeed(clock), tenants: async () => [tenant], link: () => null, deliver: world.deliver ?? {}, isShared: true,
    uptime: (_health, from, to) => uptime(store.metrics, { check: self.id, zone: 'agent', metric: 'problems', period: options.selfPeriod * 1000 }, from, to),
  })
  const following = engine.plans.follow(end.signal)
  const sweeper = await startSweeper({ sweep: engine.sweep, leases: store.leases, owner: name, clock, log, every: options.sweepEvery })
  const notifier = await startNotifier({ deliver: engine.deliver, outbox: store.outbox, clock, log, pollEvery: options.notifyEvery })
  const presence = keepPresent({ leases: store.leases, owner: name, clock, log, healthyFor: () => engine.health.healthyFor() })
  const itself = startSelf({
    facts: async () => ({ metrics: { problems: { type: 'i', value: 0, unit: 'problems' } }, problems: [] }),
    check: async () => ({ tenant, entity: self.entity_id, check: self.id, period: options.selfPeriod }),
    take: (observations, live) => engine.ingest.take(observations, live), boot: name, clock, log,
  })
  return {
    name, clock, store, engine, gone: end.signal,
    endpoint: startEndpoint({ ingest: engine.ingest, configuration: store.configuration, leases: store.leases, confirmBus, clock }),
    kill() {
      clock.kill()
      end.abort(new Error(`${name} is dead`))
    },
    async [Symbol.asyncDispose]() {
      end.abort(new Error(`${name} has stopped`))
      await itself[Symbol.asyncDispose]()
      await presence[Symbol.asyncDispose]()
      await sweeper[Symbol.asyncDispose]()
      await notifier[Symbol.asyncDispose]()
      await following
      await store[Symbol.asyncDispose]()
    },
  }
}
