import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../contracts/clock.ts'
import { BadFrame, encodeFrame, LineReader, parseFrame, type FrameError, type Request } from './framing.ts'

/** The other side answered that it will not; `code` is a number because the original poller reads no other. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly code: number
  readonly type: string

  constructor({ code, message, type = 'error' }: FrameError) {
    super(message)
    this.code = code
    this.type = type
  }
}

/** No answer came: whether the other side did what was asked is not known. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered'
}

export interface PeerOptions {
  readonly socket: TLSSocket
  /** who speaks here and who there, as frames name them; there may be unknown until it says so */
  readonly self: string
  readonly clock: Clock
  readonly longestLine: number
  readonly mostUnsent: number
  /** takes a request in; reading goes on when this ends, so it decides how much is taken on */
  readonly take: (request: Request) => Promise<void>
  /** what to do with a line that is no JSON object: true when it is dealt with */
  readonly strange?: (line: string) => boolean
}

/** How long (ms) the last words of a connection may take to be sent. */
const lastWords = 1000

/** One connection on which frames go both ways: requests with their answers, and requests that want none. */
export class Peer {
  readonly #options: PeerOptions
  readonly #reader: LineReader
  readonly #pending = new Map<string, PromiseWithResolvers<unknown>>()
  readonly #gone = new AbortController()
  #nextId = 1
  #finishing: Promise<void> | undefined
  /** when something last came (monotonic ms) */
  heardAt: number
  /** whom frames are for */
  other = ''

  constructor(options: PeerOptions) {
    this.#options = options
    this.#reader = new LineReader(options.longestLine)
    this.heardAt = options.clock.monotonic()
    // Whatever a socket has to say, the reading loop hears it too; without a listener it would end the process.
    options.socket.on('error', () => {})
  }

  /** Aborts when the connection is over; its reason says why. */
  get gone(): AbortSignal {
    return this.#gone.signal
  }

  /** bytes that wait to be sent */
  get unsent(): number {
    return this.#options.socket.writableLength
  }

  set longestLine(bytes: number) {
    this.#reader.limit = bytes
  }

  /** Reads until the connection is over, which is when this ends. */
  async run(): Promise<void> {
    try {
      // Our own last words may still have to be sent when reading ends.
      for await (const chunk of this.#options.socket.iterator({ destroyOnReturn: false })) {
        await this.#read(chunk)
        if (this.#finishing !== undefined) break
      }
      this.close(new Unanswered('the other side ended the connection'))
    } catch (error) {
      if (error instanceof BadFrame) this.finish(encodeFrame({ id: null, source: this.#options.self, target: this.other, error: { code: 400, type: 'badFrame', message: error.message } }), error)
      else this.close(error instanceof Error ? error : new Unanswered(String(error)))
    }
    // What still comes is thrown away: closing on unread bytes would take our last words from the other side.
    this.#options.socket.resume()
    await this.#finishing
  }

  /** Asks, and waits at most `patience` ms. Rejects with Refused, Unanswered or what `signal` was aborted with. */
  async request(method: string, params: object, patience: number, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted()
    const id = this.#nextId++
    const answer = Promise.withResolvers<unknown>()
    this.#pending.set(String(id), answer)
    using deadline = this.#options.clock.deadline(patience, signal)
    deadline.signal.addEventListener('abort', () => answer.reject(signal?.aborted === true ? signal.reason : new Unanswered(`no answer to ${method} within ${patience} ms`)), { once: true })
    try {
      this.#send({ id, source: this.#options.self, target: this.other, method, params })
      return await answer.promise
    } finally {
      this.#pending.delete(String(id))
    }
  }

  /** Says something that wants no answer. */
  tell(method: string, params: object): void {
    this.#send({ id: this.#nextId++, source: this.#options.self, target: this.other, method, params })
  }

  answer({ id, source }: Request, result: unknown): void {
    this.#send({ id, source: this.#options.self, target: source, result })
  }

  refuse({ id, source }: Request, error: FrameError): void {
    this.#send({ id, source: this.#options.self, target: source, error })
  }

  /** Ends the connection at once. */
  close(reason: Error): void {
    this.#over(reason)
    if (this.#finishing === undefined) this.#options.socket.destroy()
  }

  /** Says a last thing and ends the connection. */
  finish(text: string, reason: Error): void {
    if (this.#gone.signal.aborted) return
    this.#over(reason)
    this.#finishing = this.#end(text)
  }

  async #end(text: string): Promise<void> {
    const { socket, clock } = this.#options
    const said = Promise.withResolvers<void>()
    socket.once('close', () => said.resolve())
    using deadline = clock.deadline(lastWords)
    deadline.signal.addEventListener('abort', () => said.resolve(), { once: true })
    socket.end(text)
    await said.promise
    socket.destroy()
  }

  #over(reason: Error): void {
    if (this.#gone.signal.aborted) return
    this.#gone.abort(reason)
    for (const answer of this.#pending.values()) answer.reject(reason instanceof Refused ? reason : new Unanswered(`the connection broke: ${reason.message}`, { cause: reason }))
  }

  async #read(chunk: Uint8Array): Promise<void> {
    for (const line of this.#reader.lines(chunk)) {
      if (this.#gone.signal.aborted) return
      this.heardAt = this.#options.clock.monotonic()
      if (!line.startsWith('{') && this.#options.strange?.(line) === true) continue
      const frame = parseFrame(line)
      if (frame.kind === 'request') await this.#options.take(frame)
      else this.#settle(frame.id, frame.result, frame.error)
    }
    this.heardAt = this.#options.clock.monotonic()
  }

  #settle(id: string | number, result: unknown, error: FrameError | null): void {
    const answer = this.#pending.get(String(id))
    if (error === null) answer?.resolve(result)
    else answer?.reject(new Refused(error))
  }

  #send(fields: Readonly<Record<string, unknown>>): void {
    if (this.#gone.signal.aborted) throw new Unanswered('the connection is over')
    this.#options.socket.write(encodeFrame(fields))
    if (this.unsent > this.#options.mostUnsent) this.close(new Unanswered('the other side reads too slowly'))
  }
}
