/* oxlint-disable node/no-sync -- this runs in the store's own thread, where blocking is right */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

const params = { [constants.ZSTD_c_compressionLevel]: 3 }

export function compress(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, { params })
}

export function decompress(bytes: Uint8Array): Uint8Array {
  return zstdDecompressSync(bytes)
}
