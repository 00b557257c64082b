import type { FastifyInstance } from 'fastify'
import { exposition, type Family } from './exposition.ts'

export interface StatusDeps {
  /** what is wrong with this process now, in words; empty when it is ready */
  readonly problems: () => Promise<readonly string[]>
  /** what it knows of and can work with */
  readonly warnings?: () => Promise<readonly string[]>
  readonly metrics: () => Promise<readonly Family[]>
}

/** `/healthz`: the process answers. `/readyz`: it does its work, or says what is wrong. `/metrics`: about itself. */
export function registerStatus(app: FastifyInstance, { problems, warnings = async () => [], metrics }: StatusDeps): void {
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const [found, known] = await Promise.all([problems(), warnings()])
    return reply.status(found.length === 0 ? 200 : 503).send({ ready: found.length === 0, problems: found, warnings: known })
  })
  app.get('/metrics', async (_request, reply) => {
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(exposition(await metrics()))
  })
}
