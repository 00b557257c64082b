import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anObservation } from '../../contracts/samples.suite.ts'
import { identityBytes, readBody, writeBody } from './observation-body.ts'

const sample = anObservation(3, { stressed: 'loop lag', target: null, kind: 'confirming', metrics: { rt: { type: 'n', value: 0.25, unit: 's' }, code: { type: 's', value: '200', unit: '' } } })
/** As the first version of this program wrote it; rows like it live for days. */
const written = '0115e807c9010700000000000000e03f010631303030303003656e3106626f6f742d310774726163652d331a636f64653d3230302c72743d302e323537732c62797465733d30086c6f6f70206c61670202727404017300000000000000d03f04636f646585010003323030'

test('an observation of the first layout is read as it was', () => {
  const bytes = writeBody(sample)
  assert.deepEqual(readBody('ch1', 'mzdfw', sample.at, bytes), sample)
  assert.deepEqual(Buffer.from(bytes).toString('hex'), written)
  assert.deepEqual(readBody('ch1', 'mzdfw', sample.at, Buffer.from(written, 'hex')), sample)
})

test('a layout of a newer program is refused in words', () => {
  assert.throws(() => readBody('ch1', 'mzdfw', 0, Uint8Array.of(2, 0)), /written by a newer program/)
})

test('identities stand in the order of their texts, whatever is in them', () => {
  const boots = ['', 'a', 'b', 'é', '☃', '퟿', '\u{1F600}', '', '￿']
  const text = (boot: string) => `5:scheduled:${boot}:1`
  const sorted = boots.toSorted((a, b) => (text(a) < text(b) ? -1 : 1))
  assert.deepEqual(boots.toSorted((a, b) => Buffer.compare(bytesOf(a), bytesOf(b))), sorted)
})

const bytesOf = (boot: string) => identityBytes({ slot: 5, kind: 'scheduled', boot, sequence: 1 })
