/** Two letters say what an id names; eight characters of [A-Za-z0-9] follow (reference, section 2). */
export const prefixes = {
  account: 'ac', entity: 'en', check: 'ch', alarm: 'al', notification: 'nt', notificationPlan: 'np',
  monitoringZone: 'mz', privateZone: 'pz', suppression: 'sp', connection: 'cn', collector: 'co', agentToken: 'at',
} as const
export type IdKind = keyof typeof prefixes

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/**
 * A new id of `kind` from at least 8 random bytes. Taking each byte modulo 62 favours the first eight letters
 * by a quarter of a percent; ids need to be unlikely to clash, not secret.
 */
export function newId(kind: IdKind, dice: Uint8Array): string {
  let id: string = prefixes[kind]
  for (const byte of dice.subarray(0, 8)) id += alphabet[byte % alphabet.length]
  return id
}

/**
 * A time-ordered UUID, version 1 in its layout (RFC 9562, section 5.1), of a time in ms and 10 random bytes.
 * `count` tells apart ids of one millisecond (0 … 9999) and keeps them in order.
 */
export function timeUuid(at: number, count: number, dice: Uint8Array): string {
  const ticks = BigInt(at) * 10_000n + BigInt(count) + 122_192_928_000_000_000n
  const hex = ticks.toString(16).padStart(15, '0')
  const node = Array.from(dice.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0'))
  const clock = ((dice[0] ?? 0) & 0x3f) | 0x80
  return `${hex.slice(7)}-${hex.slice(3, 7)}-1${hex.slice(0, 3)}-${clock.toString(16)}${node[1]}-${node.slice(2).join('')}`
}

/** The time in ms of a version 1 UUID; NaN for anything else. */
export function timeOfUuid(id: string): number {
  const parts = /^([0-9a-f]{8})-([0-9a-f]{4})-1([0-9a-f]{3})-/i.exec(id)
  if (parts === null) return Number.NaN
  return Number((BigInt(`0x${parts[3]}${parts[2]}${parts[1]}`) - 122_192_928_000_000_000n) / 10_000n)
}
