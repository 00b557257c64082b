import { createHash } from 'node:crypto'
import type { ResponseHead } from './response-parser.ts'

export interface Challenge {
  readonly realm: string
  readonly nonce: string
  readonly algorithm: 'MD5' | 'SHA-256'
  readonly session: boolean
  readonly opaque: string | undefined
  /** false: the old form without qop (RFC 2069) */
  readonly qop: boolean
  /** as it was spelt, to be sent back */
  readonly spelt: string | undefined
}

export interface Credentials { readonly user: string; readonly password: string }

export function basic({ user, password }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** The strongest digest challenge of an answer that we can meet; undefined when there is none. */
export function digestChallenge(headers: ResponseHead['headers']): Challenge | undefined {
  const found = headers.filter(([name]) => name === 'www-authenticate').flatMap(([, value]) => challenges(value))
  return found.find(({ algorithm }) => algorithm === 'SHA-256') ?? found[0]
}

function challenges(header: string): readonly Challenge[] {
  const starts = [...header.matchAll(/(?:^|,)\s*Digest\s+/gi)]
  return starts.flatMap((start) => challenge(parameters(header, start.index + start[0].length)) ?? [])
}

/** `name=value` pairs up to where the next scheme begins. */
function parameters(header: string, from: number): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const pair = /\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)/gy
  pair.lastIndex = from
  for (let match = pair.exec(header); match !== null; match = pair.exec(header)) {
    found.set((match[1] ?? '').toLowerCase(), match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '')
  }
  return found
}

function challenge(given: ReadonlyMap<string, string>): Challenge | undefined {
  const spelt = given.get('algorithm')
  const [, algorithm, session] = /^(MD5|SHA-256)(-sess)?$/i.exec(spelt ?? 'MD5') ?? []
  const nonce = given.get('nonce')
  const qops = given.get('qop')?.split(',').map((qop) => qop.trim().toLowerCase())
  if (algorithm === undefined || nonce === undefined || qops?.includes('auth') === false) return undefined
  return {
    realm: given.get('realm') ?? '', nonce, algorithm: algorithm.toUpperCase() === 'MD5' ? 'MD5' : 'SHA-256', session: session !== undefined,
    opaque: given.get('opaque'), qop: qops !== undefined, spelt,
  }
}

/** The Authorization header that meets a challenge for one request (RFC 7616). */
export function digest(to: Challenge, { user, password }: Credentials, method: string, path: string, cnonce: string): string {
  const hash = (text: string) => createHash(to.algorithm === 'MD5' ? 'md5' : 'sha256').update(text).digest('hex')
  const secret = hash(`${user}:${to.realm}:${password}`)
  const a1 = to.session ? hash(`${secret}:${to.nonce}:${cnonce}`) : secret
  const a2 = hash(`${method}:${path}`)
  const response = to.qop ? hash(`${a1}:${to.nonce}:00000001:${cnonce}:auth:${a2}`) : hash(`${a1}:${to.nonce}:${a2}`)
  const parts = [`username=${quote(user)}`, `realm=${quote(to.realm)}`, `nonce=${quote(to.nonce)}`, `uri=${quote(path)}`, `response="${response}"`]
  if (to.spelt !== undefined) parts.push(`algorithm=${to.spelt}`)
  if (to.opaque !== undefined) parts.push(`opaque=${quote(to.opaque)}`)
  if (to.qop) parts.push('qop=auth', 'nc=00000001')
  if (to.qop || to.session) parts.push(`cnonce="${cnonce}"`)
  return `Digest ${parts.join(', ')}`
}

const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
