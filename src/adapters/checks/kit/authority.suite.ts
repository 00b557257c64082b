import { webcrypto } from 'node:crypto'
import '../../agent-protocol/reflection.ts'
import * as x509 from '@peculiar/x509'

// The package's types name the browser's crypto, which Node's is.
x509.cryptoProvider.set(webcrypto as unknown as Crypto)
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const day = 86_400_000

export interface Identity { readonly key: string; readonly cert: string }
export interface Wish { readonly subject?: string; readonly names?: readonly string[]; readonly from?: number; readonly to?: number }

/** A certificate authority for one test: `root` is what a client has to trust. */
export interface Authority {
  readonly root: string
  issue(wish: Wish): Promise<Identity>
}

export async function authority(name = 'CN=Test Root'): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name, keys, signingAlgorithm: algorithm, notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 30 * day),
    extensions: [new x509.BasicConstraintsExtension(true, 1, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)],
  })
  return {
    root: root.toString('pem'),
    async issue(wish) {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
      const cert = await x509.X509CertificateGenerator.create({ ...contents(wish), issuer: root.subject, signingKey: keys.privateKey, publicKey: own.publicKey, signingAlgorithm: algorithm })
      return { key: await pem(own.privateKey), cert: cert.toString('pem') }
    },
  }
}

/** A certificate that nobody vouches for but itself. */
export async function selfSigned(wish: Wish): Promise<Identity> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { subject, ...rest } = contents(wish)
  const cert = await x509.X509CertificateGenerator.createSelfSigned({ ...rest, name: subject, keys, signingAlgorithm: algorithm })
  return { key: await pem(keys.privateKey), cert: cert.toString('pem') }
}

function contents({ subject = 'CN=test', names = [], from = Date.now() - day, to = Date.now() + 10 * day }: Wish) {
  const alternatives = names.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? 'ip' as const : 'dns' as const, value }))
  const extensions = alternatives.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(alternatives)]
  return { subject, notBefore: new Date(from), notAfter: new Date(to), extensions }
}

async function pem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}
