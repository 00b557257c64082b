import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'

/** Where an endpoint listens. */
export interface Address { readonly host: string; readonly port: number }

export interface Trust {
  /** the authorities that are trusted (PEM), read for each connection; undefined: those that the system trusts */
  readonly ca: () => Promise<string | undefined>
  /** the name that the certificate must be for, when it is not the address's */
  readonly servername?: string | undefined
}

const unknownAuthority = 'its certificate is not from an authority that is trusted here'
const reasons: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority, SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority, DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority, UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority, CERT_SIGNATURE_FAILURE: unknownAuthority,
  CERT_HAS_EXPIRED: 'its certificate has expired', CERT_NOT_YET_VALID: 'its certificate is not valid yet', ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for other names',
  ECONNREFUSED: 'connection refused', ECONNRESET: 'the connection broke during the TLS handshake', ENOTFOUND: 'its name is not known', EHOSTUNREACH: 'no way leads there', ENETUNREACH: 'no way leads there',
}

/** A verified TLS connection; rejects with an Error in plain words, or with the signal's reason. */
export async function connectTls({ host, port }: Address, { ca, servername }: Trust, signal: AbortSignal): Promise<TLSSocket> {
  const authorities = await ca()
  signal.throwIfAborted()
  const name = servername ?? (isIP(host) === 0 ? host : undefined)
  const socket = connect({ host, port, minVersion: 'TLSv1.2', ...(authorities === undefined ? {} : { ca: authorities }), ...(name === undefined ? {} : { servername: name }) })
  try {
    await once(socket, 'secureConnect', { signal })
    socket.setNoDelay(true)
    return socket
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    if (signal.aborted) throw signal.reason
    throw new Error(inPlainWords(error), { cause: error })
  }
}

function inPlainWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  return reasons[code] ?? error.message
}
