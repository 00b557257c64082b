import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { apiClient, type ApiClient } from './client.ts'

/** A real Vedette process for demonstrations, benchmarks and faults: started with the command that users use. */
export interface Vedette extends AsyncDisposable {
  readonly url: string
  readonly api: ApiClient
  readonly data: string
  process(): ChildProcess
  /** SIGKILL, and wait for the end */
  kill(): Promise<void>
  /** start again on the same data and port; resolves when it is ready */
  restart(): Promise<void>
  /** what it wrote to its log, as text */
  log(): string
}

export interface VedetteOptions {
  readonly zones?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly flags?: readonly string[]
}

const entry = fileURLToPath(new URL('../../bin/vedette.mjs', import.meta.url))
const token = 'lab-token-0123456789abcdef'
const keptLog = 1_000_000

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Starts Vedette on a fresh data directory, which goes when it is disposed. */
export async function startVedette({ zones = ['mzlocal'], env = {}, flags = [] }: VedetteOptions = {}): Promise<Vedette> {
  const data = await mkdtemp(join(tmpdir(), 'vedette-lab-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let log = ''
  let child = launch()

  function launch(): ChildProcess {
    const started = spawn(process.execPath, [entry, 'start', '--port', String(port), '--data', data, '--zones', zones.join(','), ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, VEDETTE_ADMIN_TOKEN: token, VEDETTE_LOG_LEVEL: 'info', ...env },
    })
    const keep = (chunk: Buffer) => { log = (log + chunk.toString()).slice(-keptLog) }
    started.stdout?.on('data', keep)
    started.stderr?.on('data', keep)
    return started
  }

  async function ready(): Promise<void> {
    const giveUp = Date.now() + 60_000
    while (Date.now() < giveUp) {
      if (child.exitCode !== null) throw new Error(`Vedette ended with ${child.exitCode}:\n${log.slice(-4000)}`)
      if (await answers(`${url}/readyz`)) return
      await sleep(20)
    }
    throw new Error(`Vedette did not get ready within 60 s:\n${log.slice(-4000)}`)
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  await ready()
  return {
    url, data, api: apiClient(`${url}/v1.0/100000`, token), process: () => child, log: () => log,
    kill: () => end('SIGKILL'),
    async restart() {
      child = launch()
      await ready()
    },
    async [Symbol.asyncDispose]() {
      await end('SIGTERM')
      await rm(data, { recursive: true, force: true })
    },
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok
  } catch {
    return false
  }
}
