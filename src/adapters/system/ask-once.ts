import { buildConnector, Client } from 'undici'
import type { Resolver } from '../../contracts/check-type.ts'

/**
 * Asks a URL once by GET, at an address that the resolver allows, without following redirects; answers the status. Rejects
 * when there is no such address, none that is allowed, or no answer before the signal aborts.
 */
export async function askOnce(resolver: Resolver, address: string, signal: AbortSignal): Promise<number> {
  const url = new URL(address)
  const resolved = await resolver.resolve(url.hostname.replaceAll(/^\[|\]$/g, ''), undefined, signal)
  if (resolved.kind !== 'address') throw new Error(`${url.hostname}: ${resolved.kind}`)
  // The types of the options are those of either net or tls; both know `signal`, only one says so.
  const connect = buildConnector({ signal } as buildConnector.BuildOptions)
  const client = new Client(url.origin, { connect: (options, callback) => connect({ ...options, hostname: resolved.address }, callback) })
  try {
    const { statusCode, body } = await client.request({ method: 'GET', path: url.pathname + url.search, signal, headers: { 'user-agent': 'Vedette' } })
    await body.dump()
    return statusCode
  } finally {
    await client.destroy()
  }
}
