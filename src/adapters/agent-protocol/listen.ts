import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { Server as TlsServer, type TLSSocket } from 'node:tls'
import type { Clock } from '../../contracts/clock.ts'
import type { Log } from '../../contracts/log.ts'
import type { Random } from '../../contracts/random.ts'
import type { EndpointLink } from '../../contracts/transport.ts'
import { readCertificate, type CertificateSource, type ReadCertificate } from './certificates.ts'
import type { Authenticate } from './hello.ts'
import { withoutProxyLine } from './proxy-line.ts'
import type { OpenDetails } from './schedule-pages.ts'
import { aborted, type AgentCheck, type AgentCounts } from './services.ts'
import { Session } from './session.ts'
import { listenDefaults, type ListenSettings } from './settings.ts'

export interface ListenOptions {
  readonly host: string
  /** 0 takes any that is free */
  readonly port: number
  readonly certificate: CertificateSource
  readonly endpoint: EndpointLink
  readonly authenticate: Authenticate
  /** opens the secrets in a check's details for its poller, which has no key; throws when it cannot */
  readonly open?: OpenDetails
  /** an entity's agent checks; none unless told */
  readonly agentChecks?: (tenant: string, entity: string) => Promise<readonly AgentCheck[]>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly settings?: Partial<ListenSettings>
}

export interface AgentListener extends AsyncDisposable {
  readonly port: number
  /** Reads the certificate again now; otherwise that happens every few seconds. */
  reload(): Promise<void>
  /** For /metrics: what is connected now, what happened since the start, and when the certificate ends (ms since the epoch). */
  stats(): Readonly<AgentCounts> & { readonly pollers: number; readonly agents: number; readonly certificateEndsAt: number }
}

/** A certificate that ends this soon (ms) is worth a warning. */
const endsSoon = 14 * 86_400_000

/** Listens for pollers and agents. Rejects when the address or the certificate cannot be used. */
export async function listenForAgents(options: ListenOptions): Promise<AgentListener> {
  const listener = new Listener(options, readCertificate(await options.certificate()))
  await listener.listen()
  return listener
}

class Listener implements AgentListener {
  readonly #options: ListenOptions
  readonly #settings: ListenSettings
  readonly #boot: string
  readonly #tls: TlsServer
  readonly #tcp: Server
  readonly #sockets = new Set<Socket>()
  readonly #sessions = new Map<Session, Promise<void>>()
  readonly #stopping = new AbortController()
  readonly #counts: AgentCounts = { accepted: 0, refused: 0, badFrames: 0, observations: 0, rejected: 0, confirmations: 0, confirmationsLeftOut: 0 }
  #certificate: ReadCertificate
  #rereading: Promise<void> | undefined

  constructor(options: ListenOptions, certificate: ReadCertificate) {
    this.#options = options
    this.#settings = { ...listenDefaults, ...options.settings }
    this.#boot = Buffer.from(options.random.bytes(8)).toString('hex')
    this.#certificate = certificate
    this.#tls = new TlsServer({ ...certificate.pem, minVersion: 'TLSv1.2', handshakeTimeout: this.#settings.tlsHandshake }, (socket) => this.#greet(socket))
    this.#tls.on('tlsClientError', (error) => options.log.debug({ error: error.message }, 'a TLS handshake failed'))
    this.#tcp = createServer((socket) => this.#accept(socket))
  }

  get port(): number {
    // A server that listens on a port has such an address.
    return (this.#tcp.address() as AddressInfo).port
  }

  async listen(): Promise<void> {
    const { host, port, log } = this.#options
    this.#tcp.listen(port, host)
    await once(this.#tcp, 'listening')
    this.#warnOfItsEnd()
    this.#rereading = this.#reread()
    log.info({ host, port: this.port, names: this.#certificate.names }, 'listening for pollers and agents')
  }

  async reload(): Promise<void> {
    const { certificate, log } = this.#options
    try {
      const pem = await certificate()
      if (pem.cert === this.#certificate.pem.cert && pem.key === this.#certificate.pem.key) return
      this.#certificate = readCertificate(pem)
      this.#tls.setSecureContext({ ...pem, minVersion: 'TLSv1.2' })
      log.info({ names: this.#certificate.names, endsAt: new Date(this.#certificate.endsAt).toISOString() }, 'new connections see a new certificate')
      this.#warnOfItsEnd()
    } catch (error) {
      log.error({ error: String(error) }, 'the certificate cannot be read; going on with the one at hand')
    }
  }

  stats(): ReturnType<AgentListener['stats']> {
    const kinds = [...this.#sessions.keys()].map((session) => session.kind)
    return { ...this.#counts, pollers: kinds.filter((kind) => kind === 'poller').length, agents: kinds.filter((kind) => kind === 'agent').length, certificateEndsAt: this.#certificate.endsAt }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error('this endpoint stops'))
    const closed = once(this.#tcp, 'close')
    this.#tcp.close()
    await Promise.all([...this.#sessions.keys()].map((session) => session.stop()))
    await Promise.all(this.#sessions.values())
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all([closed, this.#rereading])
  }

  #accept(socket: Socket): void {
    socket.on('error', () => {})
    if (this.#stopping.signal.aborted || this.#sockets.size >= this.#settings.mostConnections) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.setNoDelay(true)
    withoutProxyLine(socket, this.#settings.tlsHandshake, (from) => {
      if (from !== undefined) this.#options.log.debug({ address: socket.remoteAddress, forwardedFor: from }, 'a connection through a proxy')
      this.#tls.emit('connection', socket)
    })
  }

  #greet(socket: TLSSocket): void {
    const { endpoint, authenticate, open = (details) => details, agentChecks = async () => [], clock, log } = this.#options
    const session = new Session(socket, socket.remoteAddress ?? 'unknown', { endpoint, authenticate, open, agentChecks, clock, log, settings: this.#settings, boot: this.#boot, counts: this.#counts })
    this.#sessions.set(session, this.#run(session))
  }

  async #run(session: Session): Promise<void> {
    await session.run()
    this.#sessions.delete(session)
  }

  async #reread(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      using pause = clock.deadline(this.#settings.rereadCertificate, signal)
      await aborted(pause.signal)
      if (!signal.aborted) await this.reload()
    }
  }

  #warnOfItsEnd(): void {
    const { endsAt } = this.#certificate
    const left = endsAt - this.#options.clock.now()
    if (left < endsSoon) this.#options.log.warn({ endsAt: new Date(endsAt).toISOString() }, left < 0 ? 'the certificate has ended; nobody will connect' : 'the certificate ends soon')
  }
}
