/** What came is no frame; the connection cannot go on, since nobody knows where the next one begins or what it means. */
export class BadFrame extends Error {
  override readonly name = 'BadFrame'
}

/** As the sender wrote it: an answer has the same one, of the same JSON type. */
export type Id = string | number
export interface Request {
  readonly kind: 'request'
  readonly id: Id
  readonly source: string
  readonly target: string
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}
export interface FrameError { readonly code: number; readonly message: string; readonly type?: string }
export interface Answer { readonly kind: 'answer'; readonly id: Id; readonly source: string; readonly result: unknown; readonly error: FrameError | null }
export type Frame = Request | Answer

/** The one version of the envelope. */
const version = '1'
const newline = 0x0a
const longestId = 64

/** Cuts a stream of bytes into lines, however they were cut on their way. */
export class LineReader {
  /** bytes a line may have at most; it may change between two lines */
  limit: number
  #parts: Uint8Array[] = []
  #length = 0
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })

  constructor(limit: number) {
    this.limit = limit
  }

  /** The lines that end in this chunk, without their ends; blank ones are left out. Throws BadFrame, after the good ones before. */
  *lines(chunk: Uint8Array): Generator<string> {
    let from = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      this.#keep(chunk.subarray(from, end))
      from = end + 1
      const line = this.#take()
      if (line !== '') yield line
    }
    this.#keep(chunk.subarray(from))
  }

  #keep(part: Uint8Array): void {
    this.#length += part.length
    if (this.#length > this.limit) throw new BadFrame(`a line is longer than ${this.limit} bytes`)
    if (part.length > 0) this.#parts.push(part)
  }

  #take(): string {
    const bytes = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts)
    this.#parts = []
    this.#length = 0
    try {
      return this.#decoder.decode(bytes).trim()
    } catch {
      throw new BadFrame('a line is not UTF-8')
    }
  }
}

/** The frame of a line; throws BadFrame with what is wrong. Fields that it does not know are left alone. */
export function parseFrame(line: string): Frame {
  const frame = parseObject(line)
  if (frame.v !== version) throw new BadFrame(`the field v must be "${version}"; found ${shown(frame.v)}`)
  const { id, source = '', target = '', method } = frame
  if (!isId(id)) throw new BadFrame(`the field id must be a number or a short text; found ${shown(id)}`)
  if (typeof source !== 'string' || typeof target !== 'string') throw new BadFrame('the fields source and target must be texts')
  if (method === undefined) return { kind: 'answer', id, source, result: frame.result, error: errorOf(frame.error) }
  if (typeof method !== 'string') throw new BadFrame(`the field method must be a text; found ${shown(method)}`)
  return { kind: 'request', id, source, target, method, params: isObject(frame.params) ? frame.params : {} }
}

/** A frame as a line. */
export function encodeFrame(fields: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ v: version, ...fields })}\n`
}

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

function parseObject(line: string): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    throw new BadFrame('a line is not JSON')
  }
  if (!isObject(parsed)) throw new BadFrame('a line is not a JSON object')
  return parsed
}

function isId(id: unknown): id is Id {
  return (typeof id === 'number' && Number.isFinite(id)) || (typeof id === 'string' && id.length <= longestId)
}

function errorOf(error: unknown): FrameError | null {
  if (error === undefined || error === null) return null
  if (!isObject(error)) return { code: 500, message: shown(error) }
  const { code, message, type } = error
  return { code: Number(code) || 500, message: typeof message === 'string' ? message : shown(error), ...(typeof type === 'string' ? { type } : {}) }
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 64)
}
