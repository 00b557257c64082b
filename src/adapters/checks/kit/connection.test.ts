import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { createServer } from 'node:tls'
import { systemClock } from '../../system/clock.ts'
import { selfSigned } from './authority.suite.ts'
import { Connection, type Endpoint } from './connection.ts'
import { assertNothingOpen, listening, talking } from './probing.suite.ts'

afterEach(assertNothingOpen)

const never = new AbortController().signal
const to = (port: number, rest: Partial<Endpoint> = {}): Endpoint => ({ address: '127.0.0.1', family: 4, port, ...rest })
/** more than the kernel holds between two sockets */
const size = 24 * 1024 * 1024
const pattern = Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, i) => i)))

/** Everything up to the end; `pause` is called before each chunk is asked for. */
async function drain(connection: Connection, pause: () => Promise<void>): Promise<{ readonly bytes: number; readonly right: boolean; readonly over: string }> {
  let bytes = 0
  let right = true
  for (;;) {
    await pause()
    const chunk = await connection.read()
    if (chunk.kind !== 'data') return { bytes, right, over: chunk.kind }
    right &&= chunk.data.equals(pattern.subarray(bytes, bytes + chunk.data.length))
    bytes += chunk.data.length
  }
}

for (const tls of [false, true]) {
  test(`a slow reader gets everything in order, and holds the sender back (${tls ? 'TLS' : 'TCP'})`, async () => {
    const identity = tls ? await selfSigned({ names: ['127.0.0.1'] }) : undefined
    let flushed = false
    const pour = (socket: { end(data: Buffer, done: () => void): unknown }) => socket.end(pattern, () => {
      flushed = true
    })
    await using server = identity === undefined ? await talking(pour) : await listening(createServer(identity, pour))
    const opened = await Connection.open(to(server.port, tls ? { tls: { name: '127.0.0.1', isAddress: true } } : {}), systemClock, never)
    using connection = opened.connection
    assert.equal(opened.failure, undefined)
    await systemClock.sleep(200)
    assert.equal(flushed, false)
    let chunks = 0
    assert.deepEqual(await drain(connection, async () => {
      chunks += 1
      if (chunks % 40 === 0) await systemClock.sleep(5)
    }), { bytes: size, right: true, over: 'end' })
  })
}

test('many connections that are read at once do not get each other\'s bytes', async () => {
  await using server = await talking((socket) => socket.once('data', (data: Buffer) => socket.end(Buffer.alloc(200_000, data))))
  await Promise.all(Array.from({ length: 20 }, async (_, i) => {
    const letter = String.fromCharCode(97 + i)
    const { connection } = await Connection.open(to(server.port), systemClock, never)
    using mine = connection
    mine.write(letter)
    let text = ''
    for (let chunk = await mine.read(); chunk.kind === 'data'; chunk = await mine.read()) text += chunk.data.toString()
    assert.equal(text, letter.repeat(200_000))
  }))
})

test('an abort ends it at every stage, once and for all', async () => {
  await using server = await talking(() => {})
  const before = await Connection.open(to(server.port), systemClock, AbortSignal.abort())
  assert.equal(before.failure?.status, 'timeout')
  const controller = new AbortController()
  const { connection } = await Connection.open(to(server.port), systemClock, controller.signal)
  const reading = connection.read()
  controller.abort()
  assert.deepEqual([await reading, await connection.read()], [{ kind: 'failed', status: 'timeout' }, { kind: 'failed', status: 'timeout' }])
  connection[Symbol.dispose]()
})

test('marks are instants in their order', async () => {
  await using server = await listening(createServer(await selfSigned({}), (socket) => socket.end()))
  const started = systemClock.monotonic()
  const { connection } = await Connection.open(to(server.port, { tls: { name: 'a.test', isAddress: false } }), systemClock, never)
  using open = connection
  const { connected = 0, secured = 0 } = open.marks
  assert.ok(started < connected && connected < secured)
})
