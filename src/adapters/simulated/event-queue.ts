/** What an event does; 'quiet' says that it woke nobody: nothing has to be played out before the next event. */
export type Happening = () => void | 'quiet'

/** Something that shall happen at a virtual time; `rank` orders what falls on the same moment, then `sequence` does. */
export interface SimulatedEvent {
  readonly at: number
  readonly rank: number
  readonly sequence: number
  /** undefined once cancelled: it stays in the heap until its time and is then thrown away */
  run: Happening | undefined
}

function before(a: SimulatedEvent, b: SimulatedEvent): boolean {
  if (a.at !== b.at) return a.at < b.at
  return a.rank === b.rank ? a.sequence < b.sequence : a.rank < b.rank
}

/** A binary heap of events, the earliest on top. */
export class EventQueue {
  readonly #heap: SimulatedEvent[] = []

  push(event: SimulatedEvent): void {
    const heap = this.#heap
    let at = heap.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#swapIfBefore(at, parent)) return
      at = parent
    }
  }

  /** The earliest event that is not cancelled; it stays. */
  peek(): SimulatedEvent | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].run === undefined) this.#removeTop()
    return this.#heap[0]
  }

  /** Takes the earliest event that is not cancelled. */
  pop(): SimulatedEvent | undefined {
    const top = this.peek()
    if (top !== undefined) this.#removeTop()
    return top
  }

  #removeTop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    heap[0] = last
    let at = 0
    for (;;) {
      const child = this.#earlierChild(at)
      if (child === undefined || !this.#swapIfBefore(child, at)) return
      at = child
    }
  }

  #earlierChild(parent: number): number | undefined {
    const left = this.#heap[2 * parent + 1]
    const right = this.#heap[2 * parent + 2]
    if (left === undefined) return undefined
    return right !== undefined && before(right, left) ? 2 * parent + 2 : 2 * parent + 1
  }

  /** Exchanges the events at `a` and `b` when the one at `a` comes first. */
  #swapIfBefore(a: number, b: number): boolean {
    const first = this.#heap[a]
    const second = this.#heap[b]
    if (first === undefined || second === undefined || !before(first, second)) return false
    this.#heap[a] = second
    this.#heap[b] = first
    return true
  }
}
