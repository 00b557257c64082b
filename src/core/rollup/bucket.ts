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
