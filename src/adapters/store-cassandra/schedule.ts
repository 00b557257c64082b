import type { Clock } from '../../contracts/clock.ts'
import type { ScheduleDelta } from '../../contracts/configuration.ts'
import type { ConfigurationTable } from './configuration-table.ts'
import type { LogEntry, ZoneTables } from './schedule-log.ts'
import type { StoreTime } from './schedule-time.ts'
import { overlap, ZoneView } from './schedule-view.ts'
import { scheduledIn, shards, type Hint } from './schedule-zones.ts'
import { together } from './together.ts'

export interface ScheduleDeps {
  readonly table: ConfigurationTable
  readonly zones: ZoneTables
  readonly time: StoreTime
  readonly clock: Clock
  /** names this process; it may not contain a dot */
  readonly life: string
}

/** Cursors of other processes are understood when they are no older than this (ms). */
const reach = 900_000
/** ms for which a change that was announced and never reported done is looked for; a database node may sit on it for long. */
const patience = 900_000
/** ms in which every entity and every hint is read again: what deaths and bad clocks left is healed by then. */
const roundTime = 3_600_000
/** What one call reads again at most on that round: every answer stays quick. */
const roundLimit = 8
const parallelReads = 16
/** ms after which a zone that nobody asks for is forgotten. */
const idleLimit = 3_600_000
const separator = '\n'

interface Pending { readonly entity: string; readonly until: number; due: number; wait: number }

/** The schedules of zones: each is read once a process, and then followed by its log. */
export class Schedules {
  readonly #deps: ScheduleDeps
  readonly #zones = new Map<string, { readonly follower: Promise<ZoneFollower> | ZoneFollower; asked: number }>()
  #lives = 0

  constructor(deps: ScheduleDeps) {
    this.#deps = deps
  }

  async since(zone: string, cursor: string): Promise<ScheduleDelta> {
    const follower = await this.#follower(zone)
    await follower.catchUp()
    return follower.view.since(cursor)
  }

  async #follower(zone: string): Promise<ZoneFollower> {
    const now = this.#deps.clock.monotonic()
    for (const [name, { asked }] of this.#zones) if (now - asked > idleLimit) this.#zones.delete(name)
    const known = this.#zones.get(zone)
    if (known !== undefined) {
      known.asked = now
      return known.follower
    }
    const follower = ZoneFollower.load({ ...this.#deps, life: `${this.#deps.life}-${this.#lives += 1}` }, zone)
    this.#zones.set(zone, { follower, asked: now })
    try {
      return await follower
    } catch (error) {
      this.#zones.delete(zone)
      throw error
    }
  }
}

/** Follows one zone: the log says where to look, the configuration itself says what is so. */
class ZoneFollower {
  readonly #deps: ScheduleDeps
  readonly #zone: string
  readonly view: ZoneView
  /** entries that were taken in, by their ids, as long as they may be read again */
  readonly #taken = new Map<string, number>()
  /** commits that were reported done, as long as their announcement may come after it */
  readonly #done = new Map<string, number>()
  readonly #pending = new Map<string, Pending>()
  #waiting: Promise<void> | undefined
  #last: Promise<void> | undefined
  #rounded: number
  #owed = 0
  #shard = 0
  #shardAt: number

  private constructor(deps: ScheduleDeps, zone: string, from: number) {
    this.#deps = deps
    this.#zone = zone
    this.view = new ZoneView(deps.life, from)
    this.#rounded = this.#shardAt = deps.clock.monotonic()
  }

  /** Reads all of a zone. The log comes first: what is committed after that will be heard of. */
  static async load(deps: ScheduleDeps, zone: string): Promise<ZoneFollower> {
    const now = await deps.time.now()
    const follower = new ZoneFollower(deps, zone, now - reach)
    const entries = await deps.zones.entries(zone, now - reach)
    const entities = new Set(entries.map(entityOf))
    await together([...Array(shards).keys()], parallelReads, async (shard) => {
      for await (const hint of deps.zones.hints(zone, shard)) entities.add(entityOf(hint))
    })
    await follower.#look(entities, false)
    follower.#take(entries, now)
    return follower
  }

  /** Resolves when everything is known that was committed before the call; who asks meanwhile waits for the same look. */
  async catchUp(): Promise<void> {
    if (this.#waiting === undefined) this.#last = this.#waiting = this.#followAfter(this.#last)
    await this.#waiting
  }

  /** One look at a time: an older answer must not be taken in after a newer one. */
  async #followAfter(last: Promise<void> | undefined): Promise<void> {
    await Promise.allSettled([last])
    this.#waiting = undefined
    await this.#follow()
  }

  async #follow(): Promise<void> {
    const now = await this.#deps.time.now()
    const entries = (await this.#deps.zones.entries(this.#zone, this.view.at - overlap)).filter(({ uuid }) => !this.#taken.has(uuid))
    const [due, round] = [this.#due(), await this.#round()]
    await this.#look(new Set([...entries.map(entityOf), ...due.map(({ entity }) => entity), ...round]), true)
    this.#take(entries, now)
    for (const one of due) {
      one.wait *= 2
      one.due = this.#deps.clock.monotonic() + one.wait
    }
  }

  /** Reads these entities anew, and tells of the checks that changed by it. */
  async #look(entities: ReadonlySet<string>, tell: boolean): Promise<void> {
    await together([...entities], parallelReads, async (name) => {
      const [tenant, entity] = name.split(separator) as [string, string]
      const rows = await this.#deps.table.partition({ tenant, entity })
      const changed = this.view.put(name, scheduledIn(this.#zone, tenant, rows.tree()))
      if (tell) this.view.note(this.view.at, changed)
    })
  }

  /** Everything that these entries are about has been looked at since they were read. */
  #take(entries: readonly LogEntry[], now: number): void {
    for (const { uuid, at, change, done } of entries) {
      this.#taken.set(uuid, at)
      if (done) this.#done.set(change, at)
    }
    const mono = this.#deps.clock.monotonic()
    for (const entry of entries) {
      this.view.note(entry.at, entry.checks)
      if (!this.#done.has(entry.change)) this.#pending.set(entry.change, { entity: entityOf(entry), until: mono + patience, due: mono, wait: 500 })
    }
    this.view.at = Math.max(this.view.at, now, ...entries.map(({ at }) => at))
    for (const [change, { until }] of this.#pending) if (this.#done.has(change) || until < mono) this.#pending.delete(change)
    for (const [map, age] of [[this.#taken, overlap], [this.#done, patience]] as const) for (const [key, at] of map) if (at < this.view.at - age) map.delete(key)
  }

  /** Changes that were announced only: their writer may be slow, or dead after its commit. */
  #due(): readonly Pending[] {
    const now = this.#deps.clock.monotonic()
    return [...this.#pending.values()].filter(({ due }) => due <= now)
  }

  /** The next few entities of the round, and those that the next hints name and we do not know. */
  async #round(): Promise<readonly string[]> {
    const now = this.#deps.clock.monotonic()
    this.#owed = Math.min(roundLimit, this.#owed + (this.view.size * (now - this.#rounded)) / roundTime)
    this.#rounded = now
    const entities = [...this.view.oldest(Math.floor(this.#owed))]
    this.#owed -= entities.length
    if (now - this.#shardAt < roundTime / shards) return entities
    this.#shardAt = now
    this.#shard = (this.#shard + 1) % shards
    for await (const hint of this.#deps.zones.hints(this.#zone, this.#shard)) if (!this.view.has(hint.check)) entities.push(entityOf(hint))
    return entities
  }
}

const entityOf = ({ tenant, entity }: Pick<Hint, 'tenant' | 'entity'>) => `${tenant}${separator}${entity}`
