import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CheckType, Resolver } from '../../../contracts/check-type.ts'
import type { ProbedCheck, ProbeResult } from '../../../contracts/prober.ts'
import { systemClock } from '../../system/clock.ts'
import { systemProber } from '../../system/prober.ts'
import { systemResolver } from '../../system/resolver.ts'

export interface Probing {
  readonly details?: Record<string, unknown>
  readonly target?: string
  /** seconds */
  readonly timeout?: number
  readonly forbidden?: readonly string[]
  readonly resolver?: Resolver
  readonly family?: 'IPv4' | 'IPv6'
  readonly debug?: boolean
  readonly signal?: AbortSignal
}

/** One look at a target, the way pollers look, from the check's configuration on. */
export function probe(type: CheckType, given: Probing): Promise<ProbeResult> {
  const resolver = given.resolver ?? systemResolver({ forbidden: given.forbidden ?? [] })
  const prober = systemProber({ clock: systemClock, resolver, checkTypes: [type] })
  const check: ProbedCheck = {
    id: 'chTest', type: type.type, details: given.details ?? {}, timeout: given.timeout ?? 5, period: 60,
    target_alias: null, target_hostname: given.target ?? '127.0.0.1', target_resolver: given.family ?? null,
  }
  return prober.run({ ip_addresses: null }, check, { signal: given.signal ?? new AbortController().signal, debug: given.debug ?? false })
}

/** The values of a result's metrics. */
export function values(result: ProbeResult): Record<string, string | number> {
  return Object.fromEntries(Object.entries(result.metrics).map(([name, { value }]) => [name, value]))
}

/** Metrics carry the types and units that the type's facts promise, and no others. */
export function assertFacts(type: CheckType, result: ProbeResult): void {
  for (const [name, metric] of Object.entries(result.metrics)) {
    const facts = type.metrics[name] ?? Object.entries(type.metrics).find(([key]) => key.endsWith('*') && name.startsWith(key.slice(0, -1)))?.[1]
    assert.ok(facts, `${type.type} does not know the metric ${name}`)
    assert.equal(metric.type, facts.type, name)
    assert.equal(metric.unit, facts.unit, name)
  }
}

export interface Listening extends AsyncDisposable { readonly port: number; readonly server: Server; connections(): number }

/** Listens on a free port of the loopback interface; closes with every connection that is still open. */
export async function listening(server: Server, host = '127.0.0.1'): Promise<Listening> {
  const open = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket) => {
    connections += 1
    open.add(socket)
    socket.unref()
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
  })
  server.listen(0, host)
  await once(server, 'listening')
  // A test that fails leaves its server open; the run shall end all the same.
  server.unref()
  // An address in use by TCP is always an object.
  const { port } = server.address() as AddressInfo
  return {
    port, server, connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

/** Whether this machine has IPv6 at all; tests of it are skipped where it has not. */
export const withoutIPv6 = Object.values(networkInterfaces()).flat().some((one) => one?.address === '::1') ? false : 'this machine has no IPv6'

/** A server that speaks bytes: what it does with each connection is the test's business. */
export function talking(speak: (socket: Socket) => void): Promise<Listening> {
  return listening(createServer({ allowHalfOpen: true }, speak))
}

/** A server that waits for a request's head and answers these bytes, then closes. */
export function answering(...pieces: readonly (string | Buffer)[]): Promise<Listening> {
  return talking((socket) => {
    socket.once('data', () => {
      for (const piece of pieces) socket.write(piece)
      socket.end()
    })
  })
}

const sockets = () => process.getActiveResourcesInfo().filter((kind) => /TCPSocket|TLSWrap|UDP|QueryWrap|GetAddrInfo/.test(kind))

/** No socket is left open in this process once its servers are closed. */
export async function assertNothingOpen(): Promise<void> {
  for (let i = 0; i < 200 && sockets().length > 0; i++) await sleep(10)
  assert.deepEqual(sockets(), [])
}
