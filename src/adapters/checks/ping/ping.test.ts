import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import type { Clock } from '../../../contracts/clock.ts'
import { systemClock } from '../../system/clock.ts'
import { systemRandom } from '../../system/random.ts'
import { ping } from './ping.ts'
import { Pinger } from './pinger.ts'

/** What the other end answers to the request of this number; each is sent. */
type Peer = (request: Buffer, sequence: number) => readonly Buffer[]

/** Pings over UDP: everything but the kernel's part of ICMP, with another end that does as the test wants. */
async function against(peer: Peer, count: number, timeout = 400, clock: Clock = systemClock) {
  const [near, far] = [createSocket('udp4'), createSocket('udp4')]
  near.bind(0, '127.0.0.1')
  far.bind(0, '127.0.0.1')
  await Promise.all([once(near, 'listening'), once(far, 'listening')])
  far.on('message', (request) => {
    for (const answer of peer(request, request.readUInt16BE(6))) far.send(answer, near.address().port, '127.0.0.1')
  })
  const send = near.send.bind(near)
  Object.assign(near, { send: (packet: Buffer, _port: number, address: string, sent: (error: Error | null) => void) => send(packet, far.address().port, address, sent) })
  const pinger = new Pinger({ kind: 'socket', socket: near, raw: false }, 4, systemClock)
  using deadline = systemClock.deadline(clock === systemClock ? timeout : 2 ** 30)
  try {
    const { sent, times } = await ping(pinger, { address: '127.0.0.1', clock, random: systemRandom, signal: deadline.signal, timeout }, count)
    return { sent, answered: times.length }
  } finally {
    pinger.close()
    far.close()
  }
}

function reply(request: Buffer, change: (reply: Buffer) => void = () => {}): Buffer {
  const answer = Buffer.from(request)
  answer[0] = 0
  change(answer)
  return answer
}

const cases: readonly (readonly [name: string, peer: Peer, answered: number])[] = [
  ['each request is answered', (request) => [reply(request)], 4],
  ['nothing comes back', () => [], 0],
  ['every second one is lost', (request, sequence) => (sequence % 2 === 0 ? [reply(request)] : []), 2],
  ['an answer comes twice', (request, sequence) => (sequence < 3 ? [reply(request), reply(request)] : []), 2],
  ['our own requests come back', (request) => [Buffer.from(request)], 0],
  ['answers to somebody else come', (request) => [reply(request, (answer) => answer.fill(7, 8, 24))], 0],
  ['answers to requests that were not sent come', (request) => [reply(request, (answer) => answer.writeUInt16BE(99, 6))], 0],
  ['garbage comes', () => [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(200, 0xff)], 0],
]
for (const [name, peer, answered] of cases) {
  test(`${name}: ${answered} of 4`, async () => assert.deepEqual(await against(peer, 4), { sent: 4, answered }))
}

test('the requests fit into the timeout, and the answers end the waiting', async () => {
  assert.deepEqual(await against((request) => [reply(request)], 15, 300), { sent: 15, answered: 15 })
  // With a clock whose longer waits never end, only the answer can end this.
  assert.deepEqual(await against((request) => [reply(request)], 1, 1000, { ...systemClock, deadline: (ms, parent) => systemClock.deadline(ms > 1000 ? 2 ** 30 : ms, parent) }), { sent: 1, answered: 1 })
})
