import type { TLSSocket } from 'node:tls'
import PQueue from 'p-queue'
import { StoreUnavailable } from '../../contracts/errors.ts'
import type { Log } from '../../contracts/log.ts'
import { BadFrame, encodeFrame, type FrameError, type Request } from './framing.ts'
import { readHello, vedetteFeature, type Authenticate, type Hello } from './hello.ts'
import { answerTo } from './http.ts'
import { Peer, Refused } from './peer.ts'
import { aborted, Services, type Known, type ServiceDeps } from './services.ts'

export interface SessionDeps extends ServiceDeps {
  readonly authenticate: Authenticate
  readonly log: Log
  /** this endpoint's life: cursors of another one mean nothing */
  readonly boot: string
}

interface Greeted { readonly hello: Hello; readonly access: Known; readonly services: Services }

const self = 'endpoint'
const badRequest = (message: string): FrameError => ({ code: 400, type: 'badRequest', message })

/** One connection of a poller or an agent: its hello, then its requests, until it is over. */
export class Session {
  readonly #deps: SessionDeps
  readonly #peer: Peer
  readonly #address: string
  readonly #requests: PQueue
  readonly #running = new Set<Promise<void>>()
  #log: Log
  #greeted: Greeted | undefined
  readonly #heard = Promise.withResolvers<void>()

  constructor(socket: TLSSocket, address: string, deps: SessionDeps) {
    const { clock, settings, log } = deps
    this.#deps = deps
    this.#address = address
    this.#log = log.with({ address })
    this.#requests = new PQueue({ concurrency: settings.parallel })
    this.#peer = new Peer({ socket, self, clock, longestLine: settings.longestHello, mostUnsent: settings.mostUnsent, take: (request) => this.#take(request), strange: (line) => this.#strange(line) })
  }

  /** Who speaks; undefined until that is known. */
  get kind(): Known['kind'] | undefined {
    return this.#greeted?.access.kind
  }

  /** Ends when the connection is over, and everything that it asked for. */
  async run(): Promise<void> {
    const watching = this.#watch()
    await this.#peer.run()
    await Promise.all([watching, ...this.#running, this.#greeted?.services.ended()])
    const reason = String(this.#peer.gone.reason)
    if (this.#peer.gone.reason instanceof BadFrame) this.#deps.counts.badFrames += 1
    if (this.#greeted !== undefined) this.#log.info({ reason }, 'a connection is over')
    else this.#log.debug({ reason }, 'a connection ended before anybody said who it was')
  }

  /** Lets what is under way be answered, and ends the connection. */
  async stop(): Promise<void> {
    using deadline = this.#deps.clock.deadline(this.#deps.settings.drain)
    await Promise.race([this.#requests.onIdle(), aborted(deadline.signal)])
    this.#peer.finish('', new Error('this endpoint stops'))
  }

  /** What a load balancer says before the first frame, and HTTP. */
  #strange(line: string): boolean {
    if (this.#greeted !== undefined) return false
    const [, from] = /^PROXY (?:UNKNOWN|TCP[46] (\S+) .*)$/.exec(line) ?? []
    if (line.startsWith('PROXY ') && line.length <= 107) {
      this.#log = this.#log.with({ forwardedFor: from ?? 'unknown' })
      return true
    }
    const answer = answerTo(line)
    if (answer === undefined) return false
    this.#peer.finish(answer, new Error('it was an HTTP request'))
    return true
  }

  async #take(request: Request): Promise<void> {
    const greeted = this.#greeted
    if (greeted === undefined) await this.#greet(request)
    // Heartbeats overtake what is slow: they ask whether somebody is there.
    else if (request.method === 'heartbeat.post') this.#peer.answer(request, { timestamp: this.#deps.clock.now() })
    else await this.#enqueue(request, greeted)
  }

  /** Reading goes on when not too much waits. */
  async #enqueue(request: Request, { services }: Greeted): Promise<void> {
    const served = this.#own(() => this.#serve(request, services), () => this.#running.delete(served))
    this.#running.add(served)
    await this.#requests.onSizeLessThan(this.#deps.settings.waiting)
  }

  async #own(serve: () => Promise<void>, done: () => void): Promise<void> {
    await this.#requests.add(serve)
    done()
  }

  async #serve(request: Request, services: Services): Promise<void> {
    try {
      const result = await services.call(request.method, request.params)
      if (!this.#peer.gone.aborted) this.#peer.answer(request, result)
    } catch (error) {
      if (!this.#peer.gone.aborted) this.#peer.refuse(request, this.#errorOf(error, request.method))
    }
  }

  async #greet(request: Request): Promise<void> {
    try {
      if (request.method !== 'handshake.hello') throw new Refused(badRequest(`the first message must be handshake.hello; found ${request.method.slice(0, 64)}`))
      this.#greeted = await this.#known(readHello(request.params, request.source, this.#address))
      this.#peer.answer(request, this.#welcome(this.#greeted))
      this.#heard.resolve()
    } catch (error) {
      if (this.#peer.gone.aborted) return
      this.#deps.counts.refused += 1
      const problem = this.#errorOf(error, request.method)
      this.#log.warn({ reason: problem.message, agent: String(request.params.agent_id).slice(0, 64) }, 'refused a connection')
      this.#peer.finish(encodeFrame({ id: request.id, source: self, target: request.source, error: problem }), new Refused(problem))
    }
  }

  async #known(hello: Hello): Promise<Greeted> {
    const access = await this.#deps.authenticate(hello)
    if (access.kind === 'refused') throw new Refused({ code: 401, type: 'unauthorized', message: access.reason })
    const { agentId, agentName, version, zones } = hello
    this.#log = this.#log.with({ agent: agentId, ...(zones.length > 0 ? { zones } : {}) })
    this.#log.info({ program: agentName, version }, 'a connection is greeted')
    this.#deps.counts.accepted += 1
    this.#peer.other = hello.guid
    this.#peer.longestLine = this.#deps.settings.longestLine
    return { hello, access, services: new Services(this.#deps, access, hello, this.#peer, this.#log) }
  }

  #welcome({ hello, access }: Greeted): object {
    const entity = access.kind === 'agent' ? access.entity : null
    return { heartbeat_interval: this.#interval(hello), entity_id: entity, channel: 'stable', ...(hello.isVedette ? { features: [vedetteFeature], endpoint: this.#deps.boot } : {}) }
  }

  #interval({ isVedette }: Hello): number {
    return isVedette ? this.#deps.settings.pollerHeartbeat : this.#deps.settings.agentHeartbeat
  }

  /** Ends the connection when it stays silent, or when its token does not hold any more. */
  async #watch(): Promise<void> {
    const { clock, settings } = this.#deps
    const { gone } = this.#peer
    await Promise.race([this.#rest(settings.hello), this.#heard.promise])
    if (this.#greeted === undefined && !gone.aborted) this.#peer.close(new Error(`nobody said hello within ${settings.hello} ms`))
    let lookedAt = clock.monotonic()
    while (!gone.aborted && this.#greeted !== undefined) {
      const { hello } = this.#greeted
      const longest = Math.max(settings.idle.least, settings.idle.heartbeats * this.#interval(hello))
      const left = this.#peer.heardAt + longest - clock.monotonic()
      if (left <= 0) return this.#peer.close(new Error(`nothing was heard for ${longest} ms`))
      if (clock.monotonic() - lookedAt >= settings.lookAgain) {
        lookedAt = clock.monotonic()
        await this.#lookAgain(hello)
      }
      await this.#rest(Math.min(left, settings.lookAgain))
    }
  }

  async #lookAgain(hello: Hello): Promise<void> {
    try {
      const access = await this.#deps.authenticate(hello)
      if (access.kind === 'refused') this.#peer.close(new Error(`its token does not hold any more: ${access.reason}`))
    } catch (error) {
      // A store that cannot be asked now takes nobody's right away.
      this.#log.debug({ error: String(error) }, 'could not look at a token again')
    }
  }

  /** Waits, but not longer than the connection lives. */
  async #rest(ms: number): Promise<void> {
    using pause = this.#deps.clock.deadline(ms, this.#peer.gone)
    await aborted(pause.signal)
  }

  #errorOf(error: unknown, method: string): FrameError {
    if (error instanceof Refused) return { code: error.code, type: error.type, message: error.message }
    if (error instanceof StoreUnavailable) return { code: 503, type: 'unavailable', message: error.message }
    this.#log.error({ method, error: error instanceof Error ? error.stack : String(error) }, 'a fault of ours while answering a request')
    return { code: 500, type: 'fault', message: 'the endpoint failed at this; its log says why' }
  }
}
