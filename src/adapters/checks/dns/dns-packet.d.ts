/** As much of dns-packet as is used here; the package has no types of its own. */
declare module 'dns-packet' {
  export interface Question { readonly name: string; readonly type: string; readonly class?: string }
  export interface Answer { readonly name: string; readonly type: string; readonly class: string; readonly ttl: number; readonly data: unknown }
  export interface Packet {
    readonly id: number
    readonly type: 'query' | 'response'
    readonly flags: number
    readonly rcode: string
    readonly flag_tc: boolean
    readonly questions: readonly Question[]
    readonly answers: readonly Answer[]
  }
  interface Outgoing {
    readonly id: number
    readonly type: 'query' | 'response'
    readonly flags: number
    readonly questions: readonly Question[]
    readonly answers?: readonly Partial<Answer>[]
  }
  const dnsPacket: {
    encode(packet: Outgoing): Buffer
    /** throws for what is no packet */
    decode(packet: Buffer): Packet
    readonly name: { decode(packet: Buffer, offset: number): string }
    readonly RECURSION_DESIRED: number
    readonly TRUNCATED_RESPONSE: number
  }
  export default dnsPacket
}
