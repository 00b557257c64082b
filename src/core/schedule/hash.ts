/**
 * A 32-bit hash of a text, the same on every machine and in every version: FNV-1a over UTF-16 units, then a finalizer,
 * because FNV alone leaves the high bits of similar ids alike, and phases are taken from the high bits.
 */
export function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** The hash as a number in [0, 1). */
export function fraction(text: string): number {
  return hash(text) / 2 ** 32
}
