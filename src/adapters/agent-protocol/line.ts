import type { Clock } from '../../contracts/clock.ts'
import type { Log } from '../../contracts/log.ts'
import type { Random } from '../../contracts/random.ts'
import type { ConfirmRequest } from '../../contracts/transport.ts'
import type { Request } from './framing.ts'
import { featuresOf, vedetteFeature } from './hello.ts'
import { HelloResult, methods, readConfirm } from './messages.ts'
import { Peer, Unanswered } from './peer.ts'
import { aborted } from './services.ts'
import type { ConnectSettings } from './settings.ts'
import { connectTls, type Address, type Trust } from './tls.ts'

export interface LineDeps {
  readonly address: Address
  readonly trust: Trust
  readonly token: string
  readonly zone: string
  /** this poller among its zone's, and its process */
  readonly owner: string
  readonly guid: string
  readonly version: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly settings: ConnectSettings
  readonly confirmed: (request: ConfirmRequest) => void
  /** told when a connection is there or gone */
  readonly changed: () => void
}

/** A greeted connection to one endpoint. */
export interface Open { readonly peer: Peer; /** the endpoint's life */ readonly endpoint: string }

/** How much the newest measurement of a latency counts. */
const newest = 0.2
/** After this long (ms) a connection that holds was worth having: the next failure is a first one. */
const steady = 10_000
/** An answer that is late because this process stood still is in the socket already: it gets this long (ms) to come out. */
const ownDelay = 250

/** Keeps a connection to one address: connects, says hello, measures, and connects again when it broke. */
export class Line {
  readonly name: string
  readonly #deps: LineDeps
  #open: Open | undefined
  #latency = 0
  #distrustedUntil = Number.NEGATIVE_INFINITY
  #problem = 'not connected yet'
  connections = 0

  constructor(deps: LineDeps) {
    this.#deps = deps
    const { host, port } = deps.address
    this.name = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  }

  get open(): Open | undefined {
    return this.#open
  }

  /** of heartbeats, ms */
  get latency(): number {
    return this.#latency
  }

  get trusted(): boolean {
    return this.#deps.clock.monotonic() >= this.#distrustedUntil
  }

  /** why it is not connected; undefined while it is */
  get problem(): string | undefined {
    return this.#open === undefined ? this.#problem : undefined
  }

  /** It failed at something: others come first for a while. */
  distrust(): void {
    this.#distrustedUntil = this.#deps.clock.monotonic() + this.#deps.settings.distrust
  }

  /** Keeps connecting until the signal aborts. */
  async keep(signal: AbortSignal): Promise<void> {
    const { clock, random, settings } = this.#deps
    for (let failures = 0; !signal.aborted;) {
      const since = clock.monotonic()
      await this.#connection(signal)
      failures = clock.monotonic() - since > steady ? 1 : failures + 1
      const pause = Math.min(settings.retry.most, settings.retry.first * 2 ** Math.min(20, failures - 1)) * (0.5 + random.float() / 2)
      using rest = clock.deadline(pause, signal)
      await aborted(rest.signal)
    }
  }

  /** One connection, from its beginning to its end. */
  async #connection(signal: AbortSignal): Promise<void> {
    try {
      const peer = await this.#connect(signal)
      const end = () => peer.close(new Error('this poller stops'))
      signal.addEventListener('abort', end, { once: true })
      if (signal.aborted) end()
      await Promise.all([peer.run(), this.#use(peer)])
      signal.removeEventListener('abort', end)
      this.#lost(signal, peer.gone.reason)
    } catch (error) {
      this.#lost(signal, error)
    }
  }

  async #connect(signal: AbortSignal): Promise<Peer> {
    const { clock, settings, address, trust, guid } = this.#deps
    using deadline = clock.deadline(settings.connect, signal)
    const socket = await connectTls(address, trust, deadline.signal)
    const peer = new Peer({ socket, self: guid, clock, longestLine: settings.longestLine, mostUnsent: settings.mostUnsent, take: async (request) => this.#take(peer, request) })
    peer.other = 'endpoint'
    return peer
  }

  async #use(peer: Peer): Promise<void> {
    try {
      const endpoint = await this.#greet(peer)
      await peer.request(methods.subscribe, { zone: this.#deps.zone }, this.#deps.settings.hello)
      this.#opened({ peer, endpoint })
      while (!peer.gone.aborted) {
        await this.#heartbeat(peer)
        using rest = this.#deps.clock.deadline(this.#deps.settings.heartbeat, peer.gone)
        await aborted(rest.signal)
      }
    } catch (error) {
      peer.close(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** Says who we are; gives the name of the endpoint's life. */
  async #greet(peer: Peer): Promise<string> {
    const { token, owner, zone, version, clock, settings } = this.#deps
    const sentAt = clock.monotonic()
    const result = await peer.request('handshake.hello', {
      token, agent_id: owner, agent_name: 'vedette_poller', process_version: version, bundle_version: version, zone_ids: [zone],
      features: [{ name: 'poller', disabled: false }, vedetteFeature],
    }, settings.hello)
    if (!HelloResult.Check(result) || result.endpoint === undefined || !featuresOf(result.features).has(vedetteFeature.name)) throw new Error('it does not speak the feature "vedette"')
    this.#latency = clock.monotonic() - sentAt
    return result.endpoint
  }

  /** Measures the way there and back. No answer, and nothing else either, means that nobody is there. */
  async #heartbeat(peer: Peer): Promise<void> {
    const { clock, settings } = this.#deps
    const sentAt = clock.monotonic()
    try {
      await peer.request('heartbeat.post', { timestamp: clock.now() }, settings.heartbeatPatience)
      this.#latency += newest * (clock.monotonic() - sentAt - this.#latency)
    } catch (error) {
      if (peer.gone.aborted) throw error
      using own = clock.deadline(ownDelay, peer.gone)
      await aborted(own.signal)
      if (peer.heardAt < sentAt) throw new Unanswered(`nothing was heard for ${settings.heartbeatPatience} ms`)
    }
  }

  #take(peer: Peer, request: Request): void {
    const confirm = request.method === methods.confirm ? readConfirm(request.params) : undefined
    if (confirm !== undefined) this.#deps.confirmed(confirm)
    else peer.refuse(request, { code: 400, type: 'unknownMethod', message: `this poller does not know ${request.method.slice(0, 64)}` })
  }

  #opened(open: Open): void {
    const { log, changed } = this.#deps
    this.#open = open
    this.#problem = ''
    this.connections += 1
    log.info({ endpoint: this.name, latency: Math.round(this.#latency) }, 'connected to an endpoint')
    changed()
  }

  /** Says once why there is no connection, until the reason is another one. */
  #lost(signal: AbortSignal, error: unknown): void {
    const { log, changed } = this.#deps
    const reason = error instanceof Error ? error.message : String(error)
    const isNews = reason !== this.#problem
    this.#open = undefined
    this.#problem = reason
    if (signal.aborted) return
    if (isNews) log.warn({ endpoint: this.name, reason }, 'no connection to an endpoint; trying again')
    changed()
  }
}
