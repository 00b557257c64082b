import type { ProbeResult } from '../../../contracts/prober.ts'
import type { Resolved } from '../../../contracts/check-type.ts'

/** Why there is no answer, in the words of a status; `cannot` when the reason lies with us. */
export interface Failure { readonly kind: 'failed'; readonly status: string; readonly cannot?: true }

export const failed = (status: string): Failure => ({ kind: 'failed', status })

const names: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused', ECONNRESET: 'connection reset', EPIPE: 'connection reset', ECONNABORTED: 'connection reset',
  EHOSTUNREACH: 'no route', ENETUNREACH: 'no route', ENETDOWN: 'no route', EHOSTDOWN: 'no route', ETIMEDOUT: 'timeout',
}
/** The machine we run on has run out of something, or forbids it: that says nothing of the target. */
const ours: Readonly<Record<string, string>> = {
  EMFILE: 'too many open files', ENFILE: 'too many open files', ENOBUFS: 'out of socket buffers', ENOMEM: 'out of memory',
  EADDRNOTAVAIL: 'no free local port or address', EACCES: 'not permitted', EPERM: 'not permitted', EAFNOSUPPORT: 'address family not supported',
}

/** The name of an error that a socket gave. */
export function failureOf(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const name = names[code]
  if (name !== undefined) return failed(name)
  const reason = ours[code]
  if (reason !== undefined) return { kind: 'failed', status: `cannot connect: ${reason}`, cannot: true }
  const words = error instanceof Error ? error.message : String(error)
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return failed(`tls: ${tlsReason(words)}`)
  return failed(words.replace(/\s+/g, ' ').slice(0, 200))
}

/** OpenSSL says `80AB…:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:…`; people read the fifth part. */
function tlsReason(words: string): string {
  const part = /error:[0-9A-F]+:[^:]*:[^:]*:([^:\n]+)/i.exec(words)?.[1]
  return (part ?? words).trim().slice(0, 200)
}

/** Where a redirect or the like leads must be resolved as well; this is why it could not. */
export function unresolved(resolved: Exclude<Resolved, { kind: 'address' }>): Failure {
  if (resolved.kind === 'forbidden') return failed(`prevented by ACL 'global'`)
  return failed(resolved.kind === 'not found' ? 'dns: not found' : `dns: ${resolved.detail}`)
}

/** A result without an answer. */
export function unavailable(failure: Failure, rest: Partial<Omit<ProbeResult, 'target'>> = {}): Omit<ProbeResult, 'target'> {
  return { available: false, status: failure.status, metrics: {}, ...(failure.cannot === true ? { cannot: true } : {}), ...rest }
}
