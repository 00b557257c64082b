import { ByteReader, type ByteWriter } from '../bytes.ts'

/**
 * Columns of a block: what is alike stands together, and differences stand for values, so that the compressor finds little
 * left to say. Each column begins with the way in which it is written.
 */
const constant = 0
const steps = 1
const changingSteps = 2
const thousandths = 3
const changingThousandths = 4
const floats = 5

const wholeLimit = 2 ** 49

/** Numbers, bit for bit; whole ones and those with at most three decimals take the least. */
export function writeNumbers(out: ByteWriter, values: readonly number[]): void {
  const [first] = values
  if (first === undefined) return
  if (values.every((value) => Object.is(value, first))) {
    out.uint(constant)
    return out.number(first)
  }
  if (isWhole(values)) return writeSteps(out, values, steps)
  const scaled = values.map((value) => Math.round(value * 1000))
  if (isWhole(scaled) && scaled.every((value, i) => Object.is(value / 1000, values[i]))) return writeSteps(out, scaled, thousandths)
  out.uint(floats)
  out.raw(transposed(values))
}

export function readNumbers(bytes: ByteReader, count: number): number[] {
  if (count === 0) return []
  const way = bytes.uint()
  switch (way) {
    case constant: return Array<number>(count).fill(bytes.number())
    case steps: return readSteps(bytes, count, false)
    case changingSteps: return readSteps(bytes, count, true)
    case thousandths: return readSteps(bytes, count, false).map((value) => value / 1000)
    case changingThousandths: return readSteps(bytes, count, true).map((value) => value / 1000)
    case floats: return readFloats(bytes.raw(count * 8), count)
    default: throw new RangeError(`A column is written in way ${way}, which this program does not know`)
  }
}

/** Texts; one that equals the one before it costs a byte. */
export function writeTexts(out: ByteWriter, values: readonly (string | null)[]): void {
  let previous: string | null | undefined
  const same = values.every((value) => value === values[0])
  out.uint(same ? constant : steps)
  for (const value of same ? values.slice(0, 1) : values) {
    if (value === null) out.uint(0)
    else if (value === previous) out.uint(1)
    else {
      out.uint(2)
      out.text(value)
    }
    previous = value
  }
}

export function readTexts(bytes: ByteReader, count: number): (string | null)[] {
  const same = bytes.uint() === constant
  const values: (string | null)[] = []
  for (let i = 0; i < (same ? Math.min(1, count) : count); i++) {
    const way = bytes.uint()
    values.push(way === 0 ? null : way === 1 ? (values[i - 1] ?? null) : bytes.text())
  }
  return same ? Array<string | null>(count).fill(values[0] ?? null) : values
}

function isWhole(values: readonly number[]): boolean {
  return values.every((value) => Number.isInteger(value) && value < wholeLimit && value > -wholeLimit && !Object.is(value, -0))
}

/** Differences, or where those are large but steady (times), the differences of differences. */
function writeSteps(out: ByteWriter, values: readonly number[], way: number): void {
  const changing = isSteady(values)
  out.uint(changing ? way + 1 : way)
  let [previous, before] = [0, 0]
  for (const value of values) {
    const step = value - previous
    out.number(changing ? step - before : step)
    previous = value
    before = step
  }
}

/** Whether the differences differ by less than they are. */
function isSteady(values: readonly number[]): boolean {
  let [first, second, before] = [0, 0, 0]
  for (let i = 1; i < values.length; i++) {
    const step = values[i]! - values[i - 1]!
    if (i > 1) {
      first += Math.abs(step)
      second += Math.abs(step - before)
    }
    before = step
  }
  return second < first
}

function readSteps(bytes: ByteReader, count: number, changing: boolean): number[] {
  const values: number[] = []
  let [value, step] = [0, 0]
  for (let i = 0; i < count; i++) {
    step = changing ? step + bytes.number() : bytes.number()
    value += step
    values.push(value)
  }
  return values
}

// The bytes of all numbers by their place: exponents beside exponents compress, whole numbers side by side do not.
function transposed(values: readonly number[]): Uint8Array {
  const plain = new Uint8Array(Float64Array.from(values).buffer)
  return plain.map((_, i) => plain[(i % values.length) * 8 + Math.floor(i / values.length)]!)
}

function readFloats(bytes: Uint8Array, count: number): number[] {
  const plain = new Uint8Array(count * 8)
  for (let i = 0; i < plain.length; i++) plain[(i % count) * 8 + Math.floor(i / count)] = bytes[i]!
  return [...new Float64Array(plain.buffer)]
}
