import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { SMTPServer } from 'smtp-server'

/** One message that reached somebody: when (ms), its idempotency key, the alarm and the state it tells. */
export interface Arrival { readonly at: number; readonly key: string; readonly alarm: string; readonly state: string }

export interface Receiver extends AsyncDisposable {
  readonly url: string
  readonly arrivals: readonly Arrival[]
  /** the first arrival at or after `since` that fits; waits for it at most `patience` ms */
  next(since: number, fits: (arrival: Arrival) => boolean, patience: number): Promise<Arrival | undefined>
}

class Waiting {
  readonly arrivals: Arrival[] = []
  #bell = Promise.withResolvers<void>()

  add(arrival: Arrival): void {
    this.arrivals.push(arrival)
    this.#bell.resolve()
    this.#bell = Promise.withResolvers()
  }

  async next(since: number, fits: (arrival: Arrival) => boolean, patience: number): Promise<Arrival | undefined> {
    const patient = AbortSignal.timeout(patience)
    const over = Promise.withResolvers<void>()
    patient.addEventListener('abort', () => over.resolve(), { once: true })
    while (true) {
      const found = this.arrivals.find((arrival) => arrival.at >= since && fits(arrival))
      if (found !== undefined || patient.aborted) return found
      await Promise.race([this.#bell.promise, over.promise])
    }
  }
}

function collect(stream: Readable, whole: (text: string) => void): void {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => { text += chunk })
  stream.on('end', () => whole(text))
}

export interface WebhookReceiver extends Receiver {
  /** connections are refused until `open` */
  close(): Promise<void>
  open(): Promise<void>
  /** from now on it takes requests and does not answer */
  hang(): void
  /** requests that were taken and not answered */
  readonly hanging: number
}

/** A real HTTP server that takes webhooks; `host` is the address at which senders reach it. */
export async function webhookReceiver(host = '127.0.0.1'): Promise<WebhookReceiver> {
  const waiting = new Waiting()
  let [port, hangs, hanging] = [0, false, 0]
  let server = await listen()

  async function listen(): Promise<Server> {
    const listening = createServer((request, response) => {
      if (hangs) {
        hanging += 1
        return
      }
      const at = Date.now()
      collect(request, (text) => {
        const body: { alarm: { id: string }; details: { state: string } } = JSON.parse(text)
        waiting.add({ at, key: String(request.headers['idempotency-key']), alarm: body.alarm.id, state: body.details.state })
        response.end('thank you')
      })
    }).listen(port, host)
    await once(listening, 'listening')
    // A TCP server's address is never a path.
    port = (listening.address() as AddressInfo).port
    return listening
  }

  async function close(): Promise<void> {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  return {
    url: `http://${host}:${port}/`, arrivals: waiting.arrivals, next: (since, fits, patience) => waiting.next(since, fits, patience),
    close,
    hang() {
      hangs = true
    },
    get hanging() {
      return hanging
    },
    async open() {
      server = await listen()
    },
    [Symbol.asyncDispose]: close,
  }
}

/** A real SMTP server that takes every letter; its url is for VEDETTE_SMTP_URL. */
export async function mailReceiver(): Promise<Receiver> {
  const waiting = new Waiting()
  const server = new SMTPServer({
    authOptional: true, disabledCommands: ['STARTTLS'], logger: false,
    onData(stream, _session, done) {
      collect(stream, (text) => {
        const state = /^Subject: \*\* (\w+):/m.exec(text)?.[1] ?? ''
        waiting.add({ at: Date.now(), key: /^Message-ID: <([^@>]+)/im.exec(text)?.[1] ?? '', alarm: /^Alarm: (.*)$/m.exec(text)?.[1]?.trim() ?? '', state })
        done()
      })
    },
  })
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const { port } = listening.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`, arrivals: waiting.arrivals, next: (since, fits, patience) => waiting.next(since, fits, patience),
    async [Symbol.asyncDispose]() {
      const closed = once(listening, 'close')
      server.close()
      await closed
    },
  }
}
