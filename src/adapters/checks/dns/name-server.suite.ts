import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import dnsPacket, { type Answer, type Question } from 'dns-packet'

export interface Zone {
  /** the records of a question, or an rcode's number, or nothing at all */
  answer(question: Question, count: number): readonly Partial<Answer>[] | number | undefined
  /** sent before the real reply */
  noise?(query: Buffer): readonly Buffer[]
  /** by UDP, only that the reply does not fit */
  readonly truncate?: boolean
}
export interface NameServer extends AsyncDisposable { readonly port: number; readonly asked: Question[] }

/** A name server on a free port, by UDP and TCP. */
export async function nameServer(zone: Zone): Promise<NameServer> {
  const asked: Question[] = []
  const open = new Set<Socket>()
  const serveUdp = (udp: UdpSocket) => udp.on('message', (query, { port, address }) => {
    for (const packet of zone.noise?.(query) ?? []) udp.send(packet, port, address)
    const data = reply(zone, asked, query, zone.truncate === true)
    if (data !== undefined) udp.send(data, port, address)
  })
  const serveTcp = (tcp: Server) => tcp.on('connection', (socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('data', (query: Buffer) => {
      const data = reply(zone, asked, query.subarray(2), false)
      if (data !== undefined) socket.write(Buffer.concat([Buffer.from([data.length >> 8, data.length & 255]), data]))
    })
  })
  const { udp, tcp, port } = await bound()
  serveUdp(udp)
  serveTcp(tcp)
  return {
    port, asked,
    async [Symbol.asyncDispose]() {
      udp.close()
      for (const socket of open) socket.destroy()
      await closed(tcp)
    },
  }
}

/** A port that is free for both is not found at the first try each time. */
async function bound(): Promise<{ readonly udp: UdpSocket; readonly tcp: Server; readonly port: number }> {
  const udp = createSocket('udp4')
  udp.bind(0, '127.0.0.1')
  await once(udp, 'listening')
  const { port } = udp.address()
  const tcp = createServer()
  try {
    tcp.listen(port, '127.0.0.1')
    await once(tcp, 'listening')
    return { udp, tcp, port }
  } catch {
    udp.close()
    return bound()
  }
}

const closed = (tcp: Server) => new Promise((resolve) => {
  tcp.close(resolve)
})

function reply(zone: Zone, asked: Question[], query: Buffer, truncate: boolean): Buffer | undefined {
  const { id, questions } = dnsPacket.decode(query)
  const [question] = questions
  if (question === undefined) return undefined
  asked.push(question)
  const answer = zone.answer(question, asked.length)
  if (answer === undefined) return undefined
  const flags = dnsPacket.RECURSION_DESIRED | (truncate ? dnsPacket.TRUNCATED_RESPONSE : 0) | (typeof answer === 'number' ? answer : 0)
  return dnsPacket.encode({ id, type: 'response', flags, questions, answers: truncate || typeof answer === 'number' ? [] : answer })
}
