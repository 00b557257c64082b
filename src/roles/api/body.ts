import type { Readable } from 'node:stream'
import { Refusal } from '../../core/wire/errors.ts'

export interface BodyLimits { readonly maxBody: number; readonly maxDepth: number }

/** Who sends more than this many times the limit is cut off; until then the rest is read and dropped, so that the client gets its answer. */
const patience = 32

/** Reads a body up to its limit. */
export async function readBody(stream: Readable, { maxBody }: BodyLimits): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= maxBody) chunks.push(chunk)
    else if (size > maxBody * patience) break
  }
  if (size > maxBody) throw new Refusal('requestTooLargeError', 'The request is too large', `The body may have ${maxBody} bytes`)
  return Buffer.concat(chunks)
}

/** The JSON value of a body; an empty one is undefined. Refuses what is no JSON, no UTF-8 or nested without end. */
export function parseBody(bytes: Buffer, contentType: string | undefined, { maxDepth }: BodyLimits): unknown {
  const text = decode(bytes).trim()
  if (text === '') return undefined
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type !== '' && type !== 'application/json' && !type.endsWith('+json')) throw new Refusal('badRequest', 'The body must be JSON', 'Content-Type must be application/json')
  const value = parseJson(text)
  if (isDeeperThan(value, maxDepth)) throw new Refusal('badRequest', 'The body is nested too deeply', `At most ${maxDepth} levels`)
  return value
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Refusal('badRequest', 'The body is not JSON', 'It is not valid UTF-8')
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // V8 quotes a piece of the text in its message; the place alone tells enough, and no secret.
    const place = /position \d+(?: \(line \d+ column \d+\))?/.exec(error instanceof Error ? error.message : '')?.[0]
    throw new Refusal('badRequest', 'The body is not JSON', place === undefined ? 'It ends too early, or is no JSON at all' : `It stops making sense at ${place}`)
  }
}

/** Level by level, without recursion: depth is what a hostile body has to offer. */
function isDeeperThan(value: unknown, levels: number): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; depth <= levels; depth++) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []))
    if (level.length === 0) return false
  }
  return true
}
