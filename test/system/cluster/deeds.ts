import type { Clock } from '../../../src/contracts/clock.ts'
import type { Store } from '../../../src/contracts/store.ts'
import type { AlarmKey } from '../../../src/core/alarm-row.ts'

/** What a process did about one alarm: when it looked at the row and its zones without trouble, and when it tried something or had trouble. */
interface Dealings { readonly looks: number[]; readonly strivings: number[] }

/** ms: what takes longer is trouble; after which a process has heard how a compare-and-set ended; and within which it would have gone on to the next */
const quick = 300
const heardAfter = 3000
const goesOnWithin = 4000

/** Who asked and read what, overheard from the processes: for laws that the store alone cannot show. Times are ms since the start. */
export class Deeds {
  readonly #clock: Clock
  readonly #commits = new Map<string, { readonly process: string; readonly dealings: Dealings; readonly at: number }>()
  /** by process and alarm */
  readonly #dealings = new Map<string, Dealings>()
  /** by process and check: the alarms that it reads rows of */
  readonly #alarms = new Map<string, Set<Dealings>>()
  /** by process: when it stopped, for a while or for ever */
  readonly #stopped = new Map<string, number[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  stopped(process: string): void {
    this.#stopped.set(process, [...(this.#stopped.get(process) ?? []), this.#clock.monotonic()])
  }

  /** The store of one process, overheard. */
  overhear(process: string, store: Store): Store {
    const { ledger, observations, outbox } = store
    const of = (key: AlarmKey) => this.#of(process, key)
    return {
      ...store,
      ledger: {
        ...ledger,
        read: async (key) => {
          const row = await this.#timed(() => ledger.read(key), [of(key)])
          if (row !== undefined) this.#alarmsOf(process, row.check).add(of(key))
          return row
        },
        commit: (expected, next, entry) => {
          this.#commits.set(next.decisionId, { process, dealings: of(next.key), at: this.#clock.monotonic() })
          return this.#striving(() => ledger.commit(expected, next, entry), of(next.key))
        },
      },
      outbox: { ...outbox, intend: (intent) => this.#striving(() => outbox.intend(intent), of(intent.key)) },
      observations: {
        ...observations,
        newest: async (check, zone, count) => {
          const alarms = [...this.#alarmsOf(process, check)]
          const rows = await this.#timed(() => observations.newest(check, zone, count), alarms)
          for (const { looks } of alarms) looks.push(this.#clock.monotonic())
          return rows
        },
      },
    }
  }

  /**
   * Whether who asked for this decision had looked at the alarm again, twice and without trouble, before it applied at
   * `moment`, and had left it at that.
   */
  leftUnsettled(decision: string, moment: number): boolean {
    const commit = this.#commits.get(decision)
    if (commit === undefined || this.#stopped.get(commit.process)?.some((at) => at >= commit.at && at <= moment) === true) return false
    const { looks, strivings } = commit.dealings
    const rest = Math.max(commit.at + heardAfter, ...strivings.filter((at) => at <= moment))
    return looks.filter((at) => at > rest && at <= moment - goesOnWithin).length >= 2
  }

  async #timed<T>(work: () => Promise<T>, about: readonly Dealings[]): Promise<T> {
    const begun = this.#clock.monotonic()
    let well = false
    try {
      const answer = await work()
      well = this.#clock.monotonic() - begun <= quick
      return answer
    } finally {
      if (!well) for (const { strivings } of about) strivings.push(this.#clock.monotonic())
    }
  }

  async #striving<T>(work: () => Promise<T>, { strivings }: Dealings): Promise<T> {
    strivings.push(this.#clock.monotonic())
    try {
      return await work()
    } finally {
      strivings.push(this.#clock.monotonic())
    }
  }

  #of(process: string, { entity, alarm }: AlarmKey): Dealings {
    const name = `${process}/${entity}/${alarm}`
    const known = this.#dealings.get(name) ?? { looks: [], strivings: [] }
    this.#dealings.set(name, known)
    return known
  }

  #alarmsOf(process: string, check: string): Set<Dealings> {
    const name = `${process}/${check}`
    const known = this.#alarms.get(name) ?? new Set<Dealings>()
    this.#alarms.set(name, known)
    return known
  }
}
