import type { SimulatedRandom } from '../random.ts'
import { merged, missing, restamp, stamp, type Mutation, type Rows, type Slice, type Values } from './cells.ts'
import type { Promised, Proposal, Replica } from './replica.ts'
import type { Place, Wires } from './wires.ts'

/** How many replicas have to answer: the one of the coordinator's region, or two of three. */
export type Level = 'LOCAL' | 'QUORUM'
/** A replica's process, as long as it lives. */
export interface Peer { readonly replica: Replica; readonly place: Place }
/** Too few replicas answered in time; what was written may be applied, now or later, or not. */
export class NoQuorum extends Error {
  override readonly name = 'NoQuorum'
}

interface Answer<T> { readonly peer: Peer; readonly value: T }
interface Compared { readonly applied: boolean; readonly rows: Rows }
/** ms: for plain reads and writes, for a whole compare-and-set; until a slow replica is not waited for; and until a write that was not acknowledged is sent again */
const patience = 1000
const casPatience = 1500
const slow = 60
const hintAfter = 2000
const hintEvery = 1000
const backoff = 100

/** What one replica's process does with the requests that it gets: it asks all replicas, itself first. */
export class Coordinator {
  readonly #me: Peer
  readonly #peers: () => readonly Peer[]
  readonly #wires: Wires
  readonly #random: SimulatedRandom
  /** by replica: writes that it has not acknowledged, and when they were sent; memory only */
  readonly #hints = new Map<number, Map<Mutation, number>>()
  #handingOver = false
  #last = 0

  /** `peers`: the processes of all replicas, dead ones too */
  constructor(me: Peer, peers: () => readonly Peer[], wires: Wires, random: SimulatedRandom) {
    this.#me = me
    this.#peers = peers
    this.#wires = wires
    this.#random = random
  }

  /** µs, by this machine's clock; never the same twice. */
  time(): number {
    this.#last = Math.max(this.#last + 1, this.#me.place.clock.now() * 1000)
    return this.#last
  }

  async write(partition: string, values: Values, level: Level): Promise<void> {
    await this.#store(stamp(partition, values, this.time()), needed(level))
  }

  async read(partition: string, slice: Slice, level: Level): Promise<Rows> {
    const answers = await this.#ask(({ replica }) => replica.read(partition, slice), enough(needed(level)), { first: needed(level) })
    const whole = merged(answers.map((answer) => answer.value), slice.newest)
    const behind = level === 'LOCAL' ? [] : answers.flatMap(({ peer, value }) => {
      const lack = missing(partition, whole, value)
      return lack === undefined ? [] : [{ peer, lack }]
    })
    // What is shown to one reader is on a quorum before, so that the next one sees it too.
    await Promise.all(behind.map(({ peer, lack }) => this.#ask(({ replica }) => replica.apply(lack), enough(1), { among: [peer] })))
    return whole
  }

  /**
   * Writes if `holds` of the partition as it is: single-decree Paxos, a ballot a try. What another coordinator left half
   * done is completed first. Rejects when too few answered, or when some accepted what others refused: then it may still apply.
   */
  async compareAndSet(partition: string, holds: (rows: Rows) => boolean, values: Values): Promise<Compared> {
    const { clock } = this.#me.place
    const end = clock.monotonic() + casPatience
    for (let above = 0; clock.monotonic() < end;) {
      const ballot = this.#ballot(above)
      const begun = await this.#begin(partition, ballot)
      const done = begun === 'promised' ? await this.#decide(partition, ballot, holds, values) : undefined
      if (done !== undefined) return done
      above = typeof begun === 'number' ? begun : ballot
      await clock.sleep(this.#random.float() * backoff)
    }
    throw new NoQuorum('others were always faster')
  }

  /** Promises of a quorum for this ballot, after which nothing older is half done: otherwise the ballot to beat, or 'again'. */
  async #begin(partition: string, ballot: number): Promise<'promised' | 'again' | number> {
    const answers = await this.#ask(({ replica }) => replica.prepare(partition, ballot), (all) => count(all, true) >= 2 || count(all, false) >= 2)
    const promises = answers.flatMap(({ peer, value }) => (value.promised ? [{ peer, ...value }] : []))
    if (promises.length < 2) return Math.max(...answers.map(({ value }) => (value.promised ? 0 : value.above)))
    const committed = latest(promises.map((promise) => promise.committed))
    const accepted = latest(promises.flatMap((promise) => promise.accepted ?? []))
    if (accepted?.mutation !== undefined && accepted.ballot > (committed?.ballot ?? 0)) {
      const again = { ballot, mutation: restamp(accepted.mutation, ballot) }
      if ((await this.#propose(partition, again)) === 'accepted') await this.#commit(partition, again)
      return 'again'
    }
    const behind = promises.filter((promise) => promise.committed.ballot < (committed?.ballot ?? 0)).map((promise) => promise.peer)
    if (committed !== undefined && behind.length > 0) await this.#ask(({ replica }) => replica.commit(partition, committed), enough(behind.length), { among: behind })
    return 'promised'
  }

  async #decide(partition: string, ballot: number, holds: (rows: Rows) => boolean, values: Values): Promise<Compared | undefined> {
    const rows = await this.read(partition, {}, 'QUORUM')
    const applied = holds(rows)
    // That nothing is to be written is decided as well: nothing older can come after it.
    const proposal: Proposal = { ballot, mutation: applied ? stamp(partition, values, ballot) : undefined }
    if ((await this.#propose(partition, proposal)) === 'refused') return undefined
    if (applied) await this.#commit(partition, proposal)
    return { applied, rows }
  }

  async #propose(partition: string, proposal: Proposal): Promise<'accepted' | 'refused'> {
    const answers = await this.#ask(({ replica }) => replica.accept(partition, proposal), (all) => yes(all) >= 2 || all.length === 3)
    if (yes(answers) >= 2) return 'accepted'
    if (proposal.mutation === undefined || yes(answers) === 0) return 'refused'
    throw new NoQuorum('accepted by some and refused by others')
  }

  async #commit(partition: string, proposal: Proposal): Promise<void> {
    await this.#ask(({ replica }) => replica.commit(partition, proposal), enough(2), { hint: proposal.mutation })
  }

  async #store(mutation: Mutation, wanted: number): Promise<void> {
    await this.#ask(({ replica }) => replica.apply(mutation), enough(wanted), { hint: mutation })
  }

  /** The answers that had come when there were enough; `first` replicas are asked at once, the others when those are slow. */
  async #ask<T>(handle: (peer: Peer) => T, isEnough: (answers: readonly Answer<T>[]) => boolean, options: { readonly first?: number; readonly among?: readonly Peer[]; readonly hint?: Mutation | undefined } = {}): Promise<readonly Answer<T>[]> {
    const { clock } = this.#me.place
    const { among = this.#nearestFirst(), first = among.length, hint } = options
    const answers: Answer<T>[] = []
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let over = false
    const take = (peer: Peer, value: T) => {
      if (hint !== undefined) this.#hintsFor(peer).delete(hint)
      if (over || answers.some((answer) => answer.peer === peer)) return 'quiet'
      answers.push({ peer, value })
      if (!isEnough(answers)) return 'quiet'
      over = true
      resolve()
      return undefined
    }
    const ask = (peer: Peer) => {
      if (hint !== undefined) this.#remember(peer, hint)
      this.#call(peer, handle, (value) => take(peer, value))
    }
    for (const peer of among.slice(0, first)) ask(peer)
    const endings = [clock.after(patience, () => {
      over = true
      reject(new NoQuorum(`${answers.length} replicas answered in time`))
    })]
    if (first < among.length) endings.push(clock.after(slow, () => {
      for (const peer of among.slice(first)) ask(peer)
    }))
    try {
      await promise
      return answers
    } finally {
      for (const end of endings) end()
    }
  }

  #call<T>(peer: Peer, handle: (peer: Peer) => T, answer: (value: T) => void | 'quiet'): void {
    if (peer === this.#me) {
      answer(handle(peer))
      return
    }
    this.#wires.send(this.#me.place, peer.place, () => {
      const value = handle(peer)
      this.#wires.send(peer.place, this.#me.place, () => answer(value))
      return 'quiet'
    })
  }

  /** Remembers a write until it is acknowledged. */
  #remember(peer: Peer, mutation: Mutation): void {
    const { clock } = this.#me.place
    this.#hintsFor(peer).set(mutation, clock.monotonic())
    if (this.#handingOver) return
    this.#handingOver = true
    clock.after(hintAfter, () => this.#handOver())
  }

  /** What was not acknowledged is sent again, all of it at once, and again until nothing is left. */
  #handOver(): 'quiet' {
    const { clock } = this.#me.place
    for (const peer of this.#peers()) {
      const hints = this.#hintsFor(peer)
      const due = [...hints].filter(([, at]) => clock.monotonic() - at >= hintAfter).map(([mutation]) => mutation)
      if (due.length > 0) this.#call(peer, ({ replica }) => { for (const mutation of due) replica.apply(mutation) }, () => {
        for (const mutation of due) hints.delete(mutation)
        return 'quiet'
      })
    }
    this.#handingOver = this.#hints.values().some((hints) => hints.size > 0)
    if (this.#handingOver) clock.after(hintEvery, () => this.#handOver())
    return 'quiet'
  }

  #hintsFor({ replica }: Peer): Map<Mutation, number> {
    const hints = this.#hints.get(replica.index) ?? new Map<Mutation, number>()
    this.#hints.set(replica.index, hints)
    return hints
  }

  #nearestFirst(): readonly Peer[] {
    const others = this.#peers().filter((peer) => peer !== this.#me)
    return [this.#me, ...(this.#random.chance(0.5) ? others : others.toReversed())]
  }

  /** Told apart by the replica's number, in the fraction. */
  #ballot(above: number): number {
    this.#last = Math.max(this.time(), Math.floor(above) + 1)
    return this.#last + this.#me.replica.index / 4
  }
}

const needed = (level: Level) => (level === 'LOCAL' ? 1 : 2)
const enough = (wanted: number) => (answers: readonly unknown[]) => answers.length >= wanted
const count = (answers: readonly Answer<Promised>[], promised: boolean) => answers.filter(({ value }) => value.promised === promised).length
const yes = (answers: readonly Answer<boolean>[]) => answers.filter(({ value }) => value).length
const latest = (proposals: readonly Proposal[]) => proposals.toSorted((a, b) => b.ballot - a.ballot)[0]
