import { newer, type Cells, type Mutation, type Rows, type Slice } from './cells.ts'

/** A compare-and-set on its way: what it writes, or nothing (its condition did not hold). Ballots are µs, told apart by the replica's number. */
export interface Proposal { readonly ballot: number; readonly mutation: Mutation | undefined }
/** What a replica remembers of the compare-and-sets of one partition. */
interface Paxos { promised: number; accepted: Proposal | undefined; committed: Proposal }
export type Promised = { readonly promised: true; readonly accepted: Proposal | undefined; readonly committed: Proposal } | { readonly promised: false; readonly above: number }

interface Partition { readonly keys: string[]; readonly rows: Map<string, Cells> }
/** Told of each change that a replica applied: the row as it is then. */
export type Witness = (replica: number, partition: string, row: string, cells: Cells) => void

/** How a commit log gets to the disk: 'batch' before anything is acknowledged, 'periodic' a while later. */
export type CommitLog = 'batch' | 'periodic'
/** ms that a kill forgets of a periodic commit log */
const tail = 100

const never: Proposal = { ballot: 0, mutation: undefined }

/** The disk of one replica: partitions of rows of cells, and what was promised about them. Every call is one moment. */
export class Replica {
  readonly index: number
  readonly #witness: Witness
  readonly #commitLog: CommitLog
  readonly #now: () => number
  #partitions = new Map<string, Partition>()
  #paxos = new Map<string, Paxos>()
  #journal: { readonly at: number; readonly undo: () => void }[] = []

  /** `now`: true ms, for the commit log */
  constructor(index: number, commitLog: CommitLog, now: () => number, witness: Witness) {
    this.index = index
    this.#commitLog = commitLog
    this.#now = now
    this.#witness = witness
  }

  apply({ partition, rows }: Mutation): void {
    const place = this.#partition(partition)
    for (const [row, cells] of rows) {
      const old = place.rows.get(row)
      const better = newer(old, cells)
      if (better === undefined) continue
      const next = old === undefined ? better : { ...old, ...better }
      if (old === undefined) insert(place.keys, row)
      place.rows.set(row, next)
      this.#log(() => { if (old === undefined) remove(place, row); else place.rows.set(row, old) })
      this.#witness(this.index, partition, row, next)
    }
  }

  read(partition: string, { from, to, newest }: Slice): Rows {
    const place = this.#partitions.get(partition)
    if (place === undefined) return new Map()
    const end = to === undefined ? place.keys.length : lowerBound(place.keys, to)
    const start = from === undefined ? 0 : lowerBound(place.keys, from)
    const keys = place.keys.slice(newest === undefined ? start : Math.max(start, end - newest), end)
    return new Map(keys.map((key) => [key, place.rows.get(key) ?? {}]))
  }

  prepare(partition: string, ballot: number): Promised {
    const state = this.#state(partition)
    if (ballot <= state.promised) return { promised: false, above: state.promised }
    this.#set(partition, { ...state, promised: ballot })
    return { promised: true, accepted: state.accepted, committed: state.committed }
  }

  accept(partition: string, proposal: Proposal): boolean {
    const state = this.#state(partition)
    if (proposal.ballot < state.promised) return false
    this.#set(partition, { ...state, promised: proposal.ballot, accepted: proposal })
    return true
  }

  commit(partition: string, proposal: Proposal): void {
    if (proposal.mutation !== undefined) this.apply(proposal.mutation)
    const state = this.#state(partition)
    const accepted = state.accepted !== undefined && state.accepted.ballot > proposal.ballot ? state.accepted : undefined
    if (proposal.ballot > state.committed.ballot) this.#set(partition, { ...state, accepted, committed: proposal })
  }

  /** The process was killed: what had not reached the disk is gone. */
  killed(): void {
    const since = this.#now() - tail
    for (const { at, undo } of this.#journal.toReversed()) if (at >= since) undo()
    this.#journal = []
  }

  /** The disk is lost, and filled again from all that the others have: streamed and repaired. */
  rebuild(others: readonly Replica[]): void {
    this.#partitions = new Map()
    this.#paxos = new Map()
    this.#journal = []
    for (const other of others) {
      for (const [partition, { rows }] of other.#partitions) this.apply({ partition, rows })
      for (const [partition, theirs] of other.#paxos) this.#learn(partition, theirs)
    }
  }

  #learn(partition: string, theirs: Paxos): void {
    const mine = this.#state(partition)
    const accepted = (theirs.accepted?.ballot ?? 0) > (mine.accepted?.ballot ?? 0) ? theirs.accepted : mine.accepted
    this.#set(partition, {
      promised: Math.max(mine.promised, theirs.promised), accepted,
      committed: theirs.committed.ballot > mine.committed.ballot ? theirs.committed : mine.committed,
    })
  }

  #partition(name: string): Partition {
    const known = this.#partitions.get(name)
    if (known !== undefined) return known
    const fresh: Partition = { keys: [], rows: new Map() }
    this.#partitions.set(name, fresh)
    return fresh
  }

  #state(partition: string): Paxos {
    return this.#paxos.get(partition) ?? { promised: 0, accepted: undefined, committed: never }
  }

  #set(partition: string, next: Paxos): void {
    const old = this.#state(partition)
    this.#paxos.set(partition, next)
    this.#log(() => this.#paxos.set(partition, old))
  }

  #log(undo: () => void): void {
    if (this.#commitLog === 'batch') return
    const now = this.#now()
    while (this.#journal[0] !== undefined && this.#journal[0].at < now - tail) this.#journal.shift()
    this.#journal.push({ at: now, undo })
  }
}

/** Where `key` is or would be. */
function lowerBound(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}

function insert(keys: string[], key: string): void {
  const last = keys.at(-1)
  if (last === undefined || last < key) keys.push(key)
  else keys.splice(lowerBound(keys, key), 0, key)
}

function remove({ keys, rows }: Partition, row: string): void {
  keys.splice(lowerBound(keys, row), 1)
  rows.delete(row)
}
