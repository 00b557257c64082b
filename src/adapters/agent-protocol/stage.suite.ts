import { once } from 'node:events'
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { observationId, type Observation } from '../../core/observation.ts'
import type { ScheduledCheck } from '../../contracts/configuration.ts'
import { aCheck, anEntity } from '../../contracts/samples.suite.ts'
import type { ConfirmRequest, EndpointLink } from '../../contracts/transport.ts'
import { recordingLog, type RecordingLog } from '../simulated/log.ts'
import { systemClock } from '../system/clock.ts'
import { systemRandom } from '../system/random.ts'
import { Topics } from '../system/topics.ts'
import { createAuthority, issueCertificate } from './authority.ts'
import type { CertificateAndKey } from './certificates.ts'
import { connectEndpoints, type ConnectOptions, type Endpoints } from './connect.ts'
import type { Access, Authenticate } from './hello.ts'
import { listenForAgents, type AgentListener, type ListenOptions } from './listen.ts'

const validity = { now: Date.now(), days: 30 }
/** Making keys takes a while; one authority does for a whole file. */
export const authority: Promise<CertificateAndKey> = createAuthority('the tests\' authority', validity)
export const certificate: Promise<CertificateAndKey> = issue(['127.0.0.1', 'localhost'])

export async function issue(names: readonly string[], from: Promise<CertificateAndKey> = authority, days = validity.days): Promise<CertificateAndKey> {
  return issueCertificate(await from, names, { ...validity, days })
}

/** Public zones for 'secret', the private zone pzOwn of account 1 for 'own', and an agent of it for 'agent'. */
export const authenticate: Authenticate = async ({ token, zones }): Promise<Access> => {
  if (token === 'agent' && zones.length === 0) return { kind: 'agent', tenant: '1', entity: 'en1' }
  if (token === 'own' && zones.join() === 'pzOwn') return { kind: 'poller', zones, tenant: '1' }
  if (token === 'secret' && zones.length > 0 && zones.every((zone) => zone.startsWith('mz'))) return { kind: 'poller', zones, tenant: null }
  return { kind: 'refused', reason: 'the token does not open these zones' }
}

export function scheduled(n: number, tenant = '1', details: Record<string, unknown> = { url: 'http://127.0.0.1/' }): ScheduledCheck {
  const none = { metadata: null, created_at: 0, updated_at: 0 }
  return { tenant, version: 1, entity: anEntity({ ...none, id: 'en1' }), check: aCheck({ ...none, id: `ch${n}`, details }) }
}

export interface Post { readonly observations: readonly Observation[]; readonly live: boolean; readonly ages: readonly (number | null)[] | undefined }

/** An endpoint of one process that takes everything and remembers it, with levers; `posted` hears of each post. */
export function recordingEndpoint() {
  const topics = new Topics<ConfirmRequest>(systemClock)
  const posts: Post[] = []
  const asked: (readonly [zone: string, poller: string, cursor: string])[] = []
  const levers = { checks: [] as ScheduledCheck[], answer: async (observations: readonly Observation[]): Promise<readonly string[]> => observations.map(observationId), subscribers: 0 }
  let heard = Promise.withResolvers<void>()
  const link: EndpointLink = {
    async post(observations, live, _signal, ages) {
      posts.push({ observations, live, ages })
      heard.resolve()
      heard = Promise.withResolvers()
      return levers.answer(observations)
    },
    async schedule(zone, poller, cursor) {
      asked.push([zone, poller, cursor])
      return { cursor: 'mine', full: cursor !== 'mine', upserts: cursor === 'mine' ? [] : levers.checks, removes: [], pollers: [poller] }
    },
    confirmations(zone, signal) {
      levers.subscribers += 1
      return topics.subscribe(zone, signal)
    },
  }
  const confirm = (zone: string, request: Partial<ConfirmRequest>) => topics.publish(zone, { check: 'ch1', slot: 1, askedBy: 'mzlon', trace: 't', ...request })
  return { link, posts, asked, levers, confirm, posted: () => heard.promise }
}

export async function listen(endpoint: EndpointLink, options: Partial<ListenOptions> = {}): Promise<AgentListener & { readonly log: RecordingLog }> {
  const log = recordingLog()
  const listener = await listenForAgents({ host: '127.0.0.1', port: 0, certificate: () => certificate, endpoint, authenticate, clock: systemClock, random: systemRandom, log, ...options })
  return Object.assign(listener, { log })
}

export async function connect(ports: readonly number[], options: Partial<ConnectOptions> = {}): Promise<Endpoints & { readonly log: RecordingLog }> {
  const log = recordingLog()
  const ca = (await authority).cert
  const endpoints = connectEndpoints({
    addresses: ports.map((port) => ({ host: '127.0.0.1', port })), ca: async () => ca, token: 'secret', zone: 'mzdfw', owner: 'poller-1', version: '0', clock: systemClock, random: systemRandom, log,
    ...options,
  })
  return Object.assign(endpoints, { log })
}

/** Waits until something is so; a test that waits for what never comes is ended by its runner, which names it. */
export async function until(is: () => boolean): Promise<void> {
  while (!is()) await systemClock.sleep(5)
}

/** A program that speaks to an endpoint byte by byte. */
export class Raw implements AsyncDisposable {
  readonly socket: TLSSocket
  readonly #lines: AsyncIterator<string>

  constructor(socket: TLSSocket) {
    this.socket = socket
    socket.on('error', () => {})
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  }

  /** `before` is sent before TLS begins. */
  static async to(port: number, before = ''): Promise<Raw> {
    const tcp = connectTcp(port, '127.0.0.1')
    await once(tcp, 'connect')
    tcp.write(before)
    const socket = connectTls({ socket: tcp, host: '127.0.0.1', ca: (await authority).cert })
    await once(socket, 'secureConnect')
    return new Raw(socket)
  }

  send(frame: unknown): void {
    this.socket.write(typeof frame === 'string' ? frame : `${JSON.stringify(frame)}\r\n`)
  }

  /** The next line; undefined when the other side has ended the connection. */
  async line(): Promise<string | undefined> {
    const next = await this.#lines.next()
    return next.done === true ? undefined : next.value
  }

  async frame(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.line() ?? '{"ended":true}')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
  }
}

/** A way to a port that can fall silent without breaking, as when a machine is paused or a wire is cut. */
export async function wayTo(port: number): Promise<AsyncDisposable & { readonly port: number; silent: boolean }> {
  const sockets = new Set<Socket>()
  const way = { port: 0, silent: false, [Symbol.asyncDispose]: async () => {} }
  const pipe = (from: Socket, to: Socket) => {
    from.on('data', (chunk) => { if (!way.silent) to.write(chunk) })
    from.on('close', () => { if (!way.silent) to.destroy() })
    from.on('error', () => {})
    sockets.add(from)
  }
  const server = createServer((socket) => {
    if (way.silent) return void sockets.add(socket)
    const far = connectTcp(port, '127.0.0.1')
    pipe(socket, far)
    pipe(far, socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has such an address.
  way.port = (server.address() as AddressInfo).port
  way[Symbol.asyncDispose] = async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
  return way
}
