import type { Target } from '../../src/adapters/simulated/network.ts'
import type { SimulatedRandom } from '../../src/adapters/simulated/random.ts'
import { noFaults } from '../../src/adapters/simulated/store/line.ts'
import type { Alarm } from '../../src/core/entities/resources.ts'
import { tenant, type Draft } from './drafts.ts'
import { duration } from './durations.ts'
import type { System } from './start-system.ts'

/** A site, what watches it, and what is configured of it now. */
export interface Watched { readonly site: Target; readonly draft: Draft; alarm: { version: number; value: Alarm | null } }

/** 'all': anything may fail. 'ours': no site ever fails, and of the zones' networks only the first one's. */
export type Mood = 'all' | 'ours'

const healthyLatency = [1, 4] as const

/** Breaks things at random, and mends them all. */
export class Chaos {
  readonly #system: System
  readonly #random: SimulatedRandom
  readonly #watched: readonly Watched[]
  readonly #actions: readonly (() => void | Promise<void>)[]
  /** what was done, in words: the start of an explanation when a seed fails */
  readonly journal: string[] = []

  constructor(system: System, watched: readonly Watched[], mood: Mood) {
    this.#system = system
    this.#watched = watched
    this.#random = system.world.random.fork('chaos')
    const ours = [() => this.#zoneNetwork(mood), () => this.#zoneNetwork(mood), () => this.#store(), () => this.#store(), () => this.#commit(), () => this.#commit(), () => this.#links(), () => this.#server(), () => this.#poller(), () => this.#pause(), () => this.#clocks(), () => this.#stress(), () => this.#mailbox()]
    this.#actions = mood === 'ours' ? ours : [...ours, ...Array.from({ length: 8 }, () => () => this.#site()), ...Array.from({ length: 3 }, () => () => this.#configuration())]
  }

  /** Something goes wrong, or right, every now and then until the scenario has run for so long. */
  async until(text: string): Promise<void> {
    const end = duration(text)
    for (let now = this.#now(); now < end; now = this.#now()) {
      await this.#random.pick(this.#actions)()
      await this.#system.world.clock.until(Math.min(end, now + this.#random.float() ** 2 * 20_000))
    }
  }

  /** Everything works again, also what had died; the sites stay as they are. */
  async mend(): Promise<void> {
    const { network, store, mailbox, world, servers, pollers } = this.#system
    this.#note('everything is mended')
    Object.assign(store.faults, noFaults, { latency: healthyLatency })
    mailbox.closed = false
    this.#system.lag.clear()
    for (const zone of ['', ...world.options.zones]) {
      network.loss(zone, 0)
      network.join(zone)
    }
    for (const { site } of this.#watched) site.comeBackFor(...world.options.zones)
    for (const [n, server] of servers.entries()) if (server === undefined) await this.#system.startServer(n)
    for (const place of world.options.pollers) if (!pollers.has(place)) await this.#system.startPoller(place)
    for (const { link } of pollers.values()) Object.assign(link, { cut: false, loseBefore: 0, loseAfter: 0, duplicate: 0 })
  }

  #site(): void {
    const { site } = this.#random.pick(this.#watched)
    const [name, act] = this.#random.pick([
      ['goes down', () => site.down()], ['comes up', () => site.up()],
      ['answers 503', () => site.answer('503')], ['answers 200', () => site.answer('200')],
      ['is slow', () => site.latency(this.#random.integer(20, 12_000))], ['is quick', () => site.latency(20)],
    ] as const)
    act()
    this.#note(`${site.hostname} ${name}`)
  }

  #zoneNetwork(mood: Mood): void {
    const { network, world } = this.#system
    const zone = mood === 'ours' ? world.options.zones[0] ?? '' : this.#zone()
    const { site } = this.#random.pick(this.#watched)
    const share = this.#random.float()
    const [name, act] = this.#random.pick([
      ['is cut', () => network.cut(zone)], ['is joined', () => network.join(zone)], [`loses ${share}`, () => network.loss(zone, share)], ['loses nothing', () => network.loss(zone, 0)],
      [`does not see ${site.hostname}`, () => site.vanishFor(zone)], [`sees ${site.hostname}`, () => site.comeBackFor(zone)],
    ] as const)
    act()
    this.#note(`${zone} ${name}`)
  }

  #store(): void {
    const { faults } = this.#system.store
    const change = this.#random.pick([
      { unavailable: true }, { unavailable: false }, { unavailable: false }, { lose: this.#random.float() / 2 }, { lose: 0 }, { refuse: this.#random.float() / 2 }, { refuse: 0 },
      { latency: [10, this.#random.integer(20, 3000)] }, { latency: healthyLatency },
    ] as const)
    Object.assign(faults, change)
    this.#note(`the store: ${JSON.stringify(change)}`)
  }

  #commit(): void {
    const fate = this.#random.pick(['now', 'later', 'never'] as const)
    this.#system.store.loseNext('ledger.commit', fate)
    this.#note(`the answer to the next commit gets lost; it is applied: ${fate}`)
  }

  #links(): void {
    const place = this.#place()
    const link = this.#system.pollers.get(place)?.link
    if (link === undefined) return
    const change = this.#random.pick([{ cut: true }, { cut: false }, { cut: false }, { loseBefore: 0.5 }, { loseAfter: 0.5 }, { duplicate: 0.5 }, { loseBefore: 0, loseAfter: 0, duplicate: 0 }, { delay: [5, 2000] as const }, { delay: [2, 30] as const }])
    Object.assign(link, change)
    this.#note(`the link of ${place}: ${JSON.stringify(change)}`)
  }

  async #server(): Promise<void> {
    const n = this.#random.integer(0, this.#system.servers.length)
    if (this.#random.chance(0.4)) this.#system.killServer(n)
    else for (const [at, server] of this.#system.servers.entries()) if (server === undefined) await this.#system.startServer(at, this.#random.integer(-1500, 1500))
    this.#note(`servers: ${this.#system.servers.map((server) => (server === undefined ? 'dead' : 'alive')).join()}`)
  }

  async #poller(): Promise<void> {
    const place = this.#place()
    if (this.#random.chance(0.4)) this.#system.killPoller(place)
    else if (!this.#system.pollers.has(place)) await this.#system.startPoller(place, this.#random.integer(-3000, 3000))
    this.#note(`the poller of ${place} is ${this.#system.pollers.has(place) ? 'alive' : 'dead'}`)
  }

  #pause(): void {
    const node = this.#random.pick([...this.#system.servers, ...this.#system.pollers.values()])
    const ms = this.#random.integer(100, 40_000)
    node?.clock.pause(ms)
    this.#note(`a process stands still for ${ms} ms`)
  }

  #clocks(): void {
    const node = this.#random.pick([...this.#system.servers, ...this.#system.pollers.values()])
    const ms = this.#random.integer(-1000, 1000)
    node?.clock.jump(ms)
    this.#note(`a clock jumps by ${ms} ms`)
  }

  #stress(): void {
    const zone = this.#zone()
    const lag = this.#random.pick([0, 0, 3000])
    this.#system.lag.set(zone, lag)
    this.#note(`the event loops of ${zone} lag by ${lag} ms`)
  }

  #mailbox(): void {
    const { mailbox } = this.#system
    mailbox.mishaps(this.#random.pick(['refuse', 'lose the answer', 'hang']))
    mailbox.closed = this.#random.chance(0.3)
    this.#note(`the mailbox is ${mailbox.closed ? 'closed' : 'open'}`)
  }

  async #configuration(): Promise<void> {
    const one = this.#random.pick(this.#watched)
    const { faults } = this.#system.store
    if (faults.unavailable || faults.lose > 0 || faults.refuse > 0 || this.#system.servers.every((server) => server === undefined)) return
    const [original] = one.draft.alarms
    if (original === undefined) return
    const value = this.#random.pick([original, { ...original, disabled: true }, { ...original, criteria: null }, null])
    if (value === null && one.alarm.value === null) return
    const changes = [{ kind: 'alarm', id: original.id, expected: one.alarm.value === null ? 0 : one.alarm.version, value }] as const
    one.alarm = { version: one.alarm.version + 1, value }
    await this.#system.run(this.#system.store.configuration.commit({ tenant, entity: one.draft.entity.id }, changes))
    // Half of the time the server dies right after the commit, before any alarm row is touched; or the store lets it down.
    if (this.#random.chance(0.5)) await Promise.allSettled([this.#system.configure(one.draft, [])])
    this.#note(`${original.id} is ${value === null ? 'deleted' : JSON.stringify({ disabled: value.disabled, criteria: value.criteria })}`)
  }

  #zone(): string {
    return this.#random.pick(this.#system.world.options.zones)
  }

  #place(): string {
    return this.#random.pick(this.#system.world.options.pollers)
  }

  #now(): number {
    return this.#system.world.clock.monotonic()
  }

  #note(what: string): void {
    this.journal.push(`${(this.#now() / 1000).toFixed(1)} s: ${what}`)
  }
}
