import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { apiClient, type ApiClient } from './client.ts'
import { answers } from './eventually.ts'
import { LabProcess, type Ended } from './process.ts'

/** A real Vedette process for demonstrations, benchmarks and faults: started with the command that users use. */
export interface Vedette extends AsyncDisposable {
  readonly url: string
  readonly api: ApiClient
  readonly data: string
  process(): ChildProcess
  /** SIGKILL, and wait for the end */
  kill(): Promise<Ended>
  /** SIGTERM, and wait for the end */
  stop(): Promise<Ended>
  /** start again on the same data and port; resolves when it is ready */
  restart(): Promise<void>
  /** what it wrote to its log and for people, as text */
  log(): string
  /** the values of one family of its /metrics: by the text of their labels, '' when it has none */
  metric(name: string): Promise<ReadonlyMap<string, number>>
}

export interface VedetteOptions {
  readonly zones?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly flags?: readonly string[]
  /** for Node.js itself, before the program: '--import', … */
  readonly nodeFlags?: readonly string[]
  /** where its data is kept; in a folder of its own, removed at the end, unless told */
  readonly data?: string
}

export const vedetteCommand: string = fileURLToPath(new URL('../../bin/vedette.mjs', import.meta.url))
export const labToken = 'lab-token-0123456789abcdef'
const patience = 60_000

/** This process's environment without settings that somebody made for a Vedette of their own. */
export function bareEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VEDETTE_') && name !== 'NODE_OPTIONS'))
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Starts Vedette, by default on a fresh data directory, which goes when it is disposed. */
export async function startVedette(options: VedetteOptions = {}): Promise<Vedette> {
  await using stack = new AsyncDisposableStack()
  const data = options.data ?? await mkdtemp(join(tmpdir(), 'vedette-lab-'))
  if (options.data === undefined) stack.defer(() => rm(data, { recursive: true, force: true }))
  const runner = new Runner(data, await freePort(), options)
  stack.defer(async () => { await runner.process.end('SIGTERM') })
  await runner.launch()
  const owned = stack.move()
  return {
    url: runner.url, data, api: apiClient(`${runner.url}/v1.0/100000`, labToken), process: () => runner.process.child, log: () => runner.process.log,
    kill: () => runner.process.end('SIGKILL'), stop: () => runner.process.end('SIGTERM'), restart: () => runner.launch(), metric: (name) => runner.metric(name),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

class Runner {
  readonly url: string
  readonly process: LabProcess

  constructor(data: string, port: number, { zones = ['mzlocal'], env = {}, flags = [], nodeFlags = [] }: VedetteOptions) {
    this.url = `http://127.0.0.1:${port}`
    this.process = new LabProcess({
      command: () => [process.execPath, ...nodeFlags, vedetteCommand, 'start', '--port', String(port), '--data', data, '--zones', zones.join(','), ...flags],
      env: { ...bareEnvironment(), VEDETTE_ADMIN_TOKEN: labToken, VEDETTE_LOG_LEVEL: 'info', ...env },
    })
  }

  async launch(): Promise<void> {
    await this.process.start()
    await readiness(this.process, this.url)
  }

  async metric(name: string): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${this.url}/metrics`)).text()
    const line = new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm')
    return new Map([...text.matchAll(line)].map(([, labels = '', value]) => [labels, Number(value)]))
  }
}

/** Waits until the process answers that it is ready; throws with what it says instead when it ends, or takes too long. */
export async function readiness(process: LabProcess, url: string, patient = patience): Promise<void> {
  const giveUp = Date.now() + patient
  while (Date.now() < giveUp) {
    if (!process.runs) throw new Error(`Vedette ended with ${process.child.exitCode ?? process.child.signalCode}:\n${process.log.slice(-4000)}`)
    if (await answers(`${url}/readyz`)) return
    await sleep(20)
  }
  throw new Error(`Vedette did not get ready within ${patient / 1000} s: ${await saidBy(`${url}/readyz`)}\n${process.log.slice(-4000)}`)
}

async function saidBy(url: string): Promise<string> {
  try {
    return await (await fetch(url, { signal: AbortSignal.timeout(2000) })).text()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
