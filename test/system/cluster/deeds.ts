import type { Clock } from '../../../src/contracts/clock.ts'
import type { Store } from '../../../src/contracts/store.ts'
import type { AlarmKey } from '../../../src/core/alarm-row.ts'

interface Commit { readonly process: string; readonly alarm: string; readonly at: number }
/** ms after which a process has heard of a compare-and-set's end; within which it reads a row and its zones or thinks again; and within which it goes from there to its next compare-and-set */
const heardAfter = 3000
const readsWithin = 1800
const decidesWithin = 8000

/** Who asked and read what, as the processes' own words: for laws that the store alone cannot show. Times are ms since the start. */
export class Deeds {
  readonly #clock: Clock
  readonly #commits = new Map<string, Commit>()
  /** by process and alarm */
  readonly #asked = new Map<string, number[]>()
  readonly #looked = new Map<string, number[]>()
  /** by process and check: a row that was read, and when that began */
  readonly #rows = new Map<string, { readonly alarm: string; readonly at: number }>()
  /** by process: when it stopped, for a while or for ever */
  readonly #stopped = new Map<string, number[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  stopped(process: string): void {
    this.#note(this.#stopped, process)
  }

  /** The store of one process, overheard. */
  overhear(process: string, store: Store): Store {
    const { ledger, observations } = store
    return {
      ...store,
      ledger: {
        ...ledger,
        read: async (key) => {
          const at = this.#clock.monotonic()
          const row = await ledger.read(key)
          if (row !== undefined) this.#rows.set(`${process}/${row.check}`, { alarm: nameOf(process, key), at })
          return row
        },
        commit: (expected, next, entry) => {
          this.#commits.set(next.decisionId, { process, alarm: nameOf(process, next.key), at: this.#clock.monotonic() })
          this.#note(this.#asked, nameOf(process, next.key))
          return ledger.commit(expected, next, entry)
        },
      },
      observations: {
        ...observations,
        newest: async (check, zone, count) => {
          const rows = await observations.newest(check, zone, count)
          const row = this.#rows.get(`${process}/${check}`)
          if (row !== undefined && this.#clock.monotonic() - row.at < readsWithin) this.#note(this.#looked, row.alarm)
          return rows
        },
      },
    }
  }

  /** Whether who asked for this decision had read the row and its zones again long before it applied, at `moment`, and had left it at that. */
  readBack(decision: string, moment: number): boolean {
    const commit = this.#commits.get(decision)
    if (commit === undefined || this.#some(this.#stopped, commit.process, commit.at, moment)) return false
    const last = Math.max(...(this.#asked.get(commit.alarm) ?? []).filter((at) => at < moment))
    return this.#some(this.#looked, commit.alarm, last + heardAfter, moment - decidesWithin)
  }

  #some(times: ReadonlyMap<string, readonly number[]>, name: string, from: number, to: number): boolean {
    return times.get(name)?.some((at) => at >= from && at <= to) === true
  }

  #note(times: Map<string, number[]>, name: string): void {
    const list = times.get(name) ?? []
    times.set(name, list)
    list.push(this.#clock.monotonic())
  }
}

const nameOf = (process: string, { entity, alarm }: AlarmKey) => `${process}/${entity}/${alarm}`
