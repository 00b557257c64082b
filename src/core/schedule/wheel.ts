/** Something that waits in a wheel, in one at a time. Both fields are the wheel's to write. */
export interface Timed {
  /** when it is due: whole ms since the epoch */
  at: number
  /** where it waits */
  bucket: Bucket | null
}
interface Bucket { readonly ring: number; readonly items: Set<Timed> }

const size = 256
const units = [1, size, size ** 2, size ** 3] as const
const reach = units[3] * (size - 1)

/**
 * A hierarchical timing wheel: four rings of 256 buckets, of 1 ms, 256 ms, 65 s and 4.7 h, so it reaches 49 days.
 * An item waits in the ring that its distance asks for and moves inwards at most three times; what an operation costs
 * does not depend on how many wait. Items come out exact to the millisecond, in order of their times.
 */
export class TimingWheel<T extends Timed> {
  readonly #rings = units.map((_, ring) => Array.from({ length: size }, (): Bucket => ({ ring, items: new Set() })))
  readonly #counts = units.map(() => 0)
  readonly #overdue: Bucket = { ring: units.length, items: new Set() }
  #now: number

  constructor(now: number) {
    this.#now = Math.floor(now)
    this.#counts.push(0)
  }

  get size(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0)
  }

  /** Puts `item` at `at`, from wherever it was; a time that has passed is due with the next `advance`. */
  insert(item: T, at: number): void {
    this.remove(item)
    item.at = Math.ceil(at)
    if (item.at <= this.#now) this.#put(item, this.#overdue)
    else this.#place(item)
  }

  /** Takes `item` out; no error when it does not wait here. */
  remove(item: T): void {
    if (item.bucket === null) return
    item.bucket.items.delete(item)
    this.#counts[item.bucket.ring]! -= 1
    item.bucket = null
  }

  /** Moves on to `now` and gives what has become due, earliest first. With a `now` in the past: what is overdue. */
  advance(now: number): T[] {
    const due = this.#take(this.#overdue).sort((a, b) => a.at - b.at)
    for (let at = this.nextAt(); at <= now; at = this.nextAt()) {
      this.#now = at
      for (let ring = units.length - 1; ring > 0; ring--) if (at % units[ring]! === 0) this.#moveInwards(ring)
      due.push(...this.#take(this.#bucket(0, at)))
    }
    this.#now = Math.max(this.#now, Math.floor(now))
    return due
  }

  /** When to look again (ms): at the first item's time, or sooner when items have to move inwards; Infinity if none waits. */
  nextAt(): number {
    if (this.#overdue.items.size > 0) return this.#now
    let first = Number.POSITIVE_INFINITY
    for (let ring = 0; ring < units.length; ring++) if (this.#counts[ring]! > 0) first = Math.min(first, this.#firstIn(ring))
    return first
  }

  /** Takes everything out and stands at `now`, earlier or later: for a clock that was set. */
  reset(now: number): T[] {
    const all = [...this.#rings.flat(), this.#overdue].flatMap((bucket) => this.#take(bucket))
    this.#now = Math.floor(now)
    return all
  }

  #bucket(ring: number, at: number): Bucket {
    return this.#rings[ring]![Math.floor(at / units[ring]!) % size]!
  }

  #put(item: T, bucket: Bucket): void {
    bucket.items.add(item)
    item.bucket = bucket
    this.#counts[bucket.ring]! += 1
  }

  /** What lies beyond the last ring waits in its farthest bucket, and is placed anew from there. */
  #place(item: T): void {
    const distance = item.at - this.#now
    const ring = distance < units[1] ? 0 : distance < units[2] ? 1 : distance < units[3] ? 2 : 3
    this.#put(item, this.#bucket(ring, this.#now + Math.min(distance, reach)))
  }

  #moveInwards(ring: number): void {
    for (const item of this.#take(this.#bucket(ring, this.#now))) this.#place(item)
  }

  #take(bucket: Bucket): T[] {
    const items = [...bucket.items] as T[] // only items of this wheel, which are T, are ever put into its buckets
    bucket.items.clear()
    this.#counts[bucket.ring]! -= items.length
    for (const item of items) item.bucket = null
    return items
  }

  #firstIn(ring: number): number {
    const unit = units[ring]!
    const here = Math.floor(this.#now / unit)
    for (let step = 1; step <= size; step++) if (this.#rings[ring]![(here + step) % size]!.items.size > 0) return (here + step) * unit
    return Number.POSITIVE_INFINITY
  }
}
