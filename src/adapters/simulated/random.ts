import type { Random } from '../../contracts/random.ts'

export interface SimulatedRandom extends Random {
  /** dice of their own, which follow from the seed and the name and not from what was thrown before */
  fork(name: string): SimulatedRandom
  /** a whole number, `from` inside and `to` not */
  integer(from: number, to: number): number
  /** true in `share` of all throws */
  chance(share: number): boolean
  pick<T>(values: readonly T[]): T
}

/**
 * Dice that follow from a seed: xoshiro128** of David Blackman and Sebastiano Vigna (prng.di.unimi.it), its four words
 * filled from the seed by a 32-bit Weyl sequence through the finalizer of MurmurHash3 (Austin Appleby).
 */
export function simulatedRandom(seed: number): SimulatedRandom {
  const next = xoshiro(seed)
  const float = () => next() / 2 ** 32
  return {
    float,
    bytes: (count) => Uint8Array.from({ length: count }, () => next() >>> 24),
    fork: (name) => simulatedRandom(mix(fingerprint(name) ^ mix(seed))),
    integer: (from, to) => from + Math.floor(float() * (to - from)),
    chance: (share) => float() < share,
    pick<T>(values: readonly T[]): T {
      if (values.length === 0) throw new RangeError('There is nothing to pick from')
      return values[Math.floor(float() * values.length)] as T // the index is inside
    },
  }
}

function xoshiro(seed: number): () => number {
  const word = (n: number) => mix(seed + Math.imul(n, 0x9e3779b9))
  let [a, b, c, d] = [word(1), word(2), word(3), word(4)]
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11)
    return result
  }
}

const rotate = (x: number, by: number) => (x << by) | (x >>> (32 - by))

function mix(x: number): number {
  let h = x | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** FNV-1a over the UTF-16 units of a name. */
function fingerprint(name: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193)
  return h
}
