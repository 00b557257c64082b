/** An ICMP echo, as much of it as we care for. `cookie` tells our packets from everybody else's. */
export interface Echo { readonly isReply: boolean; readonly sequence: number; readonly cookie: string }

export const cookieBytes = 16
const payloadBytes = 56
const types = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const

/** An echo request. The kernel puts in IPv6's checksum, and its own id on sockets without privileges. */
export function echoRequest(family: 4 | 6, id: number, sequence: number, cookie: Uint8Array): Buffer {
  const packet = Buffer.alloc(8 + payloadBytes)
  packet[0] = types[family].request
  packet.writeUInt16BE(id, 4)
  packet.writeUInt16BE(sequence, 6)
  packet.set(cookie.subarray(0, cookieBytes), 8)
  if (family === 4) packet.writeUInt16BE(checksum(packet), 2)
  return packet
}

/** The echo in a packet that a socket gave; undefined for anything else. Raw IPv4 sockets give the IP header as well. */
export function parseEcho(family: 4 | 6, packet: Buffer, hasHeader: boolean): Echo | undefined {
  const start = hasHeader ? ((packet[0] ?? 0) & 15) * 4 : 0
  const { request, reply } = types[family]
  const type = packet[start]
  if (packet.length < start + 8 + cookieBytes || (type !== request && type !== reply) || packet[start + 1] !== 0) return undefined
  return { isReply: type === reply, sequence: packet.readUInt16BE(start + 6), cookie: packet.toString('hex', start + 8, start + 8 + cookieBytes) }
}

/** The Internet checksum (RFC 1071) of a packet of even length. */
function checksum(packet: Buffer): number {
  let sum = 0
  for (let i = 0; i < packet.length; i += 2) sum += packet.readUInt16BE(i)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
