import { isIP } from 'node:net'
import type { ProbeContext } from '../../../contracts/check-type.ts'
import { certificateOf, type Certificate } from '../kit/certificate.ts'
import { Connection } from '../kit/connection.ts'
import { failed, type Failure } from '../kit/failure.ts'
import { render, type Request } from './request.ts'
import { ResponseParser, type BodyBounds } from './response-parser.ts'

/** Instants of one exchange on the monotonic clock, in their order; only those that came. `dns`: ms spent before them. */
export interface Marks {
  readonly dns: number
  readonly resolved: number
  readonly connected?: number
  readonly secured?: number
  readonly firstByte?: number
}

/** What one request gave: an answer, perhaps broken off, and why it did not end well. */
export interface Exchange {
  readonly response: ResponseParser
  readonly failure: Failure | undefined
  readonly certificate: Certificate | undefined
  readonly marks: Marks
}

/** Where a request goes, and the ms that finding it took; 0 when nothing had to be found. */
export interface Place { readonly address: string; readonly family: 4 | 6; readonly took: number }

export interface Hop {
  readonly place: Place
  readonly request: Request
  readonly verify: boolean
  readonly bounds: BodyBounds
}

type Context = Pick<ProbeContext<unknown>, 'clock' | 'signal' | 'source'>

/** One request on a connection of its own; an untrusted server is told nothing. */
export async function exchange(context: Context, hop: Hop): Promise<Exchange> {
  const { clock, signal } = context
  const { url, method } = hop.request
  const before = { dns: hop.place.took, resolved: clock.monotonic() }
  const response = new ResponseParser(method, hop.bounds)
  const opened = await Connection.open({ ...endpoint(hop, url), source: context.source }, clock, signal)
  using connection = opened.connection
  const certificate = opened.failure === undefined ? certificateOf(connection) : undefined
  const distrust = hop.verify && certificate !== undefined && certificate.error !== '' ? failed(`tls: ${certificate.error}`) : undefined
  const refusal = opened.failure ?? distrust
  if (refusal !== undefined) return { response, failure: refusal, certificate, marks: { ...before, ...connection.marks } }
  connection.write(render(hop.request))
  const { failure, firstByte } = await receive(connection, response, clock)
  return { response, failure, certificate, marks: { ...before, ...connection.marks, ...(firstByte === undefined ? {} : { firstByte }) } }
}

function endpoint(hop: Hop, url: URL) {
  const isSecure = url.protocol === 'https:'
  const { address, family } = hop.place
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port)
  if (!isSecure) return { address, family, port }
  const name = bareHost(url)
  return { address, family, port, tls: { name, isAddress: isIP(name) !== 0, alpn: ['http/1.1'] } }
}

/** A URL's host as the resolver and certificates know it: IPv6 without its brackets. */
export function bareHost({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

async function receive(connection: Connection, response: ResponseParser, clock: Context['clock']): Promise<{ failure: Failure | undefined; firstByte: number | undefined }> {
  let firstByte: number | undefined
  for (;;) {
    const chunk = await connection.read()
    if (chunk.kind === 'failed') return { failure: chunk, firstByte }
    if (chunk.kind === 'data') firstByte ??= clock.monotonic()
    const progress = chunk.kind === 'data' ? response.push(chunk.data) : response.end()
    if (progress.kind === 'problem') return { failure: failed(`bad response: ${progress.problem}`), firstByte }
    if (progress.kind === 'done') return { failure: undefined, firstByte }
  }
}
