import type { NewsItem, OverviewLine } from '../wire.ts'
import { sleep } from './background.ts'
import { ApiError, type Api } from './api.ts'
import type { Model } from './model.ts'

/** How the page stands with the server. */
export type LinkState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** `since`: when the server was last heard */
  | { readonly kind: 'lost'; readonly since: number; readonly why: string }

/** Silence longer than this (ms) is a lost connection: the server says something every four seconds. */
const silence = 12_000
const readAllAgain = 300_000
/** Above this many changed entities everything is read again instead. */
const many = 200
const readSometimes = 4000

/** Keeps a model in step with the server: everything once, then the news; and says so whenever it cannot. */
export class Link {
  state: LinkState = { kind: 'connecting' }
  readonly #api: Api
  readonly #model: Model
  readonly #update: () => void
  readonly #dirty = new Set<string>()
  /** when an entity that is not well was read last: few of them, or none is followed so closely */
  readonly #readAt = new Map<string, number>()
  #heard = Date.now()
  #readAll = 0

  /** `update` is called after everything that changes what should be seen. */
  constructor(api: Api, model: Model, update: () => void) {
    this.#api = api
    this.#model = model
    this.#update = update
  }

  /** Runs until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures += 1) {
      const before = this.#heard
      const why = await this.#once(signal)
      if (signal.aborted) return
      if (this.#heard > before) failures = 0
      this.state = { kind: 'lost', since: this.#heard, why }
      this.#update()
      await sleep(Math.min(10_000, 500 * 2 ** failures), signal)
    }
  }

  /** One connection, to its end; answers why it ended. */
  async #once(signal: AbortSignal): Promise<string> {
    const over = new AbortController()
    const both = AbortSignal.any([signal, over.signal])
    let waiting = Date.now()
    const watch = setInterval(() => {
      if (Date.now() - Math.max(waiting, this.#heard) > silence) over.abort(new Error(`nothing was heard for ${silence / 1000} s`))
    }, 1000)
    try {
      const response = await this.#api.open('console/feed', { signal: both })
      waiting = Date.now()
      await Promise.all([this.#listen(response), this.#keepRead(both)])
      return 'the connection ended'
    } catch (error) {
      return reasonOf(error)
    } finally {
      clearInterval(watch)
      over.abort()
    }
  }

  async #listen(response: Response): Promise<never> {
    for await (const line of lines(response)) {
      this.#heard = Date.now()
      if (!line.startsWith('data: ')) continue
      // The server's own messages, in the shape of NewsItem.
      for (const item of JSON.parse(line.slice(6)) as readonly NewsItem[]) this.#take(item)
      this.#update()
    }
    throw new Error('the server ended the connection')
  }

  #take(item: NewsItem): void {
    switch (item.kind) {
      case 'heartbeat':
        this.#model.troubles = item.troubles ?? []
        return this.#model.serverTime(item.now)
      case 'observation':
        this.#observed(item)
        return
      case 'state':
        this.#model.changed(item)
        this.#dirty.add(item.key.entity)
        return
      case 'delivery':
        this.#model.ledgerNews.set(item.key.alarm, Date.now())
        return
      case 'configuration':
        if (item.entity !== null) this.#dirty.add(item.entity)
        return
      case 'resync':
        this.#readAll = 0
    }
  }

  #observed(item: Extract<NewsItem, { readonly kind: 'observation' }>): void {
    const worth = this.#model.observed(item)
    const readAt = this.#readAt.get(item.entity) ?? 0
    if (worth === 'now' || (worth === 'sometimes' && this.#readAt.size < many && Date.now() - readAt > readSometimes)) {
      this.#readAt.set(item.entity, Date.now())
      this.#dirty.add(item.entity)
    }
  }

  /** Reads everything at first and now and then, and what changed as it changes. */
  async #keepRead(signal: AbortSignal): Promise<void> {
    this.#readAll = 0
    while (!signal.aborted) {
      if (Date.now() - this.#readAll > readAllAgain || this.#dirty.size > many) await this.#everything(signal)
      else if (this.#dirty.size > 0) await this.#some([...this.#dirty].slice(0, 50), signal)
      if (this.state.kind !== 'live') {
        this.state = { kind: 'live' }
        this.#update()
      }
      await sleep(300, signal)
    }
  }

  async #everything(signal: AbortSignal): Promise<void> {
    this.#dirty.clear()
    this.#readAt.clear()
    await this.#read('console/overview', true, signal)
    this.#readAll = Date.now()
  }

  async #some(ids: readonly string[], signal: AbortSignal): Promise<void> {
    for (const id of ids) this.#dirty.delete(id)
    await this.#read(`console/overview?${ids.map((id) => `entity=${id}`).join('&')}`, false, signal)
  }

  async #read(path: string, whole: boolean, signal: AbortSignal): Promise<void> {
    let ended = false
    for await (const text of lines(await this.#api.open(path, { signal }))) {
      const line = JSON.parse(text) as OverviewLine
      ended = line.kind === 'end'
      this.#model.line(line, whole)
      if (whole && !this.#model.complete) this.#update()
    }
    if (!ended) throw new Error('the overview was cut off')
    this.#update()
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ApiError) return error.status === 503 ? 'the store does not answer' : error.message
  if (error instanceof TypeError) return 'the server cannot be reached'
  return error instanceof Error ? error.message : String(error)
}

/** The lines of an answer as they come. */
export async function* lines(response: Response): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of chunks(response)) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) if (part !== '') yield part
  }
}

async function* chunks(response: Response): AsyncGenerator<string> {
  if (response.body === null) return
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value
  } finally {
    await reader.cancel()
  }
}
