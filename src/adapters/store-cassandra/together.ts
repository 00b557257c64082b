import PQueue from 'p-queue'

/** Works on all items, at most `limit` at once; the results in the items' order. Rejects with the first failure. */
export async function together<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const [only] = items
  if (items.length === 1 && only !== undefined) return [await work(only)]
  return new PQueue({ concurrency: limit }).addAll(items.map((item) => () => work(item)))
}

/** One at a time by name: what this process would only contend with itself for waits its turn here, for nothing. */
export class OneAtATime {
  readonly #queues = new Map<string, PQueue>()

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(name) ?? new PQueue({ concurrency: 1 })
    this.#queues.set(name, queue)
    try {
      return await queue.add(work)
    } finally {
      if (queue.size === 0 && queue.pending === 0) this.#queues.delete(name)
    }
  }
}
