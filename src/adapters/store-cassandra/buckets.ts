import type { Clock } from '../../contracts/clock.ts'
import type { Session } from './session.ts'
import type { Statement } from './statement.ts'
import { together } from './together.ts'

const dayLength = 86_400_000
/** ms that one bucket holds */
export const bucketLength = 60_000
export const bucketOf = (at: number): number => Math.floor(at / bucketLength)
/** Until so many buckets later rows may still be written into one: clocks differ by 2 s, and a writer that was held up writes again, see `heldUp`. */
const grace = 2
/** A writer that took longer than this (ms, monotonic) from choosing a bucket to being done chooses again. */
export const heldUp = 30_000
/** How old (in buckets) one is when it is looked at once more, though nothing was left in it: whatever went wrong, it is found. */
const doubts = [8, 32, 128, 512, 2048, 8192]
/** A jump of the clock by more buckets than this is a new beginning. */
const longestJump = 60
const readsAtOnce = 16

// QUORUM: it stands before the first row of its bucket, so that whoever starts anew, in any region, finds all that waits.
const write: Statement = { cql: 'INSERT INTO used_bucket (kind, day, bucket) VALUES (?, ?, ?) USING TTL ?', consistency: 'QUORUM', idempotent: true, about: 'noting a time bucket' }
// QUORUM: as above.
const read: Statement = { cql: 'SELECT bucket FROM used_bucket WHERE kind = ? AND day = ?', consistency: 'QUORUM', idempotent: true, about: 'reading the time buckets in use' }

/**
 * Which time buckets of one kind may hold something that is not done. Rows are never deleted; instead each process remembers
 * which buckets had nothing left in them, so that usually only the last few are read.
 */
export class Buckets {
  readonly #session: Session
  readonly #clock: Clock
  readonly #kind: string
  readonly #retention: number
  readonly #noted = new Set<number>()
  readonly #open = new Set<number>()
  #upTo: number | undefined

  constructor(session: Session, clock: Clock, kind: string, retention: number) {
    this.#session = session
    this.#clock = clock
    this.#kind = kind
    this.#retention = retention
  }

  /** Says that a bucket is used, once a process; to be awaited before what is in it matters. */
  async note(bucket: number): Promise<void> {
    if (this.#noted.has(bucket)) return
    await this.#session.execute(write, [this.#kind, dayOf(bucket), bucket, Math.ceil(this.#retention / 1000) + 86_400])
    if (this.#noted.size > 1000) this.#noted.clear()
    this.#noted.add(bucket)
  }

  /** The bucket for what belongs to the time `at`: its own, and if that is long past also the present one, which everybody reads. */
  places(at: number): readonly number[] {
    const [own, present] = [bucketOf(at), bucketOf(this.#clock.now())]
    return own < present - 1 ? [own, present] : [own]
  }

  /** Buckets to read at `now`, oldest first; the next one too. None is ahead of our own clock. */
  async toRead(now: number): Promise<readonly number[]> {
    const present = bucketOf(Math.min(now, this.#clock.now() + bucketLength))
    if (this.#upTo === undefined || present - this.#upTo > longestJump) await this.#begin(present)
    for (let bucket = (this.#upTo ?? present) + 1; bucket <= present; bucket++) this.#advance(bucket)
    this.#upTo = Math.max(present, this.#upTo ?? present)
    for (let bucket = present - grace; bucket <= present + 1; bucket++) this.#open.add(bucket)
    return [...this.#open].filter((bucket) => bucket <= present + 1).sort((a, b) => a - b)
  }

  /** True when nobody writes into this bucket any more. */
  isOver(bucket: number, now: number): boolean {
    return bucket < bucketOf(now) - grace
  }

  /** Nothing is left in this bucket. */
  close(bucket: number, now: number): void {
    if (this.isOver(bucket, now)) this.#open.delete(bucket)
  }

  async #begin(present: number): Promise<void> {
    const first = dayOf(present - Math.ceil(this.#retention / bucketLength))
    const days = Array.from({ length: dayOf(present) - first + 1 }, (_, i) => first + i)
    const rows = (await together(days, readsAtOnce, (day) => this.#session.execute(read, [this.#kind, day]))).flat()
    for (const row of rows) this.#open.add(row.get('bucket') as number)
    this.#upTo = present
  }

  #advance(bucket: number): void {
    this.#open.add(bucket)
    for (const age of doubts) if (age * bucketLength < this.#retention) this.#open.add(bucket - age)
    const oldest = bucket - Math.ceil(this.#retention / bucketLength)
    for (const open of this.#open) if (open < oldest) this.#open.delete(open)
  }
}

const dayOf = (bucket: number): number => Math.floor((bucket * bucketLength) / dayLength)
