import { simulatedClock, type NodeClock, type SimulatedClock } from '../../../src/adapters/simulated/clock.ts'
import type { LinkFaults } from '../../../src/adapters/simulated/link.ts'
import { recordingLog, type RecordingLog } from '../../../src/adapters/simulated/log.ts'
import { simulatedMailbox, type Mailbox } from '../../../src/adapters/simulated/mailbox.ts'
import { simulatedNetwork, type SimulatedNetwork, type Target } from '../../../src/adapters/simulated/network.ts'
import { simulatedRandom, type SimulatedRandom } from '../../../src/adapters/simulated/random.ts'
import { openReplicatedStore, type ReplicatedStore } from '../../../src/adapters/simulated/replicas/open.ts'
import { memorySpool, type MemorySpool } from '../../../src/adapters/spool/memory-spool.ts'
import { systemConfirmBus } from '../../../src/adapters/system/feed.ts'
import type { ConfigurationChange } from '../../../src/contracts/configuration.ts'
import type { Store } from '../../../src/contracts/store.ts'
import type { AlarmRow } from '../../../src/core/alarm-row.ts'
import { observationId } from '../../../src/core/observation.ts'
import { audience, creation, tenant, type Draft } from '../drafts.ts'
import { startServer, type Server } from '../server.ts'
import { self, selfPartition } from '../world.ts'
import { Deeds } from './deeds.ts'
import { regions, zones } from './places.ts'
import { startClusterPoller, type ClusterPoller } from './poller.ts'
import { trapped, type Trap } from './traps.ts'

/** What is watched, and what is configured of it now. */
export interface Watched { readonly site: Target; readonly draft: Draft; version: number; value: Draft['alarms'][number] | null }

/** ms between rounds of sweeper and notifier, s between two observations of ourselves; a poller asks for its schedule every 5 s. */
const options = { sweepEvery: 5000, notifyEvery: 3000, selfPeriod: 30 }
/** Deliveries are tried again soon, so that a short scenario sees them end. */
const deliver = { schedule: { first: 1000, factor: 2, cap: 8000, longestPause: 10_000, expireAfter: 3_600_000, maxAttempts: null }, lease: 25_000 }

/** Three regions, each with a replica and a process of all roles; a poller in each of four zones outside of them. */
export class Cluster {
  readonly random: SimulatedRandom
  readonly clock: SimulatedClock
  readonly network: SimulatedNetwork
  readonly store: ReplicatedStore
  readonly mailbox: Mailbox
  readonly log: RecordingLog = recordingLog()
  /** when (ms since the start) a poller was first told that an observation is safe */
  readonly acknowledged = new Map<string, number>()
  readonly servers: (Server | undefined)[] = []
  readonly pollers = new Map<string, ClusterPoller>()
  /** identities that a poller has on its disk, or had there */
  readonly spooled = new Set<string>()
  readonly deeds: Deeds
  /** ms for which the event loops of a zone's pollers stand still */
  readonly lag = new Map<string, number>()
  /** what befalls a process at a certain step of deciding */
  readonly traps: Trap[] = []
  readonly watched: Watched[] = []
  /** the store as somebody has it who watches all this and is never ill */
  readonly observer: Store
  readonly #spools = new Map<string, MemorySpool>()
  #starts = 0

  constructor(seed: number) {
    this.random = simulatedRandom(seed)
    this.clock = simulatedClock({ random: this.random.fork('order') })
    this.deeds = new Deeds(this.clock)
    this.network = simulatedNetwork(this.random.fork('network'))
    this.store = openReplicatedStore({ clock: this.clock, random: this.random.fork('store'), regions })
    this.mailbox = simulatedMailbox(() => this.clock.now())
    this.observer = this.store.connect('dc1', this.clock)
  }

  run<T>(work: Promise<T>): Promise<T> {
    return this.clock.run(work)
  }

  async start(): Promise<void> {
    const { configuration } = this.observer
    await this.run(configuration.commit({ tenant }, audience()))
    await this.run(configuration.commit(selfPartition, [
      { kind: 'entity', id: self.entity_id, expected: 0, value: { id: self.entity_id, label: 'itself', agent_id: null, ip_addresses: null, managed: false, uri: null, metadata: null, created_at: 0, updated_at: 0 } },
      { kind: 'check', id: self.id, expected: 0, value: { ...self, period: options.selfPeriod } },
    ]))
    for (const region of regions.keys()) await this.startServer(region)
    for (const zone of zones) await this.startPoller(zone)
  }

  /** Watches a site: the configuration first, then the alarm rows, as the API does. */
  async watch(site: Target, draft: Draft): Promise<void> {
    const value = draft.alarms[0] ?? null
    this.watched.push({ site, draft, version: 1, value })
    await this.configure(draft, creation(draft))
  }

  /** Through any server that lives. Rejects when it was not done; `rows`: the alarm rows too. */
  async configure({ entity }: Pick<Draft, 'entity'>, changes: readonly ConfigurationChange[], rows = true): Promise<void> {
    const server = this.random.pick(this.servers.filter((one) => one !== undefined))
    const work = async () => {
      if (changes.length > 0) await server.store.configuration.commit({ tenant, entity: entity.id }, changes)
      if (rows) await server.engine.configured(tenant, entity.id)
    }
    await this.run(unlessGone(work(), server.gone))
  }

  row({ draft }: Watched): Promise<AlarmRow | undefined> {
    const [alarm] = draft.alarms
    return this.run(this.observer.ledger.read({ tenant, entity: draft.entity.id, alarm: alarm?.id ?? '' }))
  }

  async startServer(index: number, skew = 0): Promise<void> {
    const region = regions[index] ?? 'dc1'
    const { clock, random, mailbox, log } = this
    this.#starts += 1
    const name = `${region}-${this.#starts}`
    const process = (node: NodeClock) => {
      const victim = { kill: () => this.killServer(index), pause: (ms: number) => this.pause({ name, clock: node }, ms), host: index }
      return this.deeds.overhear(name, trapped(this.store.connect(region, node), this.traps, victim, this.store.ring))
    }
    const world = { options, clock, random, mailbox, log, deliver, confirmBus: systemConfirmBus(clock), store: { process } }
    this.servers[index] = await this.run(startServer(world, name, skew))
  }

  killServer(index: number): void {
    const server = this.servers[index]
    if (server === undefined) return
    this.deeds.stopped(server.name)
    server.kill()
    this.servers[index] = undefined
  }

  /** SIGSTOP for `ms`. */
  pause({ name, clock }: { readonly name: string; readonly clock: NodeClock }, ms: number): void {
    this.deeds.stopped(name)
    clock.pause(ms)
  }

  async startPoller(zone: string, skew = 0): Promise<void> {
    const spool = this.#spools.get(zone) ?? this.#spool()
    this.#spools.set(zone, spool)
    this.#starts += 1
    this.pollers.set(zone, await this.run(startClusterPoller(this, { zone, name: `${zone}-${this.#starts}`, spool, skew })))
  }

  #spool(): MemorySpool {
    const spool = memorySpool(this.clock)
    return {
      ...spool,
      append: async (observations) => {
        await spool.append(observations)
        for (const one of observations) this.spooled.add(observationId(one))
      },
    }
  }

  /** Identities that still wait on a disk. */
  async waiting(): Promise<ReadonlySet<string>> {
    const all = await Promise.all(this.#spools.values().map((spool) => spool.pending(Number.MAX_SAFE_INTEGER)))
    return new Set(all.flat().map(({ observation }) => observationId(observation)))
  }

  /** kill -9; its spool stays on disk. */
  killPoller(zone: string): void {
    this.pollers.get(zone)?.clock.kill()
    this.pollers.delete(zone)
  }

  /** The faults of all links between pollers and endpoints. */
  links(): readonly LinkFaults[] {
    return this.pollers.values().toArray().flatMap((poller) => poller.links)
  }
}

/** Whoever asked a process that dies is told so. */
async function unlessGone(work: Promise<void>, gone: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  gone.addEventListener('abort', () => reject(gone.reason), { once: true })
  await Promise.race([work, promise])
}
