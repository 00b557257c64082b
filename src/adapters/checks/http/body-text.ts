import { TextDecoder } from 'node:util'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'
import { firstOf, valuesOf, type ResponseHead } from './response-parser.ts'

/** Bytes of a body that are looked at, packed and unpacked. */
export const inspected = 100 * 1024

type Unpacker = ReturnType<typeof createGunzip | typeof createBrotliDecompress>
const unpackers: Readonly<Record<string, (packed: Buffer) => Unpacker>> = {
  'gzip': () => createGunzip(), 'x-gzip': () => createGunzip(), 'br': () => createBrotliDecompress(),
  'deflate': (packed) => (hasZlibHeader(packed) ? createInflate() : createInflateRaw()),
}
/** Some servers send deflate with the zlib header, as they should, and some without. */
const hasZlibHeader = (packed: Buffer) => packed.length >= 2 && (packed.readUInt8(0) & 0x0f) === 8 && packed.readUInt16BE(0) % 31 === 0

/**
 * The text of a body, unpacked if it was packed; at most the inspected size, however much a small body unpacks to.
 * Undefined when it cannot be read: an unknown coding, broken data, or a packed body that did not come entirely.
 */
export async function bodyText(head: ResponseHead, body: Buffer, isWhole: boolean, limit = inspected): Promise<string | undefined> {
  const codings = valuesOf(head.headers, 'content-encoding').map((coding) => coding.toLowerCase()).filter((coding) => coding !== 'identity')
  if (codings.length > 0 && (!isWhole || codings.length > 3)) return undefined
  let plain = body
  for (const coding of codings.toReversed()) {
    const unpacked = await unpack(coding, plain, limit)
    if (unpacked === undefined) return undefined
    plain = unpacked
  }
  return decode(plain.subarray(0, limit), firstOf(head.headers, 'content-type') ?? '')
}

async function unpack(coding: string, packed: Buffer, limit: number): Promise<Buffer | undefined> {
  const unpacker = unpackers[coding]?.(packed)
  if (unpacker === undefined) return undefined
  const parts: Buffer[] = []
  let size = 0
  try {
    unpacker.end(packed)
    for await (const part of unpacker as AsyncIterable<Buffer>) { // zlib streams give buffers; their type does not say so
      parts.push(part)
      size += part.length
      if (size >= limit) break
    }
  } catch {
    return undefined
  }
  return Buffer.concat(parts)
}

function decode(plain: Buffer, type: string): string {
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(type)?.[1]?.toLowerCase() ?? 'utf-8'
  if (charset === 'utf-8' || charset === 'utf8') return plain.toString('utf8')
  try {
    return new TextDecoder(charset).decode(plain)
  } catch {
    return plain.toString('utf8')
  }
}
