import { createHash } from 'node:crypto'
import type { ConnectConfig } from 'ssh2'
import { Type } from 'typebox'
import { defineCheckType, type ProbeContext } from '../../contracts/check-type.ts'
import { aborted } from './kit/aborted.ts'
import { Connection } from './kit/connection.ts'
import { defaulting, port } from './kit/details.ts'
import { failed, failureOf, unavailable, type Failure } from './kit/failure.ts'
import { fine, metricsOf, milliseconds, words } from './kit/metrics.ts'

const metrics = {
  duration: milliseconds('from the start until the server had proved its key'),
  fingerprint: words('MD5 of the host key, hexadecimal'),
  fingerprint_sha256: words('SHA-256 of the host key, hexadecimal'),
} as const

/** Old servers are watched as well: what is offered besides the usual is weak, and nothing secret is ever said. */
const algorithms: NonNullable<ConnectConfig['algorithms']> = {
  kex: { append: ['diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'], prepend: [], remove: [] },
  serverHostKey: { append: ['ssh-dss'], prepend: [], remove: [] },
  cipher: { append: ['aes256-cbc', 'aes128-cbc', '3des-cbc'], prepend: [], remove: [] },
}

export const remoteSsh = defineCheckType({
  type: 'remote.ssh',
  category: 'remote',
  about: 'Shakes hands with an SSH server and looks at its host key; does not log in',
  details: Type.Object({ port: defaulting(port(), 22, 'the port of the SSH server') }),
  metrics,
  async run(context) {
    const { clock, signal, address, family, source, details } = context
    const resolved = clock.monotonic()
    const opened = await Connection.open({ address, family, source, port: details.port ?? 22, readElsewhere: true }, clock, signal)
    using connection = opened.connection
    const key = opened.failure ?? (await hostKey(connection, context))
    const ended = clock.monotonic()
    const { connected } = connection.marks
    const total = context.resolveTook + ended - resolved
    const phases = { ...(connected === undefined ? {} : { connect: fine(connected - resolved) }), total: fine(total) }
    if ('status' in key) return unavailable(key, { phases, metrics: metricsOf(metrics, { duration: total }) })
    const hashed = (algorithm: string) => createHash(algorithm).update(key).digest('hex')
    return {
      available: true, status: `rt=${(total / 1000).toFixed(3)}s`, phases,
      metrics: metricsOf(metrics, { duration: total, fingerprint: hashed('md5'), fingerprint_sha256: hashed('sha256') }),
    }
  },
})

/** The server's key, once its signature proved that it holds it. */
async function hostKey(connection: Connection, { signal }: ProbeContext<unknown>): Promise<Buffer | Failure> {
  // Loaded with the first look: it takes 20 MB, which who watches no SSH server need not have.
  const { default: ssh2 } = await import('ssh2')
  const client = new ssh2.Client()
  const shown = new Promise<Buffer | Failure>((resolve) => {
    let key: Buffer | undefined
    client.on('error', (error) => resolve(sshFailure(error)))
    client.on('close', () => resolve(failed('connection closed')))
    client.on('handshake', () => resolve(key ?? failed('bad response: no host key')))
    client.connect({
      sock: connection.socket, username: 'vedette', readyTimeout: 0, algorithms,
      hostVerifier: (given: Buffer) => {
        key = given
        return true
      },
    })
  })
  return (await Promise.race([shown, aborted(signal)])) ?? failed('timeout')
}

function sshFailure(error: Error): Failure {
  if ('code' in error) return failureOf(error)
  // The library's own words; it has no codes for what a server says wrong.
  if (/before handshake/.test(error.message)) return failed('connection closed')
  return failed(`bad response: ${error.message.replace(/\s+/g, ' ').slice(0, 150)}`)
}
