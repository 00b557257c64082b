import Fastify from 'fastify'
import type { Log } from '../../contracts/log.ts'
import { registerStatus, type StatusDeps } from './register-status.ts'

export interface StatusServerDeps extends StatusDeps { readonly host: string; readonly port: number; readonly log: Log }
export interface StatusServer extends AsyncDisposable { readonly url: string }

/** Serves a process's own state, where no API does. */
export async function serveStatus({ host, port, log, ...deps }: StatusServerDeps): Promise<StatusServer> {
  const app = Fastify({ logger: false, forceCloseConnections: 'idle' })
  registerStatus(app, deps)
  const url = await app.listen({ host, port })
  log.info({ url }, 'tells its state')
  return { url, [Symbol.asyncDispose]: () => app.close() }
}
