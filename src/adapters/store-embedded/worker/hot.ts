import { ByteReader } from '../bytes.ts'

const slabSize = 2 ** 20
const slabLimit = 2 ** 11
const none = -1

/**
 * Records that are durable but not in blocks yet, in memory: slabs of bytes in which the records of a series are chained,
 * the newest at its head. No object a record, so the collector has nothing to do here.
 */
export class Hot {
  readonly #slabs: Uint8Array[] = []
  #used = slabSize
  #heads = new Int32Array(1024).fill(none)
  readonly #present = new Set<number>()
  records = 0
  bytes = 0

  /** No more fits: positions are 32 bits wide. */
  get full(): boolean {
    return this.#slabs.length >= slabLimit
  }

  /** The series that have records here. */
  get series(): Iterable<number> {
    return this.#present
  }

  /** Says that a series' records are elsewhere now. Its bytes go with the whole. */
  forget(series: number): void {
    this.#heads[series] = none
    this.#present.delete(series)
  }

  /** Takes all records of a batch in. */
  add(batch: Uint8Array): void {
    const reader = new ByteReader(batch)
    while (!reader.done) {
      const length = reader.uint32()
      const start = reader.at
      this.#addOne(reader.uint(), batch.subarray(start, start + length))
      reader.at = start + length
    }
  }

  /** A series' records, read by `read`, in the order in which they came. */
  read<T>(series: number, read: (bytes: ByteReader) => T): T[] {
    const found: T[] = []
    let position = this.#heads[series] ?? none
    while (position !== none) {
      const slab = this.#slabs[Math.floor(position / slabSize)]
      if (slab === undefined) break
      const reader = new ByteReader(slab, position % slabSize)
      position = reader.uint32() | 0
      found.push(read(reader))
    }
    return found.reverse()
  }

  #addOne(series: number, record: Uint8Array): void {
    const need = record.length + 4
    let slab = this.#slabs.at(-1)
    if (slab === undefined || this.#used + need > slab.length) {
      slab = new Uint8Array(Math.max(slabSize, need))
      this.#slabs.push(slab)
      this.#used = 0
    }
    const position = (this.#slabs.length - 1) * slabSize + this.#used
    new DataView(slab.buffer).setInt32(this.#used, this.#head(series), true)
    slab.set(record, this.#used + 4)
    this.#used += need
    this.#heads[series] = position
    this.#present.add(series)
    this.records += 1
    this.bytes += need
  }

  #head(series: number): number {
    if (series < this.#heads.length) return this.#heads[series] ?? none
    const larger = new Int32Array(Math.max(series + 1, this.#heads.length * 2)).fill(none)
    larger.set(this.#heads)
    this.#heads = larger
    return none
  }
}
