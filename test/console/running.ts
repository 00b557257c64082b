import { constants } from 'node:fs'
import { access, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { readConfig } from '../../src/program/config.ts'
import { start } from '../../src/program/start.ts'
import type { Log } from '../../src/contracts/log.ts'

export const user = { name: 'admin', key: 'a-key-for-the-tests', token: 'a-token-for-the-tests', tenant: '100000' } as const

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => quiet }

/** A whole Vedette with three zones on a port of its own; what the console is for. */
export interface RunningVedette extends AsyncDisposable {
  readonly url: string
  /** a call of the API that has to succeed: the new object's id, or the answer */
  api(method: string, path: string, body?: unknown): Promise<unknown>
}

export async function startVedette(): Promise<RunningVedette> {
  const data = await mkdtemp(join(tmpdir(), 'vedette-console-'))
  const env = { VEDETTE_ADMIN_KEY: user.key, VEDETTE_ADMIN_TOKEN: user.token, VEDETTE_PORT: '0', VEDETTE_DATA: data, VEDETTE_ZONES: 'mzone,mztwo,mzthree', VEDETTE_MIN_PERIOD: '1', VEDETTE_WATCH_SELF: 'no' }
  const vedette = await start(await readConfig({ flags: {}, env, file: undefined }), quiet)
  const api = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${vedette.url}/v1.0/${user.tenant}/${path}`, { method, headers: { 'x-auth-token': user.token, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response.headers.get('x-object-id') ?? (response.status === 204 ? undefined : response.json())
  }
  return {
    url: vedette.url, api,
    async [Symbol.asyncDispose]() {
      await vedette[Symbol.asyncDispose]()
      await rm(data, { recursive: true, force: true })
    },
  }
}

/** A web server to watch, or to be told by; it answers what it is told to answer. */
export interface Target extends AsyncDisposable {
  readonly url: string
  answer: number
  /** bodies of the POSTs that came */
  readonly posts: string[]
}

export async function startTarget(): Promise<Target> {
  const posts: string[] = []
  const state = { answer: 200 }
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      if (request.method === 'POST') posts.push(Buffer.concat(parts).toString())
      response.writeHead(request.method === 'POST' ? 200 : state.answer).end('hello')
    })
  })
  await listening(server)
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}/`, posts,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  })
}

async function listening(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
}

/** Where chromium is, or undefined. */
export async function findChromium(): Promise<string | undefined> {
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  for (const place of (process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))) {
    try {
      await access(place, constants.X_OK)
      return place
    } catch {
      // Not here.
    }
  }
  return undefined
}

const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

export async function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: flags })
}

/** A page that remembers what should not have happened: questions to other hosts, errors, refusals by its own policy. */
export interface WatchedPage extends AsyncDisposable { readonly page: Page; readonly wrong: readonly string[] }

export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const wrong: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`) && !request.url().startsWith('data:')) wrong.push(`asked ${request.url()}`)
  })
  page.on('pageerror', (error) => wrong.push(`error ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource: (net::|.* status of (401|503))/.test(message.text())) wrong.push(`console: ${message.text()}`)
  })
  return { page, wrong, [Symbol.asyncDispose]: () => context.close() }
}
