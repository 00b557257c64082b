import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { connect, createSecureContext, TLSSocket } from 'node:tls'

/** Observations that an endpoint acknowledged to a poller, as the poller read it. */
export interface Acknowledged { readonly at: number; readonly zone: string; readonly ids: readonly string[] }

/** Stands between pollers and one region's endpoint, and notes what is acknowledged on its way back. */
export interface Tap extends AsyncDisposable { readonly port: number }

export interface TapOptions {
  readonly upstream: { readonly host: string; readonly port: number }
  /** what pollers see in place of the endpoint's (PEM) */
  readonly cert: string
  readonly key: string
  readonly ca: string
  readonly note: (acknowledged: Acknowledged) => void
}

/** A client's handshake begins only once the endpoint has made its own: a region that is dead or hangs looks so from here as well. */
export async function tap({ upstream, cert, key, ca, note }: TapOptions): Promise<Tap> {
  const open = new Set<Socket>()
  const secureContext = createSecureContext({ cert, key })
  const server = createServer((raw) => {
    const far = connect({ ...upstream, ca })
    for (const socket of [raw, far]) {
      open.add(socket)
      socket.once('close', () => open.delete(socket))
    }
    raw.on('error', () => far.destroy()).once('close', () => far.destroy())
    far.on('error', () => raw.destroy()).once('close', () => raw.destroy())
    far.once('secureConnect', () => join(new TLSSocket(raw, { isServer: true, secureContext }), far, note))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    // A TCP server's address is never a path.
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}

function join(near: TLSSocket, far: TLSSocket, note: TapOptions['note']): void {
  // One end that goes takes the other with it.
  near.on('error', () => far.destroy()).once('close', () => far.destroy())
  near.pipe(far)
  far.pipe(near)
  const listen = lines((line) => {
    const found = acknowledgedIn(line)
    if (found !== undefined) note(found)
  })
  far.on('data', (chunk: Buffer) => listen(chunk))
}

/** The identities begin with check:zone. */
function acknowledgedIn(line: string): Acknowledged | undefined {
  if (!line.includes('"acknowledged"')) return undefined
  const frame: { readonly result?: { readonly acknowledged?: readonly string[] } } = JSON.parse(line)
  const ids = frame.result?.acknowledged ?? []
  const [first] = ids
  return first === undefined ? undefined : { at: Date.now(), zone: first.split(':')[1] ?? '', ids }
}

function lines(take: (line: string) => void): (chunk: Buffer) => void {
  let rest = ''
  const decoder = new TextDecoder()
  return (chunk) => {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) take(part)
  }
}
