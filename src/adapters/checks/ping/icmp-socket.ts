import { createSocket, type Socket } from 'node:dgram'
import { isIP } from 'node:net'
import { groupsOf } from '../../system/address-ranges.ts'
import { failureOf, type Failure } from '../kit/failure.ts'

export interface IcmpSocket { readonly kind: 'socket'; readonly socket: Socket; /** with privileges: it hears all ICMP of the machine */ readonly raw: boolean }

const families = { 4: { domain: 2, protocol: 1, type: 'udp4' }, 6: { domain: 10, protocol: 58, type: 'udp6' } } as const
const datagram = 2
const raw = 3
/** SOCK_CLOEXEC | SOCK_NONBLOCK */
const flags = 0o2004000
const errors: Readonly<Record<number, string>> = {
  1: 'not permitted: needs a group in net.ipv4.ping_group_range, or CAP_NET_RAW', 13: 'not permitted: needs a group in net.ipv4.ping_group_range, or CAP_NET_RAW',
  23: 'too many open files', 24: 'too many open files', 93: 'the system has no such protocol', 97: 'the system does not have this address family', 99: 'the local address is not there',
}

/** The few calls of the C library that Node.js does not have. Each answers -1 and sets the error number when it fails. */
interface Library {
  socket(domain: number, type: number, protocol: number): number
  bind(fd: number, address: Buffer, size: number): number
  dup2(from: number, to: number): number
  close(fd: number): number
  errno(): number
}

/**
 * An ICMP socket that the event loop reads: one for everybody where the kernel permits it (SOCK_DGRAM), otherwise a raw
 * one, if we have the privilege.
 */
export async function openIcmp(family: 4 | 6, source: string | undefined): Promise<IcmpSocket | Failure> {
  if (process.platform !== 'linux') return cannot(`ICMP sockets are known for Linux only, not for ${process.platform}`)
  const library = await load()
  if (library === undefined) return cannot('the native library koffi does not load here')
  const open = openDescriptor(library, family)
  if ('status' in open) return open
  if (source !== undefined && library.bind(open.fd, ...socketAddress(source)) === -1) return closing(library, [open.fd])
  return adopt(library, open, family)
}

function openDescriptor(library: Library, family: 4 | 6): { readonly fd: number; readonly isRaw: boolean } | Failure {
  const { domain, protocol } = families[family]
  for (const type of [datagram, raw]) {
    const fd = library.socket(domain, type | flags, protocol)
    if (fd !== -1) return { fd, isRaw: type === raw }
  }
  return cannot(reason(library.errno()))
}

/**
 * Lets the event loop watch a descriptor. Node.js takes datagram sockets only; a raw one gets the number of a UDP socket
 * that was taken, which the loop has not begun to watch before this turn of it ends.
 */
function adopt(library: Library, { fd, isRaw }: { readonly fd: number; readonly isRaw: boolean }, family: 4 | 6): IcmpSocket | Failure {
  const { domain, type } = families[family]
  const number = isRaw ? library.socket(domain, datagram | flags, 0) : fd
  if (number === -1) return closing(library, [fd])
  const socket = createSocket(type)
  try {
    socket.bind({ fd: number, exclusive: true })
  } catch (error) {
    library.close(fd)
    return { ...failureOf(error), cannot: true }
  }
  if (!isRaw) return { kind: 'socket', socket, raw: false }
  const moved = library.dup2(fd, number)
  library.close(fd)
  if (moved !== -1) return { kind: 'socket', socket, raw: true }
  socket.close()
  return cannot(reason(library.errno()))
}

function closing(library: Library, fds: readonly number[]): Failure {
  const failure = cannot(reason(library.errno()))
  for (const fd of fds) library.close(fd)
  return failure
}

const cannot = (why: string): Failure => ({ kind: 'failed', status: `cannot ping: ${why}`, cannot: true })
const reason = (errno: number) => errors[errno] ?? `error ${errno}`

/** struct sockaddr_in or sockaddr_in6, port 0, and its size. */
function socketAddress(address: string): readonly [Buffer, number] {
  const family = isIP(address) === 6 ? 6 : 4
  const bytes = Buffer.alloc(family === 6 ? 28 : 16)
  bytes.writeUInt16LE(families[family].domain, 0)
  if (family === 4) for (const [i, part] of address.split('.').entries()) bytes[4 + i] = Number(part)
  else for (const [i, group] of groupsOf(address).entries()) bytes.writeUInt16BE(group, 8 + 2 * i)
  return [bytes, bytes.length]
}

let library: Promise<Library | undefined> | undefined

/** Loaded with the first ping, not before: who does not ping does without native code. */
function load(): Promise<Library | undefined> {
  library ??= bindings()
  return library
}

async function bindings(): Promise<Library | undefined> {
  try {
    const { default: koffi } = await import('koffi')
    const c = koffi.load(null)
    // The prototypes are what makes these functions what the interface says.
    return {
      socket: c.func('int socket(int, int, int)') as Library['socket'], bind: c.func('int bind(int, void *, uint)') as Library['bind'],
      dup2: c.func('int dup2(int, int)') as Library['dup2'], close: c.func('int close(int)') as Library['close'], errno: () => koffi.errno(),
    }
  } catch {
    return undefined
  }
}
