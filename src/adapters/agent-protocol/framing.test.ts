import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BadFrame, encodeFrame, LineReader, parseFrame } from './framing.ts'

const read = (reader: LineReader, ...chunks: readonly (string | Uint8Array)[]) => chunks.flatMap((chunk) => [...reader.lines(Buffer.from(chunk))])

test('lines come out whole, wherever the stream was cut', () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => JSON.stringify(text))), fc.array(fc.nat(40)), (lines, cuts) => {
    const bytes = Buffer.from(lines.map((line) => `${line}\r\n`).join('\n'))
    const reader = new LineReader(10_000)
    let from = 0
    const chunks = [...cuts, bytes.length].map((length) => bytes.subarray(from, from += length))
    assert.deepEqual(read(reader, ...chunks), lines.map((line) => line.trim()))
  }))
})

test('a line that is too long is noticed before its end, and the ones before it are not lost', () => {
  const reader = new LineReader(10)
  const lines: string[] = []
  assert.throws(() => { for (const line of reader.lines(Buffer.from('one\ntwo\n01234567890'))) lines.push(line) }, { name: 'BadFrame', message: 'a line is longer than 10 bytes' })
  assert.deepEqual(lines, ['one', 'two'])
  assert.deepEqual(read(new LineReader(10), '01234', '56789\n'), ['0123456789'])
})

test('the bytes of a line may be of a text that was cut within a letter, but of no other encoding', () => {
  const [first, second] = [Buffer.from('€').subarray(0, 1), Buffer.from('€').subarray(1)]
  assert.deepEqual(read(new LineReader(10), first, second, '\n'), ['€'])
  assert.throws(() => read(new LineReader(10), second, '\n'), /not UTF-8/)
})

test('ids keep their JSON type, and unknown fields are left alone', () => {
  for (const id of [0, 7, '0', '7']) {
    const frame = parseFrame(encodeFrame({ id, source: 'a', target: 'endpoint', method: 'heartbeat.post', params: { timestamp: 1 }, shoe: 43 }).trim())
    assert.deepEqual(frame, { kind: 'request', id, source: 'a', target: 'endpoint', method: 'heartbeat.post', params: { timestamp: 1 } })
  }
})

test('a missing method marks an answer; its error is one whatever it looks like', () => {
  const answer = (fields: object) => parseFrame(JSON.stringify({ v: '1', id: 1, source: 'endpoint', target: 'a', ...fields }))
  assert.deepEqual(answer({ result: 0 }), { kind: 'answer', id: 1, source: 'endpoint', result: 0, error: null })
  assert.deepEqual(answer({ result: {}, error: null }), { kind: 'answer', id: 1, source: 'endpoint', result: {}, error: null })
  for (const [error, expected] of [
    [{ code: 400, message: 'no', type: 't' }, { code: 400, message: 'no', type: 't' }], [{ code: '503' }, { code: 503, message: '{"code":"503"}' }], ['odd', { code: 500, message: '"odd"' }],
  ] as const) assert.deepEqual(answer({ error }), { kind: 'answer', id: 1, source: 'endpoint', result: undefined, error: expected })
})

test('what is no frame is said in words', () => {
  const cases: readonly (readonly [line: string, message: RegExp])[] = [
    ['{"v":"1","id":', /not JSON/], ['[1]', /not a JSON object/], ['{}', /v must be "1"; found nothing/], ['{"v":1,"id":1}', /v must be "1"; found 1/], ['{"v":"2","id":1}', /found "2"/],
    ['{"v":"1"}', /id must be/], ['{"v":"1","id":{}}', /id must be/], [`{"v":"1","id":"${'x'.repeat(65)}"}`, /id must be/], ['{"v":"1","id":1,"source":5}', /source and target/],
    ['{"v":"1","id":1,"method":5}', /method must be/],
  ]
  for (const [line, message] of cases) assert.throws(() => parseFrame(line), (error: unknown) => error instanceof BadFrame && message.test(error.message), line)
})
