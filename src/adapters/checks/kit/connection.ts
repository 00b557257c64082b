import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls, createSecureContext, TLSSocket, type PeerCertificate, type SecureContext } from 'node:tls'
import type { Clock } from '../../../contracts/clock.ts'
import { failed, failureOf, type Failure } from './failure.ts'

export interface Endpoint {
  readonly address: string
  readonly family: 4 | 6
  readonly port: number
  readonly tls?: TlsWish
  /** the local address to connect from; not used for a target of another family */
  readonly source?: string | undefined
  /** somebody else reads from the socket: `read` gives nothing but the end */
  readonly readElsewhere?: true
}
/** `name` is what the certificate must be for: a host name (then it is sent as SNI as well) or an address. */
export interface TlsWish { readonly name: string; readonly isAddress: boolean; readonly alpn?: readonly string[] }

/** Instants on the monotonic clock, ms. */
export interface ConnectMarks { readonly connected?: number; readonly secured?: number }

export type Chunk = { readonly kind: 'data'; readonly data: Buffer } | { readonly kind: 'end' } | Failure

/** Nothing more is read from the kernel while this much waits for its reader. */
const highWater = 256 * 1024
// One buffer takes in for all sockets: a chunk is copied out before the next read can happen, so that a small answer
// costs a small copy instead of 64 KB a socket.
const intake = Buffer.allocUnsafeSlow(64 * 1024)

/**
 * One connection to a target, read by asking for the next chunk. Ends when its signal aborts, with the failure
 * 'timeout'; disposing it closes the socket at once, whatever state it is in.
 */
export class Connection implements Disposable {
  readonly socket: Socket
  readonly #signal: AbortSignal
  readonly #chunks: Buffer[] = []
  #waiting = 0
  /** the socket was told to read no more */
  #isFull = false
  #over: Exclude<Chunk, { kind: 'data' }> | undefined
  #wake: (() => void) | undefined
  #connected: number | undefined
  #secured: number | undefined
  readonly #abort = () => this.#finish(failed('timeout'))

  private constructor(to: Endpoint, clock: Clock, signal: AbortSignal) {
    const reading = to.readElsewhere === true ? {} : { onread: { buffer: intake, callback: (count: number, buffer: Uint8Array) => this.#take(buffer, count) } }
    this.#signal = signal
    this.socket = to.tls === undefined ? connectTcp({ host: to.address, port: to.port, ...reading, ...from(to) }) : secure(to, to.tls, reading)
    this.socket.on('connect', () => {
      this.#connected = clock.monotonic()
      if (to.tls === undefined) this.#ring()
    })
    this.socket.on('secureConnect', () => {
      this.#secured = clock.monotonic()
      this.#ring()
    })
    this.socket.on('error', (error) => this.#finish(this.#failure(error, to)))
    this.socket.on('end', () => this.#finish({ kind: 'end' }))
    this.socket.on('close', () => this.#finish({ kind: 'end' }))
    signal.addEventListener('abort', this.#abort)
  }

  /** Connects, and shakes hands where TLS is wished for; the certificate is judged by whoever asked for it. */
  static async open(to: Endpoint, clock: Clock, signal: AbortSignal): Promise<{ readonly connection: Connection; readonly failure: Failure | undefined }> {
    const connection = new Connection(to, clock, signal)
    if (signal.aborted) connection.#abort()
    const ready = () => (to.tls === undefined ? connection.#connected : connection.#secured) !== undefined
    while (!ready() && connection.#over === undefined) await connection.#bell()
    const over = connection.#over
    if (ready() || over === undefined) return { connection, failure: undefined }
    return { connection, failure: over.kind === 'end' ? brokenOff(connection.#connected !== undefined) : over }
  }

  get marks(): ConnectMarks {
    return { ...(this.#connected === undefined ? {} : { connected: this.#connected }), ...(this.#secured === undefined ? {} : { secured: this.#secured }) }
  }

  write(data: string | Uint8Array): void {
    this.socket.write(data)
  }

  /** The next chunk; after the end, or a failure, always that. */
  async read(): Promise<Chunk> {
    for (;;) {
      const data = this.#chunks.shift()
      if (data !== undefined) {
        this.#waiting -= data.length
        this.#resume()
        return { kind: 'data', data }
      }
      if (this.#over !== undefined) return this.#over
      await this.#bell()
    }
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#abort)
    this.#over ??= { kind: 'end' }
    this.socket.destroy()
  }

  #take(buffer: Uint8Array, count: number): boolean {
    this.#chunks.push(Buffer.from(buffer.subarray(0, count)))
    this.#waiting += count
    this.#ring()
    this.#isFull = this.#waiting >= highWater
    return !this.#isFull
  }

  #resume(): void {
    if (!this.#isFull || this.#waiting >= highWater) return
    this.#isFull = false
    this.socket.resume()
  }

  #finish(over: Exclude<Chunk, { kind: 'data' }>): void {
    this.#over ??= over
    if (over.kind === 'failed') this.socket.destroy()
    this.#ring()
  }

  #failure(error: unknown, to: Endpoint): Failure {
    if (to.tls === undefined || this.#connected === undefined || this.#secured !== undefined) return failureOf(error)
    const failure = failureOf(error)
    if (failure.status === 'connection reset') return brokenOff(true)
    return failure.status.startsWith('tls: ') ? failure : failed(`tls: ${failure.status}`)
  }

  #ring(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #bell(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}

const from = ({ source, family }: Endpoint) => (source !== undefined && isIP(source) === family ? { localAddress: source } : {})

const brokenOff = (wasConnected: boolean) => failed(wasConnected ? 'tls: the handshake was broken off' : 'connection closed')

let context: SecureContext | undefined

function secure(to: Endpoint, { name, isAddress, alpn }: TlsWish, reading: { readonly onread?: OnReadOpts }): TLSSocket {
  // Making a context reads all the roots, so there is one.
  context ??= createSecureContext()
  const options = {
    host: to.address, port: to.port, servername: isAddress ? '' : name, secureContext: context, rejectUnauthorized: false, ...reading,
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(name, certificate),
    ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }), ...from(to),
  }
  return connectTls(options)
}
