import { getSystemErrorMap } from 'node:util'
import type { buildConnector } from 'undici'
import { cut, oneLine } from '../../core/routing/text.ts'
import type { DeliveryContext, DeliveryOutcome } from '../../contracts/channel.ts'
import type { Resolved } from '../../contracts/check-type.ts'

/** What came back, or why nothing did. The body is cut after 16 KB. */
export type HttpAnswer =
  | { readonly kind: 'answer'; readonly url: URL; readonly status: number; readonly headers: Headers; readonly body: string }
  | { readonly kind: 'failure'; readonly message: string }
type Headers = Readonly<Record<string, string | string[] | undefined>>

type Context = Pick<DeliveryContext<unknown>, 'message' | 'resolver' | 'signal'>
const bodyLimit = 16_384

/**
 * Posts JSON, once and without following redirects, to an address that the resolver allows. Every request carries the
 * delivery's key in `Idempotency-Key`.
 */
export async function postJson(context: Context, to: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
  const url = new URL(to)
  try {
    const resolved = await context.resolver.resolve(url.hostname.replace(/^\[|\]$/g, ''), undefined, context.signal)
    if (resolved.kind !== 'address') return { kind: 'failure', message: unresolved(resolved) }
    return await exchange(context, url, resolved.address, body, { ...basicAuth(url), ...headers })
  } catch (error) {
    return { kind: 'failure', message: failureText(error, context.signal) }
  }
}

async function exchange({ message, signal }: Context, url: URL, address: string, body: string, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> {
  // Loaded with the first delivery: it takes 15 MB, and there may never be one.
  const { buildConnector: connector, Client } = await import('undici')
  const client = new Client(url.origin, { connect: connectTo(connector, address, signal), headersTimeout: 0, bodyTimeout: 0 })
  try {
    const response = await client.request({
      method: 'POST', path: url.pathname + url.search, body, signal,
      headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'Vedette', 'idempotency-key': message.key, ...headers },
    })
    return { kind: 'answer', url, status: response.statusCode, headers: response.headers, body: await beginning(response.body) }
  } finally {
    await client.destroy()
  }
}

/** Connects to this very address, whatever the name would resolve to by now; the name still stands in SNI and certificate. */
function connectTo(connector: typeof buildConnector, address: string, signal: AbortSignal): buildConnector.connector {
  // The types of the options are those of either net or tls; both know `signal`, only one says so.
  const connect = connector({ signal } as buildConnector.BuildOptions)
  return (options, callback) => connect({ ...options, hostname: address }, callback)
}

/** The status already says how it went: a body that breaks off or never ends takes nothing away from it. */
async function beginning(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= bodyLimit) break
    }
  } catch {
    // what came is enough
  }
  return Buffer.concat(chunks).subarray(0, bodyLimit).toString('utf8')
}

function basicAuth(url: URL): Record<string, string> {
  if (url.username === '' && url.password === '') return {}
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

function unresolved(resolved: Exclude<Resolved, { kind: 'address' }>): string {
  switch (resolved.kind) {
    case 'forbidden': return `EACCES, Forbidden by this installation: ${resolved.detail}`
    case 'not found': return `ENOTFOUND, ${resolved.detail}`
    case 'failed': return `EAI_AGAIN, ${resolved.detail}`
  }
}

const systemErrors = new Map(getSystemErrorMap().values())

/** In the reference's words: `ECONNREFUSED, Connection refused`. */
export function failureText(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'ETIMEDOUT, No answer in time'
  if (!(error instanceof Error)) return 'EUNKNOWN, Unknown failure'
  const named = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  // A library may wrap the system's error in one of its own and keep its code in the text only.
  const code = [named, ...error.message.split(/\W+/)].find((word) => systemErrors.has(word))
  return code === undefined ? `${named}, ${capitalised(cut(oneLine(error.message), 200))}` : `${code}, ${capitalised(systemErrors.get(code) ?? '')}`
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** What a channel adds to the usual judgement of an answer. */
export interface Judgement {
  readonly success: string
  readonly now: number
  /** the service's own words for its refusal */
  readonly explain?: (body: string) => string | undefined
  /** ms to wait, where the service says so in its body */
  readonly pause?: (body: string) => number | undefined
}

/** The receiver read this very message and refuses it, or says that it is gone for good: another attempt says nothing new. */
const final: readonly number[] = [400, 410, 413, 422]

/** 2xx is delivered; what cannot change gives up; everything else is tried again (decision 0004). */
export function judge(answer: HttpAnswer, { success, now, explain, pause }: Judgement): DeliveryOutcome {
  if (answer.kind === 'failure') return { kind: 'try-again', message: answer.message }
  if (answer.status >= 200 && answer.status < 300) return { kind: 'delivered', message: success }
  const message = `Unexpected status code "${answer.status}". Expected one of: /2[0-9]{2}/${remark(answer, explain)}`
  if (final.includes(answer.status)) return { kind: 'give-up', message }
  const wait = pause?.(answer.body) ?? retryAfter(answer.headers, now)
  return wait === undefined ? { kind: 'try-again', message } : { kind: 'try-again', message, notBefore: now + wait }
}

function remark(answer: Extract<HttpAnswer, { kind: 'answer' }>, explain: Judgement['explain']): string {
  const location = answer.headers['location']
  if (answer.status >= 300 && answer.status < 400 && typeof location === 'string') return `. Not followed: a redirect to ${place(location, answer.url)}`
  const words = explain?.(answer.body)
  return words === undefined || words === '' ? '' : `. The receiver says: ${cut(oneLine(words), 200)}`
}

/** A query may carry a token, so it is not repeated. */
function place(location: string, base: URL): string {
  const target = URL.canParse(location, base) ? new URL(location, base) : undefined
  return target === undefined ? 'an address that is none' : cut(target.origin + target.pathname, 200)
}

function retryAfter(headers: Headers, now: number): number | undefined {
  const value = headers['retry-after']
  if (typeof value !== 'string') return undefined
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isFinite(wait) && wait > 0 ? wait : undefined
}

/** A field of a JSON answer by its path; undefined when the answer is something else. */
export function field(body: string, ...path: readonly string[]): unknown {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  for (const key of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  return value
}

export const textField = (...path: readonly string[]) => (body: string): string | undefined => {
  const value = field(body, ...path)
  return typeof value === 'string' ? value : undefined
}

/** Seconds in the body, as ms. */
export const secondsField = (...path: readonly string[]) => (body: string): number | undefined => {
  const value = field(body, ...path)
  return typeof value === 'number' && value > 0 ? value * 1000 : undefined
}
