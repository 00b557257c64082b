import type { Target } from '../../../src/adapters/simulated/network.ts'
import type { SimulatedRandom } from '../../../src/adapters/simulated/random.ts'
import { tenant } from '../drafts.ts'
import type { Cluster } from './cluster.ts'
import { regions, zones } from './places.ts'
import type { Mishap, Step } from './traps.ts'

/** 'all': anything may fail. 'ours': no site ever fails, and of the zones' networks only the first one's. */
export type Mood = 'all' | 'ours'

function calm(site: Target): void {
  site.up()
  site.answer('200')
  site.latency(20)
}

type Act = () => void | Promise<void>
const calmLink = { cut: false, delay: [2, 30], loseBefore: 0, loseAfter: 0, duplicate: 0 } as const

/** Breaks things at random, and mends them all. */
export class Storm {
  readonly #cluster: Cluster
  readonly #random: SimulatedRandom
  readonly #mood: Mood
  readonly #acts: readonly Act[]
  /** what was done, in words: the timeline of a seed */
  readonly journal: string[] = []

  constructor(cluster: Cluster, mood: Mood) {
    this.#cluster = cluster
    this.#random = cluster.random.fork('storm')
    this.#mood = mood
    const often = (count: number, act: Act) => Array.from({ length: count }, () => act)
    this.#acts = [
      ...often(3, () => this.#region()), ...often(3, () => this.#replica()), ...often(3, () => this.#partition()), ...often(3, () => this.#wires()),
      ...often(4, () => this.#process()), ...often(4, () => this.#trap()), ...often(3, () => this.#links()), ...often(2, () => this.#poller()), ...often(2, () => this.#pause()),
      () => this.#clocks(), () => this.#stress(), ...often(2, () => this.#mailbox()), ...often(2, () => this.#zoneNetwork()),
      ...(mood === 'ours' ? [] : [...often(14, () => this.#site()), ...often(2, () => this.#configuration())]),
    ]
  }

  /** Something goes wrong, or right, every few seconds until `end` (ms since the start). */
  async until(end: number): Promise<void> {
    for (let now = this.#now(); now < end; now = this.#now()) {
      await this.#random.pick(this.#acts)()
      await this.#cluster.clock.until(Math.min(end, now + this.#random.float() ** 2 * 12_000))
    }
  }

  /** Everything works again, also what had died; the sites stay as they are. */
  async mend(): Promise<void> {
    const { network, store: { ring }, mailbox, lag, traps, watched, servers, pollers } = this.#cluster
    this.note('everything is mended')
    ring.wires.mend()
    mailbox.closed = false
    lag.clear()
    traps.splice(0)
    for (const zone of zones) {
      network.loss(zone, 0)
      network.join(zone)
    }
    for (const { site } of watched) site.comeBackFor(...zones)
    for (const index of regions.keys()) ring.start(index, this.#skew(500))
    for (const index of regions.keys()) if (servers[index] === undefined) await this.#cluster.startServer(index, this.#skew(500))
    for (const zone of zones) if (!pollers.has(zone)) await this.#cluster.startPoller(zone, this.#skew(500))
    for (const link of this.#cluster.links()) Object.assign(link, calmLink)
  }

  note(what: string): void {
    this.journal.push(`${(this.#now() / 1000).toFixed(1)} s: ${what}`)
  }

  /** A truck drives into a data centre; or what it broke is there again. */
  async #region(): Promise<void> {
    const { servers, store: { ring } } = this.#cluster
    const index = this.#random.integer(0, regions.length)
    const dead = servers[index] === undefined
    if (!dead && this.#random.chance(0.5)) {
      const disk = this.#random.chance(0.2) && ring.hosts.every((host) => host.alive)
      if (disk) ring.lose(index)
      else ring.kill(index)
      this.#cluster.killServer(index)
      this.note(`${regions[index]} is gone${disk ? ', its disk too' : ''}`)
      return
    }
    for (const at of regions.keys()) ring.start(at, this.#skew(500))
    for (const at of regions.keys()) if (servers[at] === undefined) await this.#cluster.startServer(at, this.#skew(1000))
    this.note('all regions are there again')
  }

  #replica(): void {
    const { ring } = this.#cluster.store
    const index = this.#random.integer(0, regions.length)
    const ms = this.#random.integer(200, 20_000)
    const [what, act] = this.#random.pick([
      ['is killed', () => ring.kill(index)], ['is started', () => ring.start(index, this.#skew(500))], ['is started', () => ring.start(index, this.#skew(500))],
      [`stands still for ${ms} ms`, () => ring.pause(index, ms)],
    ] as const)
    act()
    this.note(`the replica of ${regions[index]} ${what}`)
  }

  #partition(): void {
    const { wires } = this.#cluster.store.ring
    const [a, b] = [this.#random.pick(regions), this.#random.pick(regions)]
    if (a === b || this.#random.chance(0.4)) {
      for (const from of regions) for (const to of regions) wires.join(from, to)
      this.note('the regions reach each other')
      return
    }
    wires.cut(a, b)
    const oneWay = this.#random.chance(0.3)
    if (!oneWay) wires.cut(b, a)
    const isolated = !oneWay && this.#random.chance(0.5)
    if (isolated) for (const other of regions) if (other !== a) for (const [from, to] of [[a, other], [other, a]] as const) wires.cut(from, to)
    this.note(isolated ? `${a} is cut off` : `the way from ${a} to ${b} is cut${oneWay ? ', and not the way back' : ''}`)
  }

  #wires(): void {
    const change = this.#random.pick([
      { loss: this.#random.float() * 0.3 }, { loss: 0 }, { duplicate: 0.3 }, { duplicate: 0 }, { far: [5, this.#random.integer(50, 900)] as const }, { far: [4, 12] as const }, { far: [4, 12] as const },
    ])
    Object.assign(this.#cluster.store.ring.wires.faults, change)
    this.note(`between the regions: ${JSON.stringify(change)}`)
  }

  async #process(): Promise<void> {
    const { servers } = this.#cluster
    const index = this.#random.integer(0, regions.length)
    if (servers[index] === undefined) await this.#cluster.startServer(index, this.#skew(1000))
    else if (this.#random.chance(0.5)) this.#cluster.killServer(index)
    this.note(`the process of ${regions[index]} is ${servers[index] === undefined ? 'dead' : 'alive'}`)
  }

  /** What happens at the worst moment: in the middle of a decision; and sometimes what was to be decided is over by then. */
  #trap(): void {
    const mishap: Mishap = this.#random.pick(['kill', 'pause', 'kill replica', 'pause replica', 'pause replica', 'orphan', 'orphan'])
    const step: Step = mishap === 'orphan' ? 'change' : this.#random.pick(['intend', 'commit', 'change', 'change', 'enqueue'])
    // Longer than it takes until others take an intent for an orphan.
    const ms = mishap === 'orphan' ? this.#random.integer(20_000, 40_000) : this.#random.integer(5000, 30_000)
    const passes = this.#mood === 'all' && this.#random.chance(0.7)
    const also = () => {
      this.note(`${step}: ${mishap}${passes ? ', and all sites are well' : ''}`)
      if (passes) for (const { site } of this.#cluster.watched) calm(site)
    }
    this.#cluster.traps.push({ step, mishap, ms, also })
    this.note(`whoever comes to '${step}' next: ${mishap}`)
    if (passes) this.#site()
  }

  #links(): void {
    const links = this.#cluster.links()
    if (links.length === 0) return
    const link = this.#random.pick(links)
    const change = this.#random.pick([{ cut: true }, { cut: false }, { loseBefore: 0.5 }, { loseAfter: 0.5 }, { duplicate: 0.5 }, { delay: [5, 2000] as const }, calmLink])
    Object.assign(link, change)
    this.note(`a poller's way to a region: ${JSON.stringify(change)}`)
  }

  async #poller(): Promise<void> {
    const { pollers } = this.#cluster
    const zone = this.#zone()
    if (!pollers.has(zone)) await this.#cluster.startPoller(zone, this.#skew(3000))
    else if (this.#random.chance(0.5)) this.#cluster.killPoller(zone)
    this.note(`the poller of ${zone} is ${pollers.has(zone) ? 'alive' : 'dead'}`)
  }

  #pause(): void {
    const node = this.#random.pick([...this.#cluster.servers, ...this.#cluster.pollers.values()])
    const ms = this.#random.integer(100, 30_000)
    if (node !== undefined) this.#cluster.pause(node, ms)
    this.note(`a process stands still for ${ms} ms`)
  }

  #clocks(): void {
    const node = this.#random.pick([...this.#cluster.servers, ...this.#cluster.pollers.values()])
    const ms = this.#random.integer(-1000, 1000)
    node?.clock.jump(ms)
    this.note(`a clock jumps by ${ms} ms`)
  }

  #stress(): void {
    const zone = this.#zone()
    const lag = this.#random.pick([0, 0, 3000])
    this.#cluster.lag.set(zone, lag)
    this.note(`the event loops of ${zone} lag by ${lag} ms`)
  }

  #mailbox(): void {
    const { mailbox } = this.#cluster
    mailbox.mishaps(this.#random.pick(['refuse', 'lose the answer', 'hang']))
    mailbox.closed = this.#random.chance(0.3)
    this.note(`the mailbox is ${mailbox.closed ? 'closed' : 'open'}`)
  }

  #zoneNetwork(): void {
    const { network, watched } = this.#cluster
    const zone = this.#mood === 'ours' ? zones[0] : this.#zone()
    const { site } = this.#random.pick(watched)
    const share = this.#random.float()
    const [what, act] = this.#random.pick([
      ['is cut', () => network.cut(zone)], ['is joined', () => network.join(zone)], [`loses ${share}`, () => network.loss(zone, share)], ['loses nothing', () => network.loss(zone, 0)],
      [`does not see ${site.hostname}`, () => site.vanishFor(zone)], [`sees ${site.hostname}`, () => site.comeBackFor(zone)],
    ] as const)
    act()
    this.note(`${zone} ${what}`)
  }

  #site(): void {
    const { site } = this.#random.pick(this.#cluster.watched)
    const [what, act] = this.#random.pick([
      ['goes down', () => site.down()], ['comes up', () => site.up()], ['answers 503', () => site.answer('503')], ['answers 200', () => site.answer('200')],
      ['is slow', () => site.latency(this.#random.integer(20, 8000))], ['is quick', () => site.latency(20)],
    ] as const)
    act()
    this.note(`${site.hostname} ${what}`)
  }

  /** Somebody changes an alarm; half of the time the process dies before any alarm row is touched, or the store lets it down. */
  async #configuration(): Promise<void> {
    const one = this.#random.pick(this.#cluster.watched)
    const [original] = one.draft.alarms
    if (original === undefined || this.#cluster.servers.every((server) => server === undefined)) return
    const present = await this.#observed(one)
    if (present === undefined) return
    const value = this.#random.pick([original, { ...original, disabled: true }, { ...original, criteria: null }, null])
    const change = { kind: 'alarm', id: original.id, expected: present.version, value } as const
    if (value === null && present.version === 0) return
    const [done] = await Promise.allSettled([this.#cluster.configure(one.draft, [change], this.#random.chance(0.5))])
    this.note(`${original.id} becomes ${value === null ? 'nothing' : JSON.stringify({ disabled: value.disabled, criteria: value.criteria })}: ${done.status}`)
  }

  /** The version that stands, 0 when there is none; undefined when the store does not tell. */
  async #observed({ draft }: Cluster['watched'][number]): Promise<{ version: number } | undefined> {
    const [result] = await Promise.allSettled([this.#cluster.run(this.#cluster.observer.configuration.get('alarm', { tenant, entity: draft.entity.id }, draft.alarms[0]?.id ?? ''))])
    return result.status === 'rejected' ? undefined : { version: result.value?.version ?? 0 }
  }

  #skew(most: number): number {
    return this.#random.integer(-most, most)
  }

  #zone(): string {
    return this.#random.pick(zones)
  }

  #now(): number {
    return this.#cluster.clock.monotonic()
  }
}
