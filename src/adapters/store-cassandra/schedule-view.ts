import type { ScheduledCheck, ScheduleDelta } from '../../contracts/configuration.ts'

/** What was told of some checks; `at`: ms by the store's clock. */
interface Note { readonly number: number; readonly at: number; readonly checks: readonly string[] }

/** Notes that are kept; who has not asked for longer gets everything. */
const noteLimit = 20_000
/** ms by which the clocks of database nodes may differ: what is older than this against what was seen is not expected any more. */
export const overlap = 60_000

/**
 * What this process knows of one zone, and what it has told of it lately. A cursor is `life.number.at`: in our own life the
 * number says exactly what was told; one that another process gave out is understood by its time, with repetitions.
 */
export class ZoneView {
  readonly #life: string
  readonly #checks = new Map<string, ScheduledCheck>()
  /** entity → the checks of it that are here */
  readonly #entities = new Map<string, readonly string[]>()
  #notes: Note[] = []
  #number = 0
  /** up to this number, or before that time, nothing is remembered */
  #forgotten = 0
  #from: number
  /** the time up to which everything is known */
  at = 0

  constructor(life: string, from: number) {
    this.#life = life
    this.#from = from
  }

  /** Takes an entity as it is now; the checks of it that changed, came or went. */
  put(entity: string, scheduled: readonly ScheduledCheck[]): readonly string[] {
    const gone = new Set(this.#entities.get(entity))
    const changed: string[] = []
    for (const one of scheduled) {
      gone.delete(one.check.id)
      if (this.#checks.get(one.check.id)?.version !== one.version) changed.push(one.check.id)
      this.#checks.set(one.check.id, one)
    }
    for (const id of gone) this.#checks.delete(id)
    // Put at the end, so that who goes round all entities sees the others first.
    this.#entities.delete(entity)
    if (scheduled.length > 0) this.#entities.set(entity, scheduled.map(({ check }) => check.id))
    return [...changed, ...gone]
  }

  /** Remembers that something was heard, at a time, of these checks. */
  note(at: number, checks: readonly string[]): void {
    if (checks.length === 0) return
    this.#notes.push({ number: this.#number += 1, at, checks })
    if (this.#notes.length <= noteLimit) return
    const left = this.#notes.splice(0, noteLimit / 2)
    this.#forgotten = left.at(-1)?.number ?? 0
    this.#from = Math.max(this.#from, ...left.map((note) => note.at))
  }

  get size(): number {
    return this.#entities.size
  }

  has(check: string): boolean {
    return this.#checks.has(check)
  }

  /** The entities that were looked at longest ago. */
  oldest(count: number): readonly string[] {
    return this.#entities.keys().take(count).toArray()
  }

  since(cursor: string): ScheduleDelta {
    const next = `${this.#life}.${this.#number}.${Math.floor(this.at)}`
    const notes = this.#after(cursor)
    if (notes === undefined) return { cursor: next, full: true, upserts: [...this.#checks.values()], removes: [] }
    const touched = [...new Set(notes.flatMap(({ checks }) => checks))]
    return { cursor: next, full: false, upserts: touched.flatMap((id) => this.#checks.get(id) ?? []), removes: touched.filter((id) => !this.#checks.has(id)) }
  }

  #after(cursor: string): readonly Note[] | undefined {
    const [life, number, at] = [...cursor.split('.', 1), ...cursor.split('.').slice(1).map(Number)] as [string, number?, number?]
    if (number === undefined || at === undefined || Number.isNaN(number) || Number.isNaN(at)) return undefined
    if (life === this.#life && number >= this.#forgotten && number <= this.#number) return this.#notes.slice(number - this.#forgotten)
    const known = at - overlap
    return known > this.#from && at <= this.at + overlap ? this.#notes.filter((note) => note.at > known) : undefined
  }
}
