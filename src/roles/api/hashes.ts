import { createHash, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Random } from '../../contracts/random.ts'

// node's types know scrypt's callback form only, options included.
const derive = promisify(scrypt) as (secret: string, salt: Uint8Array, length: number, options: { N: number; r: number; p: number }) => Promise<Buffer>
const cost = { N: 16_384, r: 8, p: 1 }

/** The SHA-256 of a token's text, hex: enough for what has 128 random bits, and the same every time, so that it can be looked up. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** A salted scrypt hash of a key or password: `scrypt:N:r:p:salt:hash`. */
export async function hashSecret(secret: string, random: Random): Promise<string> {
  const salt = random.bytes(16)
  const hash = await derive(secret, salt, 32, cost)
  return `scrypt:${cost.N}:${cost.r}:${cost.p}:${Buffer.from(salt).toString('hex')}:${hash.toString('hex')}`
}

/** Whether a secret has this hash. Null takes as long, and never matches: who asks learns nothing of which users there are. */
export async function matchesHash(secret: string, stored: string | null): Promise<boolean> {
  const [, n, r, p, salt, hash] = (stored ?? `scrypt:${cost.N}:${cost.r}:${cost.p}:00:00`).split(':')
  const expected = Buffer.from(hash ?? '', 'hex')
  const found = await derive(secret, Buffer.from(salt ?? '', 'hex'), Math.max(1, expected.length), { N: Number(n), r: Number(r), p: Number(p) })
  return stored !== null && found.length === expected.length && timingSafeEqual(found, expected)
}

/** Whether two texts are the same, in a time that does not tell where they differ. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
}

/** A new token or key: 32 hex digits of chance. */
export function newSecret(random: Random): string {
  return Buffer.from(random.bytes(16)).toString('hex')
}
