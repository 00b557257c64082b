import type { Bucket } from '../../../core/rollup/bucket.ts'
import { ByteReader, ByteWriter } from '../bytes.ts'
import { readNumbers, writeNumbers } from './columns.ts'
import { compress, decompress } from './zstd.ts'

/** The buckets of each metric of a series within one window, in time order. */
export type Rollup = ReadonlyMap<string, readonly Bucket[]>

/**
 * A rollup's window as compressed columns. An average is written as the sum that it came from and a variance as the whole
 * number over the count's square, where those are whole: samples in whole milliseconds or bytes then take 2 or 3 bytes
 * instead of 8.
 */
const layout = 1
const out = new ByteWriter()

export function writeRollup(rollup: Rollup): Uint8Array {
  out.uint(layout)
  out.uint(rollup.size)
  for (const [metric, buckets] of rollup) {
    out.text(metric)
    out.uint(buckets.length)
    writeNumbers(out, buckets.map((bucket) => bucket.at))
    writeNumbers(out, buckets.map((bucket) => bucket.count))
    writeNumbers(out, buckets.map((bucket) => bucket.minimum))
    writeNumbers(out, buckets.map((bucket) => bucket.maximum))
    writeScaled(buckets.map((bucket) => bucket.average), buckets.map((bucket) => bucket.count))
    writeScaled(buckets.map((bucket) => bucket.variance), buckets.map((bucket) => bucket.count ** 2))
  }
  return compress(out.take())
}

export function readRollup(body: Uint8Array): Rollup {
  const bytes = new ByteReader(decompress(body))
  if (bytes.uint() !== layout) throw new RangeError('A rollup is written in a layout that this program does not know')
  const rollup = new Map<string, Bucket[]>()
  for (let left = bytes.uint(); left > 0; left--) rollup.set(bytes.text(), readBuckets(bytes))
  return rollup
}

function readBuckets(bytes: ByteReader): Bucket[] {
  const length = bytes.uint()
  const [at, count] = [readNumbers(bytes, length), readNumbers(bytes, length)]
  const [minimum, maximum] = [readNumbers(bytes, length), readNumbers(bytes, length)]
  const average = readScaled(bytes, count)
  const variance = readScaled(bytes, count.map((one) => one ** 2))
  return at.map((time, i) => ({ at: time, count: count[i]!, average: average[i]!, minimum: minimum[i]!, maximum: maximum[i]!, variance: variance[i]! }))
}

function writeScaled(values: readonly number[], by: readonly number[]): void {
  const whole = values.map((value, i) => Math.round(value * by[i]!))
  // Merging rounds in the last digit; the whole number behind it is the better value then.
  const fits = values.every((value, i) => Math.abs(whole[i]! / by[i]! - value) <= Math.abs(value) * 2 ** -50)
  out.uint(fits ? 1 : 0)
  writeNumbers(out, fits ? whole : values)
}

function readScaled(bytes: ByteReader, by: readonly number[]): number[] {
  const scaled = bytes.uint() === 1
  const values = readNumbers(bytes, by.length)
  return scaled ? values.map((value, i) => value / by[i]!) : values
}
