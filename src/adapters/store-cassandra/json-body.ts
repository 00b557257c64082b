/** Values as bytes: a byte with the layout (1: JSON in UTF-8 follows), so that a later program can tell what it reads. */
const layout = 1

export function writeJson(value: unknown): Uint8Array {
  const text = JSON.stringify(value)
  const bytes = Buffer.allocUnsafe(1 + Buffer.byteLength(text))
  bytes[0] = layout
  bytes.write(text, 1)
  return bytes
}

/** What `writeJson` wrote; the caller knows which table it came from, and so its type. */
export function readJson(bytes: unknown): unknown {
  if (!Buffer.isBuffer(bytes) || bytes[0] !== layout) throw new Error(`A row was written by a newer program (layout ${Buffer.isBuffer(bytes) ? bytes[0] : 'none'})`)
  return JSON.parse(bytes.toString('utf8', 1))
}
