/**
 * Numbers and texts as bytes. Whole numbers take 1 to 8 bytes, small ones the fewest; everything that is no whole number
 * takes 9. Both ends of the store speak this: records on their way to the disk, and the columns of blocks.
 */
const wholeLimit = 2 ** 51
const tooSmall = 16

export class ByteWriter {
  #bytes = new Uint8Array(4096)
  #view = new DataView(this.#bytes.buffer)
  /** how many bytes are written; may be set back to undo */
  length = 0

  /** A whole number from 0 to 2^53. */
  uint(value: number): void {
    this.#room(tooSmall)
    while (value >= 0x80) {
      this.#bytes[this.length++] = (value % 128) | 0x80
      value = value < 0x8000_0000 ? value >>> 7 : Math.floor(value / 128)
    }
    this.#bytes[this.length++] = value
  }

  /** Any number, bit for bit; -0, NaN and infinities too. */
  number(value: number): void {
    if (Number.isInteger(value) && value < wholeLimit && value > -wholeLimit && !Object.is(value, -0)) {
      this.uint(value >= 0 ? value * 2 + 1 : value * -2)
      return
    }
    this.uint(0)
    this.float(value)
  }

  float(value: number): void {
    this.#room(tooSmall)
    this.#view.setFloat64(this.length, value, true)
    this.length += 8
  }

  uint32(value: number, at?: number): void {
    this.#room(tooSmall)
    this.#view.setUint32(at ?? this.length, value, true)
    if (at === undefined) this.length += 4
  }

  text(value: string): void {
    // A loop over the characters is quicker than a call into the runtime, as long as they are few and plain.
    this.#room(value.length * 3 + tooSmall)
    const start = this.length
    this.uint(value.length)
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code >= 0x80) return this.#unicode(value, start)
      this.#bytes[this.length++] = code
    }
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** What was written, as bytes of its own; the writer is empty again. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.length)
    this.length = 0
    return taken
  }

  #unicode(value: string, start: number): void {
    const encoded = Buffer.from(value, 'utf8')
    this.length = start
    this.uint(encoded.length)
    this.raw(encoded)
  }

  #room(count: number): void {
    if (this.length + count <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + count))
    larger.set(this.#bytes.subarray(0, this.length))
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}

/** Reads what ByteWriter wrote, from `at` on. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = at
  }

  get done(): boolean {
    return this.at >= this.#bytes.length
  }

  uint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
  }

  number(): number {
    const coded = this.uint()
    if (coded === 0) return this.float()
    return coded % 2 === 1 ? (coded - 1) / 2 : -(coded / 2)
  }

  float(): number {
    this.at += 8
    return this.#view.getFloat64(this.at - 8, true)
  }

  uint32(): number {
    this.at += 4
    return this.#view.getUint32(this.at - 4, true)
  }

  byte(): number {
    const byte = this.#bytes[this.at++]
    if (byte === undefined) throw new RangeError('The bytes end too early')
    return byte
  }

  text(): string {
    const bytes = this.raw(this.uint())
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  }

  /** The next `length` bytes, in place: whoever keeps them copies them. */
  raw(length: number): Uint8Array {
    if (this.at + length > this.#bytes.length) throw new RangeError('The bytes end too early')
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }
}
