import type { Clock } from '../../contracts/clock.ts'
import { StoreUnavailable } from '../../contracts/errors.ts'
import type { Log } from '../../contracts/log.ts'
import { Wake } from '../../contracts/wake.ts'
import { ByteWriter } from './bytes.ts'
import type { Batch, Write, WriteName, WriteResults, Writes } from './protocol.ts'
import type { Settings } from './settings.ts'
import type { WorkerLink } from './worker-link.ts'
import type { Words } from './words.ts'

/** What was asked for since the last commit began; it becomes one transaction with one fsync. */
interface Open {
  readonly writes: Write[]
  /** run in order when the batch is durable, before anyone who waits hears of it */
  readonly applied: ((results: readonly WriteResults[WriteName][]) => void)[]
  readonly done: PromiseWithResolvers<readonly WriteResults[WriteName][]>
  observations: number
}

/**
 * Gathers writes and commits them together, one batch at a time. An idle store commits at once; where observations keep
 * coming, a commit begins every `linger` ms, and everything that came in between shares it. Other writes are few and
 * somebody waits for them: they wait for the commit under way and for nothing else.
 */
export class Committer {
  readonly #link: WorkerLink
  readonly #words: Words
  readonly #clock: Clock
  readonly #log: Log
  readonly #settings: Settings
  readonly #records = new ByteWriter()
  #open = emptyBatch()
  #running: Promise<void> | undefined
  readonly #hurry = new Wake()
  #lingering = false
  #begun = -Infinity
  readonly stats = { commits: 0, observations: 0, failures: 0, lastCommit: 0 }

  constructor(link: WorkerLink, words: Words, clock: Clock, log: Log, settings: Settings) {
    this.#link = link
    this.#words = words
    this.#clock = clock
    this.#log = log
    this.#settings = settings
  }

  get waiting(): number {
    return this.#records.length
  }

  /** Adds records to the next commit; `encode` writes them, `applied` runs once they are durable. */
  async append(count: number, encode: (out: ByteWriter) => void, applied: () => void): Promise<void> {
    if (this.#records.length > this.#settings.waitingLimit) throw new StoreUnavailable('Too much waits for the disk', 'not done')
    const batch = this.#open
    this.#encode(encode)
    batch.observations += count
    batch.applied.push(applied)
    this.#wake()
    await batch.done.promise
  }

  /** Adds one write to the next commit; `applied` sees its result as soon as it is durable. */
  async write<K extends WriteName>(name: K, body: Writes[K], applied?: (result: WriteResults[K]) => void): Promise<WriteResults[K]> {
    const batch = this.#open
    // `name` and `body` are a pair by this function's own types.
    const index = batch.writes.push({ name, body } as Write) - 1
    // The worker answers the writes of a batch in their order, each by its name.
    const mine = (results: readonly WriteResults[WriteName][]) => results[index] as WriteResults[K]
    if (applied !== undefined) batch.applied.push((results) => applied(mine(results)))
    if (this.#lingering) this.#hurry.ring()
    this.#wake()
    return mine(await batch.done.promise)
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#running
  }

  #encode(encode: (out: ByteWriter) => void): void {
    const start = this.#records.length
    try {
      encode(this.#records)
    } catch (error) {
      this.#records.length = start
      throw error
    }
  }

  #wake(): void {
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    do {
      if (this.#open.writes.length === 0) await this.#linger()
      this.#begun = this.#clock.monotonic()
      await this.#commit(this.#take())
      this.stats.lastCommit = this.#clock.monotonic() - this.#begun
    } while (this.#open.applied.length > 0 || this.#open.writes.length > 0)
    this.#running = undefined
  }

  async #linger(): Promise<void> {
    const wait = this.#begun + this.#settings.linger - this.#clock.monotonic()
    if (wait <= 0) return
    this.#lingering = true
    await this.#hurry.wait(this.#clock, wait, never)
    this.#lingering = false
  }

  #take(): { open: Open; batch: Batch } {
    const open = this.#open
    this.#open = emptyBatch()
    return { open, batch: { definitions: this.#words.take(), records: this.#records.take(), writes: open.writes } }
  }

  async #commit({ open, batch }: { open: Open; batch: Batch }): Promise<void> {
    try {
      const { results } = await this.#link.call('commit', batch, [batch.records.buffer])
      this.stats.commits += 1
      this.stats.observations += open.observations
      for (const applied of open.applied) applied(results)
      open.done.resolve(results)
    } catch (error) {
      this.#words.giveBack(batch.definitions)
      this.stats.failures += 1
      this.#log.error({ error: String(error), observations: open.observations, writes: open.writes.length }, 'A commit of the store failed')
      open.done.reject(error)
    }
  }
}

const never = new AbortController().signal

function emptyBatch(): Open {
  return { writes: [], applied: [], done: Promise.withResolvers(), observations: 0 }
}
