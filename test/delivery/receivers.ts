import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import type { Resolver } from '../../src/contracts/check-type.ts'

/** What a receiver does with whatever comes next. */
export type Manners = 'accept' | 'refuse for now' | 'hang' | 'flood'

export interface Letter { readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: string }

export interface Receiver extends AsyncDisposable {
  readonly port: number
  readonly letters: readonly Letter[]
  behave(manners: Manners): void
  /** bytes that a flood got rid of */
  readonly flooded: number
  /** resolves when nobody is connected any more */
  quiet(): Promise<void>
}

export interface HttpReceiver extends Receiver {
  readonly url: string
  /** from now on answers this instead */
  answer(reply: (letter: Letter) => Reply): void
  /** resolves with the next letter that comes */
  next(): Promise<Letter>
}
export interface Reply { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }

/** A real HTTP server that keeps what it gets. */
export async function httpReceiver(): Promise<HttpReceiver> {
  const letters: Letter[] = []
  const state = { manners: 'accept' as Manners, flooded: 0, reply: undefined as ((letter: Letter) => Reply) | undefined }
  let arrived = Promise.withResolvers<Letter>()
  const work: Promise<void>[] = []
  const server = createServer((request, response) => { work.push(handle(request, response)) })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const letter = { path: request.url ?? '', headers: flat(request), body: await text(request) }
    if (state.manners === 'hang') return
    letters.push(letter)
    if (state.manners === 'flood') return flood(response)
    const { status, headers, body } = state.manners === 'refuse for now' ? { status: 500, headers: {}, body: 'no' } : state.reply?.(letter) ?? { status: 200, headers: {}, body: 'ok' }
    response.writeHead(status, headers).end(body)
    arrived.resolve(letter)
    arrived = Promise.withResolvers()
  }

  function flood(response: ServerResponse): void {
    const chunk = Buffer.alloc(65_536, 'x')
    const more = () => {
      if (response.destroyed) return
      state.flooded += chunk.length
      if (response.write(chunk)) setImmediate(more)
      else response.once('drain', more)
    }
    more()
  }

  const port = await listen(server)
  return {
    ...basics(server, port, state), letters, url: `http://127.0.0.1:${port}`,
    get flooded() { return state.flooded },
    answer: (reply) => { state.reply = reply },
    next: () => arrived.promise,
  }
}

/** A real mail server that keeps what it gets. */
export async function smtpReceiver(options: { readonly refuseRecipients?: boolean; readonly login?: boolean } = {}): Promise<Receiver> {
  const letters: Letter[] = []
  const state = { manners: 'accept' as Manners, flooded: 0 }
  const smtp = new SMTPServer({
    authOptional: options.login !== true, allowInsecureAuth: true, disabledCommands: options.login === true ? ['STARTTLS'] : ['STARTTLS', 'AUTH'], logger: false, closeTimeout: 100,
    onAuth: (auth, _session, done) => (auth.password === 'right' ? done(null, { user: auth.username ?? '' }) : done(new Error('Invalid login'))),
    onRcptTo: (_address, _session, done) => done(options.refuseRecipients === true ? refusal(550, 'no such mailbox') : null),
    onData(stream, session, done) {
      work.push(take(stream, session.envelope.rcptTo.map((to) => to.address).join(), done))
    },
  })
  smtp.on('error', () => {})
  const work: Promise<void>[] = []
  async function take(stream: Readable, to: string, done: (error?: Error | null) => void): Promise<void> {
    const body = await text(stream)
    if (state.manners === 'hang') return
    if (state.manners === 'refuse for now') return done(refusal(451, 'greylisted'))
    letters.push({ path: to, headers: {}, body })
    done(null)
  }
  // A flood comes before the protocol even begins.
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    if (state.manners === 'flood') pour(socket, state)
    else smtp.server.emit('connection', socket)
  })
  const port = await listen(server)
  return { ...basics(server, port, state), letters, get flooded() { return state.flooded } }
}

function pour(socket: Socket, state: { flooded: number }): void {
  const chunk = Buffer.alloc(65_536, 'x')
  const more = () => {
    if (socket.destroyed) return
    state.flooded += chunk.length
    if (socket.write(chunk)) setImmediate(more)
    else socket.once('drain', more)
  }
  more()
}

function refusal(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code })
}

function flat(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port // a TCP server that listens has such an address
}

function basics(server: Server, port: number, state: { manners: Manners }) {
  const sockets = new Set<Socket>()
  const waiting: (() => void)[] = []
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) for (const done of waiting.splice(0)) done()
    })
  })
  return {
    port,
    behave: (manners: Manners) => { state.manners = manners },
    quiet: () => (sockets.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve))),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Every name is this machine, but for those that say what becomes of them. */
export const loopback: Resolver = {
  async resolve(host) {
    if (host === 'forbidden.example') return { kind: 'forbidden', detail: '169.254.169.254' }
    if (host === 'missing.example') return { kind: 'not found', detail: 'missing.example does not exist' }
    return { kind: 'address', address: '127.0.0.1', family: 4, took: 0 }
  },
}
