import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import './reflection.ts'
import * as x509 from '@peculiar/x509'
import type { CertificateAndKey } from './certificates.ts'

// The package's types name the browser's crypto, which Node's is.
x509.cryptoProvider.set(webcrypto as unknown as Crypto)

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const day = 86_400_000
/** Clocks differ: what is made now is valid since a while ago (ms). */
const before = 3_600_000

/** Times are ms since the epoch. */
export interface Validity { readonly now: number; readonly days: number }

/** A certificate authority of one's own: its certificate is what pollers trust, its key is what must never leave its place. */
export async function createAuthority(name: string, { now, days }: Validity): Promise<CertificateAndKey> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }], keys, signingAlgorithm: algorithm, notBefore: new Date(now - before), notAfter: new Date(now + days * day),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: certificate.toString('pem'), key: await pem(keys.privateKey) }
}

/** A server's certificate for host names and addresses; it ends no later than its authority does. */
export async function issueCertificate(authority: CertificateAndKey, names: readonly string[], { now, days }: Validity): Promise<CertificateAndKey> {
  const issuer = new x509.X509Certificate(authority.cert)
  const signingKey = await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(authority.key), algorithm, false, ['sign'])
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [names[0]!.slice(0, 64)] }], issuer: issuer.subjectName, publicKey: keys.publicKey, signingKey, signingAlgorithm: algorithm,
    notBefore: new Date(now - before), notAfter: new Date(Math.min(now + days * day, issuer.notAfter.getTime())),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }))),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey), await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  })
  return { cert: certificate.toString('pem'), key: await pem(keys.privateKey) }
}

async function pem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}
