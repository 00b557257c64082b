/** Bounds of what a server may say before it is called broken; all in bytes, fields in number. */
export const responseLimits = { head: 64 * 1024, fields: 250, chunkLine: 1024, interim: 8 } as const

export interface ResponseHead {
  readonly status: number
  /** names in lower case, in the order in which they came */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

export type Progress = { readonly kind: 'more' } | { readonly kind: 'done' } | { readonly kind: 'problem'; readonly problem: string }

export interface BodyBounds {
  /** bytes of the body that are kept */
  readonly keep: number
  /** bytes of the body after which nothing more is read */
  readonly count: number
}

type Expecting = 'status' | 'field' | 'body' | 'chunk' | 'chunk end' | 'trailer' | 'nothing'

const more: Progress = { kind: 'more' }
const done: Progress = { kind: 'done' }
const problem = (text: string): Progress => ({ kind: 'problem', problem: text })
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * Reads one HTTP/1 response, strictly, however it is cut into chunks; interim responses are passed over. What is kept is
 * bounded, whatever comes. Line ends may be a bare LF (RFC 9112, section 2.2); folded fields are refused.
 */
export class ResponseParser {
  readonly #bodiless: boolean
  readonly #bounds: BodyBounds
  #expecting: Expecting = 'status'
  #line = ''
  #headBytes = 0
  #interim = 0
  #status = 0
  #headers: [string, string][] = []
  #head: ResponseHead | undefined
  #framing: 'length' | 'chunked' | 'close' = 'close'
  /** bytes that the present stretch of the body still has */
  #left = 0
  #length: number | undefined
  #received = 0
  #kept: Buffer[] = []
  #keptBytes = 0

  constructor(method: string, bounds: BodyBounds) {
    this.#bodiless = method === 'HEAD'
    this.#bounds = bounds
  }

  /** The final response's head, as soon as it is complete. */
  get head(): ResponseHead | undefined { return this.#head }
  /** Bytes of the body that came, without their framing. */
  get received(): number { return this.#received }
  /** Bytes that the body has, as far as is known: as announced, otherwise as received. */
  get size(): number { return Math.max(this.#length ?? 0, this.#received) }
  /** The body's beginning. */
  get body(): Buffer { return this.#kept.length === 1 && this.#kept[0] !== undefined ? this.#kept[0] : Buffer.concat(this.#kept) }

  push(chunk: Buffer): Progress {
    let at = 0
    while (at < chunk.length) {
      if (this.#expecting === 'nothing') return done
      if (this.#expecting === 'body') {
        at = this.#takeBody(chunk, at)
        if (this.#received >= this.#bounds.count) this.#expecting = 'nothing'
        continue
      }
      const lineEnd = chunk.indexOf(10, at)
      const stop = lineEnd === -1 ? chunk.length : lineEnd
      const tooLong = this.#grow(chunk.toString('latin1', at, stop))
      if (tooLong !== undefined) return problem(tooLong)
      if (lineEnd === -1) return more
      at = lineEnd + 1
      const wrong = this.#takeLine()
      if (wrong !== undefined) return problem(wrong)
    }
    return this.#isOver() ? done : more
  }

  /** The server has closed. */
  end(): Progress {
    if (this.#isOver()) return done
    if (this.#expecting === 'body' && this.#framing === 'close') return done
    if (this.#head !== undefined) return problem('the body ended early')
    return problem(this.#headBytes === 0 && this.#interim === 0 ? 'closed without an answer' : 'the headers ended early')
  }

  #isOver(): boolean { return this.#expecting === 'nothing' }

  #grow(text: string): string | undefined {
    this.#line += text
    if (this.#expecting === 'chunk' || this.#expecting === 'chunk end') return this.#line.length > responseLimits.chunkLine ? 'a chunk size line is too long' : undefined
    this.#headBytes += text.length + 1
    return this.#headBytes > responseLimits.head ? 'the headers are too large' : undefined
  }

  #takeLine(): string | undefined {
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line
    this.#line = ''
    switch (this.#expecting) {
      case 'status': return this.#takeStatus(line)
      case 'field': return line === '' ? this.#endHead() : this.#takeField(line)
      case 'chunk': return this.#takeChunkSize(line)
      case 'chunk end': return this.#endChunk(line)
      case 'trailer': return this.#takeTrailer(line)
      case 'body': case 'nothing': return undefined
    }
  }

  #takeStatus(line: string): string | undefined {
    const status = /^HTTP\/1\.\d ([1-9]\d\d)(?: |$)/.exec(line)?.[1]
    if (status === undefined) return `no HTTP/1 status line: ${quoted(line)}`
    this.#status = Number(status)
    this.#headers = []
    this.#expecting = 'field'
    return undefined
  }

  #takeField(line: string): string | undefined {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0))
    if (!token.test(name)) return `no header: ${quoted(line)}`
    if (this.#headers.length >= responseLimits.fields) return 'too many headers'
    const value = line.slice(colon + 1).trim()
    if (value.includes('\0') || value.includes('\r')) return `no header: ${quoted(line)}`
    this.#headers.push([name.toLowerCase(), value])
    return undefined
  }

  #endHead(): string | undefined {
    if (this.#status < 200 && this.#status !== 101) {
      this.#interim += 1
      this.#expecting = 'status'
      return this.#interim > responseLimits.interim ? 'too many interim answers' : undefined
    }
    this.#head = { status: this.#status, headers: this.#headers }
    return this.#frame()
  }

  /** How long the body is (RFC 9112, section 6.3). */
  #frame(): string | undefined {
    this.#expecting = 'body'
    const codings = valuesOf(this.#headers, 'transfer-encoding')
    const lengths = valuesOf(this.#headers, 'content-length')
    if (this.#bodiless || this.#status === 204 || this.#status === 304 || this.#status === 101) this.#expecting = 'nothing'
    else if (codings.length > 0) this.#frameCodings(codings)
    else if (lengths.length > 0) return this.#frameLength(lengths)
    return undefined
  }

  #frameCodings(codings: readonly string[]): void {
    if (codings.at(-1)?.toLowerCase() !== 'chunked') return
    this.#framing = 'chunked'
    this.#expecting = 'chunk'
  }

  #frameLength(lengths: readonly string[]): string | undefined {
    const [length = ''] = lengths
    if (!/^\d{1,15}$/.test(length) || lengths.some((other) => other !== length)) return `content-length ${quoted(lengths.join(', '))}`
    this.#framing = 'length'
    this.#left = this.#length = Number(length)
    if (this.#left === 0) this.#expecting = 'nothing'
    return undefined
  }

  #takeChunkSize(line: string): string | undefined {
    const size = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;|$)/.exec(line)?.[1]
    if (size === undefined) return `no chunk size: ${quoted(line)}`
    this.#left = Number.parseInt(size, 16)
    this.#headBytes = 0
    this.#expecting = this.#left === 0 ? 'trailer' : 'body'
    return undefined
  }

  #endChunk(line: string): string | undefined {
    this.#expecting = 'chunk'
    return line === '' ? undefined : 'a chunk is longer than its size'
  }

  #takeTrailer(line: string): undefined {
    if (line === '') this.#expecting = 'nothing'
  }

  #takeBody(chunk: Buffer, from: number): number {
    const rest = chunk.length - from
    const count = this.#framing === 'close' ? rest : Math.min(rest, this.#left)
    this.#received += count
    const wanted = Math.min(count, this.#bounds.keep - this.#keptBytes)
    if (wanted > 0) {
      this.#kept.push(chunk.subarray(from, from + wanted))
      this.#keptBytes += wanted
    }
    this.#left -= count
    if (this.#left === 0 && this.#framing === 'chunked') this.#expecting = 'chunk end'
    if (this.#left === 0 && this.#framing === 'length') this.#expecting = 'nothing'
    return from + count
  }
}

/** All values of a header, its lists taken apart. */
export function valuesOf(headers: ResponseHead['headers'], name: string): readonly string[] {
  const values: string[] = []
  for (const [key, value] of headers) if (key === name) values.push(...value.split(',').map((part) => part.trim()).filter((part) => part !== ''))
  return values
}

export function firstOf(headers: ResponseHead['headers'], name: string): string | undefined {
  return headers.find(([key]) => key === name)?.[1]
}

/** What a server said instead, short and printable. */
const quoted = (text: string) => `"${text.slice(0, 40).replace(/[^\x20-\x7e]/g, '?')}${text.length > 40 ? '…' : ''}"`
