/** What is known of the samples of one span of time; `variance` is the population's. A sample alone is a bucket of one. */
export interface Bucket {
  readonly at: number
  readonly count: number
  readonly average: number
  readonly minimum: number
  readonly maximum: number
  readonly variance: number
}

/** The start of the bucket of `length` ms that holds `at`; buckets are aligned to the epoch. */
export function bucketStart(at: number, length: number): number {
  return Math.floor(at / length) * length
}

/** Two buckets as one, which starts where the first does. */
export function merge(a: Bucket, b: Bucket): Bucket {
  const count = a.count + b.count
  const share = b.count / count
  const apart = b.average - a.average
  return {
    at: a.at,
    count,
    average: a.average + apart * share,
    minimum: Math.min(a.minimum, b.minimum),
    maximum: Math.max(a.maximum, b.maximum),
    variance: a.variance * (1 - share) + b.variance * share + apart * apart * share * (1 - share),
  }
}

/**
 * Buckets of `length` ms from finer ones, or from samples, that are in time order. Rolling up in steps gives what rolling
 * up at once does, as far as floating point can tell.
 */
export function rollUp(finer: Iterable<Bucket>, length: number): Bucket[] {
  const buckets: Bucket[] = []
  for (const bucket of finer) {
    const at = bucketStart(bucket.at, length)
    const last = buckets.at(-1)
    if (last?.at === at) buckets[buckets.length - 1] = merge(last, bucket)
    else buckets.push({ ...bucket, at })
  }
  return buckets
}

/** Buckets of `length` ms from samples in time order: `values[i]` was seen at `times[i]`. */
export function rollUpSamples(times: readonly number[], values: readonly number[], length: number): Bucket[] {
  const buckets: Bucket[] = []
  for (let from = 0; from < times.length;) {
    const at = bucketStart(times[from]!, length)
    let to = from
    while (to < times.length && times[to]! < at + length) to += 1
    buckets.push(bucketOf(at, values, from, to))
    from = to
  }
  return buckets
}

/** The bucket of `values` from index `from` (inside) to `to` (not). */
function bucketOf(at: number, values: readonly number[], from: number, to: number): Bucket {
  let [sum, minimum, maximum, squares] = [0, Infinity, -Infinity, 0]
  for (let i = from; i < to; i++) {
    const value = values[i]!
    sum += value
    if (value < minimum) minimum = value
    if (value > maximum) maximum = value
  }
  const count = to - from
  const average = sum / count
  for (let i = from; i < to; i++) squares += (values[i]! - average) ** 2
  return { at, count, average, minimum, maximum, variance: squares / count }
}
