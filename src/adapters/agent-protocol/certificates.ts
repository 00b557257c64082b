import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContext } from 'node:tls'

/** A certificate, with its chain if it has one, and its key: both PEM. */
export interface CertificateAndKey { readonly cert: string; readonly key: string }
/** Asked again and again, so that a new certificate needs no new start. */
export type CertificateSource = () => Promise<CertificateAndKey>

/** Reads both from files, each time anew. */
export function certificateFiles(cert: string, key: string): CertificateSource {
  return async () => ({ cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') })
}

export interface ReadCertificate { readonly pem: CertificateAndKey; readonly context: SecureContext; /** ms since the epoch */ readonly endsAt: number; readonly names: string }

/** What a server shows; throws when certificate and key are none, or do not belong together. */
export function readCertificate(pem: CertificateAndKey): ReadCertificate {
  const context = createSecureContext({ ...pem, minVersion: 'TLSv1.2' })
  const { validToDate, subjectAltName = '' } = new X509Certificate(pem.cert)
  return { pem, context, endsAt: validToDate.getTime(), names: subjectAltName }
}
