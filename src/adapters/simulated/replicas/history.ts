import type { ConfigurationChange, Kind } from '../../../contracts/configuration.ts'
import type { Observation } from '../../../core/observation.ts'
import type { Applied, Write } from '../store/history.ts'
import type { Cells } from './cells.ts'
import { partitionOf } from './configuration.ts'
import { alarmRowIn, entryIn } from './ledger.ts'
import { nameOf, partsOf } from './names.ts'
import type { Witness } from './replica.ts'

/** ms between asking and applying beyond which a write lay somewhere on its way */
const onTheWay = 3000

/**
 * What a whole ring came to hold, in the order in which readers at QUORUM could see it: an observation when its second
 * replica has it, a version of an alarm and a change of configuration when the first replica hears that it was decided.
 */
export class RingHistory {
  readonly applied: Applied[] = []
  readonly #asked = new Map<string, number>()
  readonly #copies = new Map<string, Set<number>>()
  readonly #heads = new Map<string, Cells>()
  readonly #said = new Map<string, Set<string>>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** A process sends a compare-and-set with this decision now. */
  readonly asked = (decisionId: string): void => {
    this.#asked.set(decisionId, this.#now())
  }

  readonly witness: Witness = (replica, partition, row, cells) => {
    const [table] = partsOf(partition)
    if (table === 'observations') this.#observation(replica, row, cells)
    if (table === 'ledger') this.#version(partition, row, cells)
    if (table === 'configuration') this.#configuration(partition, row, cells)
  }

  #observation(replica: number, row: string, cells: Cells): void {
    const copies = this.#copies.get(row) ?? new Set()
    this.#copies.set(row, copies)
    if (copies.has(replica) || copies.add(replica).size !== 2) return
    // What was written as an observation is one.
    this.#record({ kind: 'observation', observation: cells.observation?.value as Observation })
  }

  /** The alarm's row comes with the entry of its version, before it. */
  #version(partition: string, row: string, cells: Cells): void {
    if (row === '') {
      this.#heads.set(partition, cells)
      return
    }
    const entry = entryIn(cells)
    const head = alarmRowIn(this.#heads.get(partition))
    if (entry === undefined || head === undefined || !this.#isNew(partition, row, entry.decisionId)) return
    this.#record({ kind: 'version', row: head, entry }, this.#asked.get(entry.decisionId))
  }

  #configuration(partition: string, row: string, cells: Cells): void {
    const [kind = '', id = ''] = partsOf(row)
    // What was written as a version is a number, and the row's name holds its kind.
    const version = cells.version?.value as number
    if (!this.#isNew(partition, row, `${version}`)) return
    const change = { kind: kind as Kind, id, expected: version - 1, value: cells.value?.value ?? null } as ConfigurationChange
    this.#record({ kind: 'configuration', partition: partitionOf(partition), changes: [change] })
  }

  /** Whether a row came to say something that it did not say before: each replica says it again. */
  #isNew(partition: string, row: string, what: string): boolean {
    const name = nameOf(partition, row)
    const known = this.#said.get(name) ?? new Set()
    this.#said.set(name, known)
    return !known.has(what) && known.add(what) !== undefined
  }

  #record(write: Write, asked?: number): void {
    const moment = this.#now()
    this.applied.push({ ...write, moment, parked: moment - (asked ?? moment) > onTheWay, ...(asked === undefined ? {} : { asked }) })
  }
}
