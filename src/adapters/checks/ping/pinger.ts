import { isIP } from 'node:net'
import type { ProbeContext } from '../../../contracts/check-type.ts'
import type { Clock } from '../../../contracts/clock.ts'
import { aborted } from '../kit/aborted.ts'
import { failureOf, type Failure } from '../kit/failure.ts'
import { openIcmp, type IcmpSocket } from './icmp-socket.ts'
import { cookieBytes, echoRequest, parseEcho } from './packet.ts'

/** One series of echo requests on its way. */
export interface Series {
  /** ms each, of the replies so far */
  readonly times: number[]
  /** why a request could not be sent, if one could not */
  sendFailure: Failure | undefined
  /** resolves when each request that was sent has its reply, or the socket has failed */
  readonly complete: Promise<void>
  send(sequence: number): void
  [Symbol.dispose](): void
}

/** `anyEcho`: a request of ours that is heard counts as well. */
interface Wish { readonly address: string; readonly cookie: Uint8Array; readonly expected: number; readonly anyEcho?: boolean }
interface Pending { readonly sentAt: Map<number, number>; readonly times: number[]; readonly expected: number; readonly anyEcho: boolean; readonly finish: () => void }

/** Everybody who pings by one socket. It is open while anybody does. */
export class Pinger {
  readonly #icmp: IcmpSocket
  readonly #family: 4 | 6
  readonly #clock: Clock
  readonly #series = new Map<string, Pending>()
  /** why the socket is of no use any more */
  failure: Failure | undefined

  constructor(icmp: IcmpSocket, family: 4 | 6, clock: Clock) {
    this.#icmp = icmp
    this.#family = family
    this.#clock = clock
    icmp.socket.on('message', (packet) => this.#receive(packet))
    icmp.socket.on('error', (error) => this.#fail({ ...failureOf(error), cannot: true }))
  }

  start({ address, cookie, expected, anyEcho = false }: Wish): Series {
    const key = Buffer.from(cookie).toString('hex')
    const { promise, resolve } = Promise.withResolvers<void>()
    const pending: Pending = { sentAt: new Map(), times: [], expected, anyEcho, finish: resolve }
    this.#series.set(key, pending)
    const series: Series = {
      times: pending.times, sendFailure: undefined, complete: promise,
      send: (sequence) => {
        pending.sentAt.set(sequence, this.#clock.monotonic())
        this.#send(echoRequest(this.#family, Buffer.from(cookie).readUInt16BE(0), sequence, cookie), address, (error) => {
          series.sendFailure = failureOf(error)
        })
      },
      [Symbol.dispose]: () => this.#series.delete(key),
    }
    return series
  }

  close(): void {
    this.#icmp.socket.close()
  }

  #send(packet: Buffer, address: string, failed: (error: Error) => void): void {
    if (this.failure !== undefined) return
    // ICMP has no ports; for a raw IPv6 socket the number must be the protocol's, everything else ignores it.
    this.#icmp.socket.send(packet, 58, address, (error) => {
      if (error !== null) failed(error)
    })
  }

  #receive(packet: Buffer): void {
    const at = this.#clock.monotonic()
    const echo = parseEcho(this.#family, packet, this.#icmp.raw && this.#family === 4)
    const pending = echo === undefined ? undefined : this.#series.get(echo.cookie)
    const sentAt = pending?.sentAt.get(echo?.sequence ?? -1)
    if (echo === undefined || pending === undefined || sentAt === undefined || !(echo.isReply || pending.anyEcho)) return
    pending.sentAt.delete(echo.sequence)
    pending.times.push(at - sentAt)
    if (pending.times.length === pending.expected) pending.finish()
  }

  #fail(failure: Failure): void {
    this.failure ??= failure
    for (const { finish } of this.#series.values()) finish()
  }
}

interface Shared { readonly opening: Promise<Pinger | Failure>; users: number }
type World = Pick<ProbeContext<unknown>, 'clock' | 'random' | 'source'>

const pingers = new Map<string, Shared>()

/** Runs with the pinger of a family and local address, which is shared with all who ping at the time. */
export async function withPinger<T>(world: World, family: 4 | 6, run: (pinger: Pinger) => Promise<T>): Promise<T | Failure> {
  const source = isIP(world.source ?? '') === family ? world.source : undefined
  const key = `${family} ${source ?? ''}`
  const shared = pingers.get(key) ?? { opening: open(world, family, source), users: 0 }
  pingers.set(key, shared)
  shared.users += 1
  try {
    const pinger = await shared.opening
    return pinger instanceof Pinger ? await run(pinger) : pinger
  } finally {
    shared.users -= 1
    await leave(key, shared)
  }
}

/** The last one closes the socket; a broken one is not given to anybody new. */
async function leave(key: string, shared: Shared): Promise<void> {
  const pinger = await shared.opening
  const isBroken = !(pinger instanceof Pinger) || pinger.failure !== undefined
  if ((shared.users === 0 || isBroken) && pingers.get(key) === shared) pingers.delete(key)
  if (shared.users === 0 && pinger instanceof Pinger) pinger.close()
}

const proven = new Set<4 | 6>()
const proofTime = 1000

async function open(world: World, family: 4 | 6, source: string | undefined): Promise<Pinger | Failure> {
  const icmp = await openIcmp(family, source)
  if (icmp.kind === 'failed') return icmp
  const pinger = new Pinger(icmp, family, world.clock)
  if (!icmp.raw || proven.has(family) || (await hearsItself(pinger, world, family))) return pinger
  pinger.close()
  return { kind: 'failed', status: 'cannot ping: the raw socket hears nothing', cannot: true }
}

/** A raw socket hears our own request to ourselves, whatever answers it: otherwise silence would be taken for targets that are down. */
async function hearsItself(pinger: Pinger, { clock, random }: World, family: 4 | 6): Promise<boolean> {
  using pause = clock.deadline(proofTime)
  using series = pinger.start({ address: family === 4 ? '127.0.0.1' : '::1', cookie: random.bytes(cookieBytes), expected: 1, anyEcho: true })
  series.send(1)
  await Promise.race([series.complete, aborted(pause.signal)])
  if (series.times.length === 1) proven.add(family)
  return series.times.length === 1
}
