import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { responseLimits, ResponseParser } from './response-parser.ts'

const bounds = { keep: 300, count: 600 }

/** Everything that can be seen of a parse; the end is what matters, not after which piece it was known. */
function parse(pieces: readonly Buffer[], method = 'GET') {
  const parser = new ResponseParser(method, bounds)
  const seen = (outcome: string) => ({ outcome, head: parser.head, received: parser.received, body: parser.body.toString('latin1') })
  for (const piece of pieces) {
    const progress = parser.push(piece)
    if (progress.kind === 'done') return seen('done')
    if (progress.kind === 'problem') return seen(progress.problem)
  }
  const progress = parser.end()
  return seen(progress.kind === 'problem' ? progress.problem : progress.kind)
}

function cut(whole: Buffer, at: readonly number[]): Buffer[] {
  const places = [...new Set(at.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b)
  return [...places, whole.length].map((place, i) => whole.subarray(places[i - 1] ?? 0, place))
}

const text = (max: number) => fc.string({ maxLength: max, unit: fc.constantFrom(...Array.from('abcXYZ 01:;=,\r\n\0\t')) })
const field = fc.tuple(fc.constantFrom('Content-Length', 'Transfer-Encoding', 'Server', 'X-Y', ' folded', 'bad name', ''), fc.oneof(fc.constantFrom('5', '0', '12, 12', 'chunked', 'gzip, chunked', '-1'), text(10)))
const response = fc.tuple(
  fc.constantFrom('HTTP/1.1 200 OK', 'HTTP/1.0 404', 'HTTP/1.1 204 No', 'HTTP/1.1 100 Go', 'HTTP/2 200', 'HTTP/1.1 2000', ''),
  fc.array(field, { maxLength: 5 }), fc.constantFrom('\r\n', '\n'),
  fc.oneof(text(400), fc.array(text(20), { maxLength: 5 }).map((parts) => `${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')}0\r\n\r\n`), fc.constant('HTTP/1.1 200 OK\r\n\r\nsecond')),
).map(([status, fields, end, body]) => Buffer.from(`${status}${end}${fields.map(([name, value]) => `${name}: ${value}${end}`).join('')}${end}${body}`, 'latin1'))

test('however a response is cut, it is read the same', () => {
  fc.assert(fc.property(fc.oneof({ weight: 5, arbitrary: response }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) }), fc.array(fc.nat(), { maxLength: 12 }), fc.constantFrom('GET', 'HEAD'), (whole, at, method) => {
    const expected = parse([whole], method)
    // How much of an endless body was counted depends on the last piece; that it stopped does not.
    const counted = (received: number) => Math.min(received, bounds.count)
    for (const pieces of [cut(whole, at), [...whole].map((byte) => Buffer.from([byte]))]) {
      const seen = parse(pieces, method)
      assert.deepEqual({ ...seen, received: counted(seen.received) }, { ...expected, received: counted(expected.received) })
    }
  }), { numRuns: 1500 })
})

test('whatever comes, no more is kept than the bounds allow', () => {
  fc.assert(fc.property(response, fc.nat(3000), (head, more) => {
    assert.ok(parse([head, Buffer.alloc(more, 'x')]).body.length <= bounds.keep)
  }), { numRuns: 300 })
})

const bodies: readonly (readonly [name: string, response: string, outcome: string, body: string])[] = [
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef', 'done', 'abc'],
  ['the same length twice', 'HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\nabc', 'done', 'abc'],
  ['until the end', 'HTTP/1.0 200 OK\r\n\r\nabc', 'done', 'abc'],
  ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x="y"\r\nab\r\n01\r\nc\r\n0\r\nTrailer: x\r\n\r\n', 'done', 'abc'],
  ['chunks win over a length', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n', 'done', 'abc'],
  ['another coding, until the end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc', 'done', 'abc'],
  ['none with 204', 'HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n', 'done', ''],
  ['none with 304', 'HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n', 'done', ''],
  ['a chunk that is longer than it says', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n', 'a chunk is longer than its size', 'ab'],
  ['a chunk line without end', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(responseLimits.chunkLine)}`, 'a chunk size line is too long', ''],
  ['trailers without end', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${'X: y\r\n'.repeat(11_000)}`, 'the headers are too large', ''],
  ['interim answers without end', 'HTTP/1.1 100 Go\r\n\r\n'.repeat(20), 'too many interim answers', ''],
]
for (const [name, given, outcome, body] of bodies) {
  test(`the body: ${name}`, () => {
    const seen = parse([Buffer.from(given)])
    assert.deepEqual([seen.outcome, seen.body], [outcome, body])
  })
}

test('headers keep their order and their repetitions, names in lower case', () => {
  const { head } = parse([Buffer.from('HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nX:\r\nset-cookie:  b \t\r\n\r\n')])
  assert.deepEqual(head, { status: 200, headers: [['set-cookie', 'a'], ['x', ''], ['set-cookie', 'b']] })
})
