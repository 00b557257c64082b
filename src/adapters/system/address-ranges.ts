import { BlockList, isIP } from 'node:net'

/** Ranges of addresses, and whether an address is in one of them, however it is written. */
export interface AddressRanges { includes(address: string): boolean }

/**
 * Reads ranges such as `10.0.0.0/8`, `fe80::/10` or a bare address; throws with the value that is none.
 * An IPv6 address that carries an IPv4 address (mapped, NAT64, 6to4) is in a range when the carried one is, and an
 * unspecified address counts as loopback, because connecting to it ends there.
 */
export function addressRanges(cidrs: readonly string[]): AddressRanges {
  const list = new BlockList()
  for (const cidr of cidrs) add(list, cidr)
  const empty = cidrs.length === 0
  return { includes: (address) => !empty && forms(address).some((form) => list.check(form, isIP(form) === 4 ? 'ipv4' : 'ipv6')) }
}

function add(list: BlockList, cidr: string): void {
  const [address = '', bits, ...rest] = cidr.trim().split('/')
  const family = isIP(address)
  const width = family === 4 ? 32 : 128
  const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  if (family === 0 || rest.length > 0 || address.includes('%') || !(prefix <= width)) {
    throw new RangeError(`"${cidr}" is not an address range such as 169.254.0.0/16 or fe80::/10`)
  }
  list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
}

/** The address itself without its scope, and the addresses that it stands for. */
function forms(address: string): readonly string[] {
  const plain = address.split('%', 1)[0] ?? ''
  if (isIP(plain) === 4) return plain === '0.0.0.0' ? [plain, '127.0.0.1'] : [plain]
  const groups = groupsOf(plain)
  if (groups.every((group) => group === 0)) return [plain, '::1', '127.0.0.1']
  return [plain, ...carried(groups)]
}

/** IPv4 addresses inside an IPv6 one: `[start of the 32 bits, the groups before]`. */
const carriers: readonly (readonly [at: number, prefix: readonly number[]])[] = [
  [6, [0, 0, 0, 0, 0, 0xffff]], // IPv4-mapped
  [6, [0, 0, 0, 0, 0xffff, 0]], // IPv4-translated
  [6, [0, 0, 0, 0, 0, 0]], // IPv4-compatible, long deprecated
  [6, [0x64, 0xff9b, 0, 0, 0, 0]], // NAT64, well-known prefix
  [6, [0x64, 0xff9b, 1]], // NAT64, local prefix
  [1, [0x2002]], // 6to4
]

function carried(groups: readonly number[]): readonly string[] {
  return carriers.filter(([, prefix]) => prefix.every((group, i) => groups[i] === group)).map(([at]) => dotted(groups[at] ?? 0, groups[at + 1] ?? 0))
}

const dotted = (high: number, low: number) => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`

/** The eight groups of a valid IPv6 address. */
export function groupsOf(address: string): readonly number[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => `${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`)
  const [head = '', tail] = hex.split('::')
  const before = numbers(head)
  if (tail === undefined) return before
  const after = numbers(tail)
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}

const numbers = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
