import { createServer } from 'node:net'

/**
 * A target that costs little: answers every request at once and closes, and remembers when each path was asked for. `report` on
 * its standard input prints the deviations (ms) of the intervals from `period` since the last `reset`.
 */
const period = Number(process.argv[2])
const answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n')
let arrivals = new Map<string, number[]>()

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  socket.once('data', (chunk) => {
    const request = typeof chunk === 'string' ? chunk : chunk.toString('latin1')
    const path = request.slice(4, request.indexOf(' ', 4))
    const seen = arrivals.get(path)
    if (seen === undefined) arrivals.set(path, [performance.now()])
    else seen.push(performance.now())
    socket.end(answer)
  })
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address()
  console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : 0 }))
})

process.stdin.on('data', (chunk) => {
  const command = chunk.toString().trim()
  if (command === 'reset') arrivals = new Map()
  if (command === 'report') console.log(JSON.stringify(report()))
})
process.stdin.on('end', () => process.exit())

function report() {
  const deviations = [...arrivals.values()].flatMap((times) => times.slice(1).map((time, index) => Math.abs(time - (times[index] ?? 0) - period * 1000))).toSorted((a, b) => a - b)
  const at = (share: number) => Math.round((deviations[Math.floor(deviations.length * share)] ?? Number.NaN) * 100) / 100
  return { paths: arrivals.size, requests: [...arrivals.values()].reduce((sum, times) => sum + times.length, 0), intervals: deviations.length, p50: at(0.5), p99: at(0.99) }
}
