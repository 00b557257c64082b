import { memorySpool, type MemorySpool } from '../../src/adapters/spool/memory-spool.ts'
import type { ConfigurationChange } from '../../src/contracts/configuration.ts'
import type { Observation } from '../../src/core/observation.ts'
import type { AlarmRow, State } from '../../src/core/alarm-row.ts'
import { Checker, lost } from './checker.ts'
import { audience, creation, tenant, type Draft, type entityWith } from './drafts.ts'
import { duration } from './durations.ts'
import { startPollerNode, type PollerNode } from './poller.ts'
import { startServer, type Server } from './server.ts'
import { checkTypes, self, selfPartition, type World } from './world.ts'

export { simulated } from './world.ts'

/** Starts all processes of a simulation: one server or several on one store, and a poller a zone. */
export async function startSystem(world: World): Promise<System> {
  const system = new System(world)
  await system.start()
  return system
}

/** A running simulation, and the hands of those who play with it. */
export class System implements AsyncDisposable {
  readonly world: World
  readonly servers: (Server | undefined)[] = []
  /** by place: a zone, or 'zone/name' where a zone has several */
  readonly pollers = new Map<string, PollerNode>()
  /** ms for which the event loops of a zone's pollers stand still */
  readonly lag = new Map<string, number>()
  readonly checker = new Checker(new Map(checkTypes.map((type) => [type.type, type])))
  /** which server a poller finds: they are spread over those that live */
  route = (place: string): number => this.world.options.pollers.indexOf(place)
  readonly #spools = new Map<string, MemorySpool>()
  readonly #drafts: Draft[] = []
  #starts = 0
  #turn = 0

  constructor(world: World) {
    this.world = world
  }

  get mailbox() { return this.world.mailbox }
  get network() { return this.world.network }
  get store() { return this.world.store }
  get target() { return { http: (name?: string) => this.world.network.http(name) } }

  async start(): Promise<void> {
    const { configuration } = this.store
    await this.run(configuration.commit({ tenant }, audience()))
    await this.run(configuration.commit(selfPartition, [
      { kind: 'entity', id: self.entity_id, expected: 0, value: { id: self.entity_id, label: 'itself', agent_id: null, ip_addresses: null, managed: false, uri: null, metadata: null, created_at: 0, updated_at: 0 } },
      { kind: 'check', id: self.id, expected: 0, value: { ...self, period: this.world.options.selfPeriod } },
    ]))
    for (let n = 0; n < this.world.options.servers; n++) await this.startServer(n)
    for (const place of this.world.options.pollers) await this.startPoller(place)
  }

  /** Lets time pass until `work` is done. */
  run<T>(work: Promise<T>): Promise<T> {
    return this.world.clock.run(work)
  }

  /** Lets everything happen until the scenario has run for so long. */
  async until(text: string): Promise<void> {
    await this.world.clock.until(duration(text))
  }

  async pass(text: string): Promise<void> {
    await this.world.clock.advance(duration(text))
  }

  /** Configures a check with its alarms, as the API does: the commit first, then the alarm rows. */
  async create(make: ReturnType<typeof entityWith>): Promise<Draft> {
    const draft = make(this.world.options.zones, this.#drafts.push(undefined as never)) // the place is taken at once, and filled below
    this.#drafts[this.#drafts.length - 1] = draft
    await this.configure(draft, creation(draft))
    return draft
  }

  /** A change of configuration through any server that lives; without changes it only brings the alarm rows in line. */
  async configure(draft: Pick<Draft, 'entity'>, changes: readonly ConfigurationChange[]): Promise<void> {
    const server = this.#living(this.#turn++)
    if (server === undefined) throw new Error('there is no server to configure')
    await this.run((async () => {
      if (changes.length > 0) await server.store.configuration.commit({ tenant, entity: draft.entity.id }, changes)
      await server.engine.configured(tenant, draft.entity.id)
    })())
  }

  /** The recorded row of a draft's first alarm, or of another. */
  async row(draft: Draft, index = 0): Promise<AlarmRow | undefined> {
    const { id } = draft.alarms[index] ?? { id: '' }
    return this.run(this.store.ledger.read({ tenant, entity: draft.entity.id, alarm: id }))
  }

  async state(draft: Draft, index = 0): Promise<State | undefined> {
    return (await this.row(draft, index))?.state
  }

  async startServer(n = 0, skew = 0): Promise<void> {
    this.#starts += 1
    this.servers[n] = await this.run(startServer(this.world, `server-${n}-${this.#starts}`, skew))
  }

  killServer(n = 0): void {
    this.servers[n]?.kill()
    this.servers[n] = undefined
  }

  async startPoller(place: string, skew = 0): Promise<void> {
    const [zone = place] = place.split('/')
    const spool = this.#spools.get(place) ?? memorySpool(this.world.clock)
    this.#spools.set(place, spool)
    this.#starts += 1
    const name = `poller-${place}-${this.#starts}`
    this.pollers.set(place, await this.run(startPollerNode(this.world, { zone, name, spool, skew, server: () => this.#living(this.route(place)), lag: () => this.lag.get(zone) ?? 0 })))
  }

  killPoller(place: string): void {
    this.pollers.get(place)?.kill()
    this.pollers.delete(place)
  }

  /** A job reports, as by HTTP to any server. */
  async beat({ entity, check }: Draft): Promise<void> {
    const at = this.world.clock.now()
    const beat: Observation = {
      tenant, entity: entity.id, check: check.id, zone: 'heartbeat', slot: at, kind: 'scheduled', boot: 'job', sequence: 0, at, receivedAt: at,
      available: true, status: 'reported', metrics: {}, target: null, startDelay: 0, lag: 0, stressed: null, trace: `beat-${at}`,
    }
    const server = this.#living(this.#turn++)
    if (server !== undefined) await this.run(server.engine.ingest.take([beat], true))
  }

  /** How many observations wait on the disk of a poller. */
  spooled(place: string): number {
    return this.#spools.get(place)?.stats().count ?? 0
  }

  /** Whatever breaks a law of deciding in all that has happened so far. */
  problems(): readonly string[] {
    this.checker.read(this.store.history)
    const gone = lost(this.store.history, this.world.acknowledged).map((id) => `P1: ${id} was acknowledged and is not there`)
    return [...this.checker.problems.map(({ law, alarm, version, what }) => `${law}: ${alarm}@${version} ${what}`), ...gone]
  }

  /** Zones and people find different servers; who lost its server finds one of those that live. */
  #living(n: number): Server | undefined {
    const living = this.servers.filter((server) => server !== undefined)
    return living[n % living.length]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.pollers.values(), ...this.servers.filter((server) => server !== undefined)]
    for (const node of all) await this.run((async () => { await node[Symbol.asyncDispose]() })())
  }
}
