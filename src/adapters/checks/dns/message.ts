import { isIP } from 'node:net'
import dnsPacket, { type Answer, type Packet } from 'dns-packet'
import { groupsOf } from '../../system/address-ranges.ts'

export const recordTypes = ['A', 'AAAA', 'TXT', 'MX', 'SOA', 'CNAME', 'PTR', 'NS', 'MB', 'MD', 'MF', 'MG', 'MR'] as const
export type RecordType = (typeof recordTypes)[number]

/** Record types from the early days hold a name; the packet library knows them by number only. */
const early: Readonly<Partial<Record<RecordType, string>>> = { MD: 'UNKNOWN_3', MF: 'UNKNOWN_4', MB: 'UNKNOWN_7', MG: 'UNKNOWN_8', MR: 'UNKNOWN_9' }
const wireType = (type: RecordType) => early[type] ?? type

export interface Query { readonly id: number; readonly name: string; readonly type: RecordType }
export interface Reply {
  readonly kind: 'reply'
  readonly code: string
  readonly truncated: boolean
  /** the asked type's records, sorted, so that a server's rotation changes nothing */
  readonly values: readonly string[]
  /** seconds, the least of them; undefined without records */
  readonly ttl: number | undefined
}

/** The name to ask for: an address asked for by PTR is turned round. */
export function askedName(query: string, type: RecordType): string {
  const name = query.replace(/\.$/, '')
  if (type !== 'PTR') return name
  if (isIP(name) === 4) return `${name.split('.').toReversed().join('.')}.in-addr.arpa`
  if (isIP(name) !== 6) return name
  const nibbles = groupsOf(name).map((group) => group.toString(16).padStart(4, '0')).join('')
  return `${Array.from(nibbles).toReversed().join('.')}.ip6.arpa`
}

export function encodeQuery({ id, name, type }: Query): Buffer {
  return dnsPacket.encode({ id, type: 'query', flags: dnsPacket.RECURSION_DESIRED, questions: [{ name, type: wireType(type), class: 'IN' }] })
}

/** The reply to a query; undefined for a packet that answers something else, a problem for one that cannot be read. */
export function decodeReply(data: Buffer, query: Query): Reply | { readonly kind: 'problem' } | undefined {
  if (data.length < 12 || data.readUInt16BE(0) !== query.id) return undefined
  try {
    const packet = dnsPacket.decode(data)
    return answers(packet, query) ? reply(packet, data, query) : undefined
  } catch {
    return { kind: 'problem' }
  }
}

function answers(packet: Packet, { name, type }: Query): boolean {
  const [question] = packet.questions
  // A server that failed early may leave the question out.
  if (packet.type !== 'response' || question === undefined) return packet.type === 'response' && packet.rcode !== 'NOERROR'
  return question.name.toLowerCase() === (name === '' ? '.' : name.toLowerCase()) && question.type === wireType(type)
}

function reply(packet: Packet, data: Buffer, { type }: Query): Reply {
  const records = packet.answers.filter((answer) => answer.type === wireType(type) && answer.class === 'IN')
  const values = records.map((record) => textOf(record, data)).toSorted()
  return { kind: 'reply', code: packet.rcode, truncated: packet.flag_tc, values, ttl: records.length === 0 ? undefined : Math.min(...records.map(({ ttl }) => ttl)) }
}

/** A record as zone files write it. */
function textOf({ type, data }: Answer, packet: Buffer): string {
  if (typeof data === 'string') return data
  if (Buffer.isBuffer(data)) return dnsPacket.name.decode(packet, data.byteOffset - packet.byteOffset)
  if (Array.isArray(data)) return data.map(String).join('')
  const fields = type === 'MX' ? ['preference', 'exchange'] : ['mname', 'rname', 'serial', 'refresh', 'retry', 'expire', 'minimum']
  return typeof data === 'object' && data !== null ? fields.map((field) => String(Reflect.get(data, field))).join(' ') : ''
}
