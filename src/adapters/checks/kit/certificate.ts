import type { X509Certificate } from 'node:crypto'
import { TLSSocket } from 'node:tls'
import type { Metric } from '../../../core/alarm-language/types.ts'
import type { MetricFacts } from '../../../contracts/check-type.ts'
import type { Connection } from './connection.ts'
import { metricsOf, words } from './metrics.ts'

export const certificateFacts = {
  cert_start: { type: 'I', unit: 'seconds', about: 'when the certificate became valid, seconds since the epoch' },
  cert_end: { type: 'I', unit: 'seconds', about: 'when the certificate ends, seconds since the epoch' },
  cert_end_in: { type: 'i', unit: 'seconds', about: 'seconds until the certificate ends; negative when it has ended' },
  cert_error: words('why the certificate is not trusted; empty when it is'),
  cert_issuer: words('who issued the certificate'),
  cert_subject: words('whom the certificate is for'),
  cert_subject_alternative_names: words('the names and addresses that the certificate is for'),
} as const satisfies Record<string, MetricFacts>

/** What a server's certificate says, and why it is not trusted; `error` is empty when it is. */
export interface Certificate { readonly error: string; readonly x509: X509Certificate | undefined }

export function certificateOf(connection: Connection): Certificate | undefined {
  const { socket } = connection
  if (!(socket instanceof TLSSocket)) return undefined
  const error: unknown = socket.authorizationError
  return { error: socket.authorized ? '' : reason(error instanceof Error ? error.message : String(error)), x509: socket.getPeerX509Certificate() }
}

const reasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'certificate has expired',
  CERT_NOT_YET_VALID: 'certificate is not valid yet',
  CERT_REVOKED: 'certificate is revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'self-signed certificate in the chain',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate of an unknown issuer',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate of an unknown issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate of an unknown issuer',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate is for another name',
}

const reason = (code: string) => reasons[code] ?? code.toLowerCase().replaceAll('_', ' ')

export function certificateMetrics({ error, x509 }: Certificate, now: number): Record<string, Metric> {
  if (x509 === undefined) return metricsOf(certificateFacts, { cert_error: error })
  const end = seconds(x509.validToDate)
  return metricsOf(certificateFacts, {
    cert_start: seconds(x509.validFromDate), cert_end: end, cert_end_in: Math.floor(end - now / 1000), cert_error: error,
    cert_issuer: oneLine(x509.issuer), cert_subject: oneLine(x509.subject), cert_subject_alternative_names: names(x509.subjectAltName),
  })
}

const longest = 2000
const seconds = (date: Date) => Math.floor(date.getTime() / 1000)
const oneLine = (name: string | undefined) => (name ?? '').split('\n').join(', ').slice(0, longest)
/** `DNS:example.com, IP Address:127.0.0.1` without the kinds, as the metric is matched by name. */
const names = (list: string | undefined) => (list ?? '').replace(/(^|, )[A-Za-z ]+:/g, '$1').slice(0, longest)
