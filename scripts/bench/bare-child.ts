import { connect } from 'node:net'

/** The floor: a timer a check, a socket, a request, an answer; nothing is judged and nothing is kept. */
const [port, checks, period] = process.argv.slice(2).map(Number) as [number, number, number]
const buffer = Buffer.alloc(65_536)

function look(path: string): void {
  const socket = connect({ port, host: '127.0.0.1', onread: { buffer, callback: () => true } })
  socket.on('error', () => socket.destroy())
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
}

const started = performance.now()
for (let n = 0; n < checks; n++) run(n, 0)

function run(n: number, round: number): void {
  const due = started + (n / checks + round) * period * 1000
  setTimeout(() => {
    look(`/${n}`)
    run(n, round + 1)
  }, due - performance.now())
}
process.stdin.on('end', () => process.exit())
process.stdin.resume()
