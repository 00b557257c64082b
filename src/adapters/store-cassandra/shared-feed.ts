import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import type { Clock } from '../../contracts/clock.ts'
import type { Feed, FeedEvent } from '../../contracts/feed.ts'
import type { Log } from '../../contracts/log.ts'
import { Topics } from '../system/topics.ts'
import type { Session } from './session.ts'
import type { Statement } from './statement.ts'

const [compress, decompress] = [promisify(zstdCompress), promisify(zstdDecompress)]

// LOCAL_ONE for all of these: news may be missed, because everything can be read again, and must cost next to nothing.
const weak = { consistency: 'LOCAL_ONE', idempotent: true } as const
const writeNews: Statement = { ...weak, cql: 'INSERT INTO news (tenant, bucket, at, source, events) VALUES (?, ?, now(), ?, ?)', about: 'telling other processes what is new' }
const readNews: Statement = { ...weak, cql: 'SELECT at, source, events FROM news WHERE tenant = ? AND bucket IN ? AND at > maxTimeuuid(?)', about: 'reading what is new' }
const writeWatcher: Statement = { ...weak, cql: "INSERT INTO news_watcher (place, tenant, source) VALUES ('all', ?, ?)", about: 'saying that somebody is looking' }
const readWatchers: Statement = { ...weak, cql: "SELECT tenant, source FROM news_watcher WHERE place = 'all'", about: 'asking who is looking' }

/** ms: how often news travel; how often a process says who is looking at it, and asks the others; how late news may be written. */
const every = 500
const watchEvery = 5000
const overlap = 5000
const bucketLength = 10_000
/** Of a tenant's news so many wait at most; the oldest go first. */
const mostWaiting = 2000

/**
 * A feed that other processes hear as well, through the store: news of a tenant are written only while somebody looks at that
 * tenant in another process, gathered, of several observations of one check and zone the newest only.
 */
export class SharedFeed implements Feed, AsyncDisposable {
  readonly #session: Session
  readonly #clock: Clock
  readonly #log: Log
  readonly #source: string
  readonly #topics: Topics<FeedEvent>
  /** tenant → subscribers of this process */
  readonly #looking = new Map<string, number>()
  #watchedElsewhere: ReadonlySet<string> = new Set()
  readonly #waiting = new Map<string, Map<string, FeedEvent>>()
  /** ids of rows that were read within the overlap, and when (ms) */
  readonly #seen = new Map<string, number>()
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #askedAt = Number.NEGATIVE_INFINITY
  #failing = false
  #count = 0

  constructor(session: Session, source: string, clock: Clock, log: Log) {
    this.#session = session
    this.#source = source
    this.#clock = clock
    this.#log = log
    this.#topics = new Topics(clock)
    this.#running = this.#run()
  }

  publish(event: FeedEvent): void {
    this.#topics.publish(event.tenant, event)
    if (!this.#watchedElsewhere.has(event.tenant)) return
    const waiting = this.#waiting.get(event.tenant) ?? new Map<string, FeedEvent>()
    this.#waiting.set(event.tenant, waiting)
    const [oldest] = waiting.keys()
    if (waiting.size >= mostWaiting && oldest !== undefined) waiting.delete(oldest)
    waiting.set(event.kind === 'observation' ? `${event.check}/${event.zone}` : String(this.#count++), event)
  }

  subscribe(tenant: string, signal: AbortSignal): AsyncIterable<FeedEvent> {
    return this.#follow(tenant, this.#topics.subscribe(tenant, signal))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async *#follow(tenant: string, events: AsyncIterable<FeedEvent>): AsyncGenerator<FeedEvent> {
    this.#look(tenant, 1)
    try {
      yield* events
    } finally {
      this.#look(tenant, -1)
    }
  }

  #look(tenant: string, change: 1 | -1): void {
    const subscribers = (this.#looking.get(tenant) ?? 0) + change
    if (subscribers === 0) this.#looking.delete(tenant)
    else this.#looking.set(tenant, subscribers)
    if (subscribers === 1 && change === 1) this.#askedAt = Number.NEGATIVE_INFINITY
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    try {
      for (;;) {
        await this.#clock.sleep(every, signal)
        await this.#round()
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  /** News that do not travel are no reason to stop anything. */
  async #round(): Promise<void> {
    try {
      await this.#meet()
      await Promise.all([...this.#send(), ...[...this.#looking.keys()].map((tenant) => this.#hear(tenant))])
      this.#failing = false
    } catch (error) {
      if (!this.#failing) this.#log.warn({ error: String(error) }, 'news do not reach other processes')
      this.#failing = true
    }
  }

  /** Says who looks here, and learns who looks elsewhere. */
  async #meet(): Promise<void> {
    if (this.#clock.monotonic() - this.#askedAt < watchEvery) return
    this.#askedAt = this.#clock.monotonic()
    await Promise.all([...this.#looking.keys()].map((tenant) => this.#session.execute(writeWatcher, [tenant, this.#source])))
    const watchers = await this.#session.execute(readWatchers)
    this.#watchedElsewhere = new Set(watchers.filter((row) => row.get('source') !== this.#source).map((row) => String(row.get('tenant'))))
  }

  #send(): readonly Promise<unknown>[] {
    const bucket = Math.floor(this.#clock.now() / bucketLength)
    const sent = [...this.#waiting].map(async ([tenant, events]) => this.#session.execute(writeNews, [tenant, bucket, this.#source, await compress(JSON.stringify([...events.values()]))]))
    this.#waiting.clear()
    return sent
  }

  async #hear(tenant: string): Promise<void> {
    const now = this.#clock.now()
    const bucket = Math.floor(now / bucketLength)
    for (const [id, at] of this.#seen) if (now - at > 3 * overlap) this.#seen.delete(id)
    for (const row of await this.#session.execute(readNews, [tenant, [bucket - 1, bucket, bucket + 1], now - overlap])) {
      const id = String(row.get('at'))
      if (this.#seen.has(id) || row.get('source') === this.#source) continue
      this.#seen.set(id, now)
      // Written by #send of a process of ours; the column is a blob.
      for (const event of JSON.parse(String(await decompress(row.get('events') as Buffer))) as FeedEvent[]) this.#topics.publish(tenant, event)
    }
  }
}
