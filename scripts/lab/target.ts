import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventually } from './eventually.ts'

/** A web server to be watched: it remembers when it was asked, and can be slow, broken or gone. */
export class Target implements AsyncDisposable {
  #server: Server | undefined
  #port = 0
  /** what it answers, and after how many ms */
  status = 200
  delay = 0
  /** when it was asked, and how many answers went out whole */
  readonly asked: number[] = []
  answered = 0

  static async start(): Promise<Target> {
    const target = new Target()
    await target.start()
    return target
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  /** Listens, on the port of the time before if there was one. */
  async start(): Promise<void> {
    const server = createServer((_request, response) => {
      this.asked.push(Date.now())
      response.on('finish', () => { this.answered += 1 })
      setTimeout(() => response.writeHead(this.status, { connection: 'close' }).end('hello\n'), this.delay).unref()
    })
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    // A TCP server's address is never a path.
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** Ends it at once, connections included: they are refused from now on. */
  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  /** Waits until it was asked `count` times in all. */
  async askedTimes(count: number): Promise<void> {
    await eventually(`${count} requests`, () => this.asked.length >= count)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}
