import PQueue from 'p-queue'
import type { Clock } from '../../contracts/clock.ts'
import type { ConfirmBus } from '../../contracts/confirm-bus.ts'
import type { Log } from '../../contracts/log.ts'
import type { Random } from '../../contracts/random.ts'
import type { ConfirmRequest } from '../../contracts/transport.ts'
import { Topics } from '../system/topics.ts'
import { readJson, writeJson } from './json-body.ts'
import type { Session } from './session.ts'
import type { Statement } from './statement.ts'

const minute = 60_000
/** how often (ms) a zone's requests are looked for, as long as somebody here listens */
const pollEvery = 400
/** what was published up to so long ago (ms) is read again: clocks differ, and writes take their time */
const overlap = 6000
const clockDifference = 2000
/** s after which a request is worth nothing */
const ttl = 60
/** requests that wait to be written; beyond it they are dropped, and the next scheduled run decides */
const waitingLimit = 1000
const writesAtOnce = 16

// ONE: losing a request is harmless, being late is not; it goes to all replicas anyway.
const write: Statement = { cql: 'INSERT INTO confirm_request (zone, minute, at, id, request) VALUES (?, ?, ?, ?, ?) USING TTL ?', consistency: 'ONE', idempotent: true, about: 'asking a zone to look' }
// LOCAL_ONE: read every moment, by every endpoint; the nearest replica is as good as any.
const read: Statement = { cql: 'SELECT at, id, request FROM confirm_request WHERE zone = ? AND minute = ? AND at > ?', consistency: 'LOCAL_ONE', idempotent: true, about: 'reading requests to look' }

interface Deps { readonly session: Session; readonly clock: Clock; readonly random: Random; readonly log: Log }
interface Listening { subscribers: number; readonly stop: AbortController; readonly done: Promise<void> }

/** "Look now" between processes: at once in this one, by a table that the others look into. */
export class CassandraConfirmBus implements ConfirmBus, AsyncDisposable {
  readonly #deps: Deps
  readonly #topics: Topics<ConfirmRequest>
  readonly #writes = new PQueue({ concurrency: writesAtOnce })
  readonly #listening = new Map<string, Listening>()
  #sent: Promise<void> = Promise.resolve()
  /** requests that were handed on here, with their times */
  readonly #seen = new Map<string, number>()

  constructor(deps: Deps) {
    this.#deps = deps
    this.#topics = new Topics(deps.clock, waitingLimit)
  }

  publish(zone: string, request: ConfirmRequest): void {
    const [at, id] = [this.#deps.clock.now(), Buffer.from(this.#deps.random.bytes(9)).toString('base64url')]
    this.#seen.set(id, at)
    this.#topics.publish(zone, request)
    if (this.#writes.size >= waitingLimit) return
    const body = writeJson(request)
    this.#sent = bothOf(this.#sent, this.#writes.add(() => this.#tried(() => this.#deps.session.execute(write, [zone, Math.floor(at / minute), at, id, body, ttl]))))
  }

  subscribe(zone: string, signal: AbortSignal): AsyncIterable<ConfirmRequest> {
    const listening = this.#listening.get(zone) ?? this.#listen(zone)
    listening.subscribers += 1
    const leave = () => {
      listening.subscribers -= 1
      if (listening.subscribers > 0) return
      listening.stop.abort()
      if (this.#listening.get(zone) === listening) this.#listening.delete(zone)
    }
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
    return this.#topics.subscribe(zone, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#listening.values()]
    for (const { stop } of all) stop.abort()
    await Promise.all([this.#sent, ...all.map(({ done }) => done)])
  }

  #listen(zone: string): Listening {
    const stop = new AbortController()
    const listening = { subscribers: 0, stop, done: this.#follow(zone, stop.signal) }
    this.#listening.set(zone, listening)
    return listening
  }

  async #follow(zone: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    const started = clock.now() - clockDifference
    while (!signal.aborted) {
      await this.#tried(() => this.#poll(zone, Math.max(started, clock.now() - overlap)))
      if (!signal.aborted) await this.#tried(() => clock.sleep(pollEvery, signal))
    }
  }

  async #poll(zone: string, since: number): Promise<void> {
    const { session, clock } = this.#deps
    for (let part = Math.floor(since / minute); part <= Math.floor((clock.now() + clockDifference) / minute); part++) {
      for (const row of await session.execute(read, [zone, part, since])) {
        const id = row.get('id') as string
        // Our own `publish` wrote it.
        if (!this.#seen.has(id)) this.#topics.publish(zone, readJson(row.get('request')) as ConfirmRequest)
        this.#seen.set(id, row.get('at') as number)
      }
    }
    this.#forget(clock.now() - overlap - minute)
  }

  #forget(before: number): void {
    for (const [id, at] of this.#seen) if (at < before) this.#seen.delete(id)
  }

  async #tried(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#deps.log.debug({ error: String(error) }, 'a request to look was not carried; the next scheduled run decides')
    }
  }
}

async function bothOf(before: Promise<void>, task: Promise<void>): Promise<void> {
  await before
  await task
}
