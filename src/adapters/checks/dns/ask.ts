import { createSocket, type Socket } from 'node:dgram'
import { isIP } from 'node:net'
import type { ProbeContext } from '../../../contracts/check-type.ts'
import { aborted } from '../kit/aborted.ts'
import { Connection } from '../kit/connection.ts'
import { failed, failureOf, type Failure } from '../kit/failure.ts'
import { decodeReply, encodeQuery, type Query, type Reply } from './message.ts'

type Context = Pick<ProbeContext<unknown>, 'address' | 'family' | 'source' | 'clock' | 'signal'>

const unreadable = failed('bad response: no DNS message')
const firstWait = 1000
const longestWait = 8000

/** Asks by UDP, again and again with growing pauses until the signal aborts, and by TCP when the reply did not fit. */
export async function ask(context: Context, port: number, query: Query): Promise<Reply | Failure> {
  const answer = await askByUdp(context, port, query)
  return answer.kind === 'reply' && answer.truncated ? askByTcp(context, port, query) : answer
}

async function askByUdp({ address, family, source, clock, signal }: Context, port: number, query: Query): Promise<Reply | Failure> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  try {
    const answer = listen(socket, query)
    // Connected, the kernel drops what others send and says when the port is closed.
    if (source !== undefined && isIP(source) === family) socket.bind({ address: source })
    socket.connect(port, address)
    const data = encodeQuery(query)
    for (let wait = firstWait; ; wait = Math.min(2 * wait, longestWait)) {
      using pause = clock.deadline(wait, signal)
      const sent = await Promise.race([answer, send(socket, data), aborted(signal)])
      const heard = sent ?? (signal.aborted ? undefined : await Promise.race([answer, aborted(pause.signal)]))
      if (heard !== undefined) return heard
      if (signal.aborted) return failed('timeout')
    }
  } finally {
    socket.close()
  }
}

function listen(socket: Socket, query: Query): Promise<Reply | Failure> {
  return new Promise((resolve) => {
    socket.on('error', (error) => resolve(failureOf(error)))
    socket.on('message', (message) => {
      const reply = decodeReply(message, query)
      if (reply !== undefined) resolve(reply.kind === 'problem' ? unreadable : reply)
    })
  })
}

/** Resolves when sent; what goes wrong with sending is what went wrong. A socket that still connects sends afterwards. */
function send(socket: Socket, data: Buffer): Promise<Failure | undefined> {
  return new Promise((resolve) => {
    const now = () => socket.send(data, (error) => resolve(error === null ? undefined : failureOf(error)))
    if (isConnected(socket)) now()
    else socket.once('connect', now)
  })
}

function isConnected(socket: Socket): boolean {
  try {
    socket.remoteAddress()
    return true
  } catch {
    return false
  }
}

async function askByTcp({ address, family, source, clock, signal }: Context, port: number, query: Query): Promise<Reply | Failure> {
  const opened = await Connection.open({ address, family, source, port }, clock, signal)
  using connection = opened.connection
  if (opened.failure !== undefined) return opened.failure
  const data = encodeQuery(query)
  connection.write(Buffer.concat([Buffer.from([data.length >> 8, data.length & 255]), data]))
  for (let received = Buffer.alloc(0); ;) {
    const chunk = await connection.read()
    if (chunk.kind === 'failed') return chunk
    if (chunk.kind === 'end') return unreadable
    received = Buffer.concat([received, chunk.data])
    const size = received.length < 2 ? undefined : received.readUInt16BE(0)
    if (size === undefined || received.length < 2 + size) continue
    const reply = decodeReply(received.subarray(2, 2 + size), query)
    return reply === undefined || reply.kind === 'problem' ? unreadable : reply
  }
}
