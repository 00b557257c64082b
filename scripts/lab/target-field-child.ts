import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Mood, Switched } from './target-field.ts'

/** Many small web servers in one process of their own: a path each, which is as its parent says. */
const moods = new Map<number, Mood>()
let asked = 0
/** longer than any check's patience */
const slow = 20_000

function answer(mood: Mood, response: ServerResponse): void {
  if (mood === 'well') response.writeHead(200).end('hello\n')
  else if (mood === 'odd') response.writeHead(404).end('where is it?\n')
  else if (mood === 'broken') response.writeHead(503).end('sorry\n')
  else if (mood === 'gone') response.socket?.destroy()
  else setTimeout(() => response.destroy(), slow).unref()
}

const server = createServer((request, response) => {
  asked += 1
  response.setHeader('connection', 'close')
  answer(moods.get(Number(request.url?.slice(1))) ?? 'well', response)
})
server.listen(0, '127.0.0.1', () => {
  // A TCP server's address is never a path.
  process.send?.({ port: (server.address() as AddressInfo).port })
})
process.on('message', ({ target, mood }: { target: number; mood: Mood }) => {
  moods.set(target, mood)
  process.send?.({ target, mood, at: Date.now(), asked } satisfies Switched)
})
process.on('disconnect', () => process.exit())
