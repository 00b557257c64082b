import { mkdir, open, type FileHandle } from 'node:fs/promises'
import PQueue from 'p-queue'
import { observationId, type Observation } from '../../core/observation.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { Spool, Spooled, SpoolStats } from '../../contracts/spool.ts'
import { decode, encode } from './record.ts'
import { findSegments, newSegment, readCursor, readLines, removeSegment, writeCursor, type Position, type Segment } from './segments.ts'

export interface FileSpoolOptions {
  /** its own folder; made when it is not there */
  readonly directory: string
  readonly clock: Clock
  /** 64 MiB unless told: a hundred thousand observations and more */
  readonly maxBytes?: number
}

interface Unread { readonly id: string; readonly segment: Segment; readonly start: number; readonly observation: Observation; readonly madeAt: number; acknowledged: boolean }

/** So many of the newest appended ids are remembered, for acknowledgements that come before they are read again. */
const remembered = 2000

/**
 * A spool of append-only segment files. It reads them in order, so memory holds only what `pending` gave out last; a
 * segment leaves the disk when all before its end is acknowledged. Nothing is synced: it outlives the process, and a
 * power cut may take the last seconds of what nobody had acknowledged.
 */
export async function openFileSpool({ directory, clock, maxBytes = 64 * 2 ** 20 }: FileSpoolOptions): Promise<Spool> {
  await mkdir(directory, { recursive: true })
  const cursor = await readCursor(directory)
  const found = await findSegments(directory, cursor)
  const spool = new FileSpool(directory, clock, maxBytes, found, cursor)
  await spool.tidy()
  return spool
}

class FileSpool implements Spool {
  readonly #directory: string
  readonly #clock: Clock
  readonly #maxBytes: number
  /** one thing at a time */
  readonly #turns = new PQueue({ concurrency: 1 })
  readonly #segments: Segment[]
  /** segments from this number on were written by this process, whose monotonic clock they go by */
  readonly #firstOwn: number
  #writer: { readonly segment: Segment; readonly file: FileHandle } | undefined
  #nextNumber: number
  #read: Position
  /** as the cursor file has it */
  #saved: Position
  #unread: Unread[] = []
  readonly #recent = new Map<string, Segment>()
  /** acknowledged, and still to be met on the way through the segments */
  readonly #ahead = new Set<string>()
  #dropped = 0
  #damaged = 0

  constructor(directory: string, clock: Clock, maxBytes: number, segments: Segment[], cursor: Position) {
    this.#directory = directory
    this.#clock = clock
    this.#maxBytes = maxBytes
    this.#segments = segments
    this.#nextNumber = Math.max(cursor.number, segments.at(-1)?.number ?? 0) + 1
    // Never after another process's last line, which may have been cut short.
    this.#firstOwn = this.#nextNumber
    this.#read = cursor
    this.#saved = cursor
  }

  async append(observations: readonly Observation[]): Promise<void> {
    await this.#turns.add(() => this.#append(observations))
  }

  async acknowledge(ids: readonly string[]): Promise<void> {
    await this.#turns.add(() => this.#acknowledge(new Set(ids)))
  }

  async pending(limit: number): Promise<readonly Spooled[]> {
    return this.#turns.add(() => this.#pending(limit))
  }

  stats(): SpoolStats {
    let [count, bytes] = [0, 0]
    for (const segment of this.#segments) {
      count += segment.lines - segment.done
      bytes += segment.bytes
    }
    return { count, bytes, dropped: this.#dropped, damaged: this.#damaged }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turns.onIdle()
    await this.#closeWriter()
  }

  async #append(observations: readonly Observation[]): Promise<void> {
    const madeBefore = this.#clock.monotonic() - this.#clock.now()
    const items = observations.map((observation) => ({ id: observationId(observation), line: Buffer.from(encode({ observation, madeAt: madeBefore + observation.at })) }))
    const taken = await this.#makeRoom(items)
    if (taken.length === 0) return
    const { segment, file } = await this.#openWriter()
    try {
      await file.appendFile(Buffer.concat(taken.map((item) => item.line)))
    } catch (error) {
      await this.#mendWriter()
      throw error
    }
    for (const { id, line } of taken) {
      segment.bytes += line.length
      segment.lines += 1
      this.#recent.set(id, segment)
    }
    for (const id of this.#recent.keys().take(Math.max(0, this.#recent.size - remembered))) this.#recent.delete(id)
  }

  /** Drops whole segments, oldest first, until the newcomers fit; of these, the newest that fit. */
  async #makeRoom<T extends { readonly line: Buffer }>(items: readonly T[]): Promise<readonly T[]> {
    let [room, from] = [this.#maxBytes, items.length]
    while (from > 0 && items[from - 1]!.line.length <= room) room -= items[--from]!.line.length
    this.#dropped += from
    const taken = items.slice(from)
    const needed = this.#maxBytes - room
    while (this.#segments.length > 0 && this.stats().bytes + needed > this.#maxBytes) await this.#dropOldest()
    return taken
  }

  async #dropOldest(): Promise<void> {
    const segment = this.#segments[0]!
    await this.#removeOldest()
    this.#dropped += segment.lines - segment.done
    this.#unread = this.#unread.filter((item) => item.segment !== segment)
    if (this.#read.number <= segment.number) this.#read = { number: segment.number + 1, offset: 0 }
  }

  async #removeOldest(): Promise<void> {
    const segment = this.#segments[0]!
    if (this.#writer?.segment === segment) await this.#closeWriter()
    await removeSegment(segment)
    this.#segments.shift()
  }

  async #openWriter(): Promise<{ readonly segment: Segment; readonly file: FileHandle }> {
    if (this.#writer !== undefined && this.#writer.segment.bytes < Math.min(2 ** 20, this.#maxBytes / 8)) return this.#writer
    await this.#closeWriter()
    const segment = newSegment(this.#directory, this.#nextNumber)
    this.#writer = { segment, file: await open(segment.path, 'a') }
    this.#nextNumber += 1
    this.#segments.push(segment)
    return this.#writer
  }

  async #closeWriter(): Promise<void> {
    const writer = this.#writer
    this.#writer = undefined
    await writer?.file.close()
  }

  /** After a write that failed: takes back what it left, and starts a new file whatever comes of that. */
  async #mendWriter(): Promise<void> {
    const writer = this.#writer
    await Promise.allSettled([writer?.file.truncate(writer.segment.bytes)])
    await this.#closeWriter()
  }

  async #acknowledge(ids: Set<string>): Promise<void> {
    for (const item of this.#unread) {
      if (!ids.delete(item.id) || item.acknowledged) continue
      item.acknowledged = true
      item.segment.done += 1
      this.#recent.delete(item.id)
    }
    for (const id of ids) {
      const segment = this.#recent.get(id)
      if (segment === undefined) continue
      segment.done += 1
      this.#recent.delete(id)
      this.#ahead.add(id)
    }
    await this.tidy()
  }

  async #pending(limit: number): Promise<readonly Spooled[]> {
    while (this.#unread.reduce((count, item) => count + (item.acknowledged ? 0 : 1), 0) < limit && (await this.#readOn()));
    await this.tidy()
    const waiting = this.#unread.filter((item) => !item.acknowledged).slice(0, limit)
    const now = this.#clock.monotonic()
    return waiting.map(({ observation, madeAt, segment }) => ({ observation, age: segment.number >= this.#firstOwn ? Math.max(0, now - madeAt) : null }))
  }

  /** Reads some lines more; false when there are none. */
  async #readOn(): Promise<boolean> {
    const segment = this.#segments.find(({ number }) => number >= this.#read.number)
    if (segment === undefined) return false
    const offset = segment.number === this.#read.number ? this.#read.offset : 0
    const lines = offset < segment.bytes ? await readLines(segment, offset) : []
    for (const { text, start } of lines) this.#meet(segment, start, text)
    const end = lines.at(-1)?.end
    if (end === undefined && segment === this.#writer?.segment) {
      this.#ahead.clear()
      return false
    }
    if (end === undefined && offset < segment.bytes) this.#damaged += 1
    this.#read = end === undefined ? { number: segment.number + 1, offset: 0 } : { number: segment.number, offset: end }
    return true
  }

  #meet(segment: Segment, start: number, text: string): void {
    const record = decode(text)
    if (record === undefined) {
      this.#damaged += 1
      segment.done += 1
      return
    }
    const id = observationId(record.observation)
    this.#unread.push({ id, segment, start, ...record, acknowledged: this.#ahead.delete(id) })
  }

  /** Forgets what is acknowledged up to the first that is not, on disk as well. */
  async tidy(): Promise<void> {
    const first = this.#unread.findIndex((item) => !item.acknowledged)
    this.#unread = first < 0 ? [] : this.#unread.slice(first)
    const [oldest] = this.#unread
    const position = oldest === undefined ? this.#read : { number: oldest.segment.number, offset: oldest.start }
    // Files go first: on a full disk that makes the room which the cursor needs.
    while (this.#isRead(this.#segments[0], position)) await this.#removeOldest()
    if (position.number === this.#saved.number && position.offset === this.#saved.offset) return
    await writeCursor(this.#directory, position)
    this.#saved = position
  }

  #isRead(segment: Segment | undefined, { number, offset }: Position): boolean {
    return segment !== undefined && (segment.number < number || (segment.number === number && offset >= segment.bytes && segment.bytes > 0))
  }
}
