import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anObservation } from '../../../contracts/samples.suite.ts'
import { ByteReader, ByteWriter } from '../bytes.ts'
import { parseShape } from '../shapes.ts'
import { readBlock, writeBlock } from './block.ts'
import { readNumbers, readTexts, writeNumbers, writeTexts } from './columns.ts'

const anyNumber = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double(), fc.integer().map((n) => n / 1000), fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1e300))

test('any number and any text comes back bit for bit', () => {
  fc.assert(fc.property(fc.array(fc.oneof(anyNumber, fc.string({ unit: 'grapheme' }))), (values) => {
    const out = new ByteWriter()
    for (const value of values) {
      if (typeof value === 'string') out.text(value)
      else out.number(value)
    }
    const bytes = new ByteReader(out.take())
    assert.deepEqual(values.map((value) => (typeof value === 'string' ? bytes.text() : bytes.number())), values)
    assert.equal(bytes.done, true)
  }))
})

test('columns of numbers come back bit for bit, whatever they are like', () => {
  const alike = fc.oneof(fc.array(fc.integer()), fc.array(fc.integer({ min: 0, max: 99_999 }).map((n) => n / 1000)), fc.array(fc.double()), fc.array(anyNumber), fc.constant([5, 5, 5]))
  fc.assert(fc.property(fc.array(alike, { maxLength: 4 }), (columns) => {
    const out = new ByteWriter()
    for (const column of columns) writeNumbers(out, column)
    const bytes = new ByteReader(out.take())
    for (const column of columns) assert.deepEqual(readNumbers(bytes, column.length), column)
    assert.equal(bytes.done, true)
  }))
})

test('columns of texts come back as they were', () => {
  const word = fc.option(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('a', 'b')))
  fc.assert(fc.property(fc.array(fc.array(word), { maxLength: 4 }), (columns) => {
    const out = new ByteWriter()
    for (const column of columns) writeTexts(out, column)
    const bytes = new ByteReader(out.take())
    for (const column of columns) assert.deepEqual(readTexts(bytes, column.length), column)
    assert.equal(bytes.done, true)
  }))
})

test('a block of observations of several shapes comes back as it was', () => {
  const observations = Array.from({ length: 300 }, (_, i) => anObservation(i, i % 3 === 0 ? { metrics: { only: { type: 'n', value: i / 7, unit: '' } }, target: null } : i % 5 === 0 ? { metrics: {} } : {}))
  const block = writeBlock(observations)
  assert.deepEqual(readBlock(block, { check: 'ch1', zone: 'mzdfw' }, { shape: parseShape }), observations)
})

test('a block of steady observations takes a few bytes each', () => {
  const steady = Array.from({ length: 120 }, (_, i) => anObservation(i, { at: i * 30_000 + (i * 7919) % 13, slot: i * 30_000, trace: 'x' }))
  assert.ok(writeBlock(steady).length < 120 * 8, `${writeBlock(steady).length} bytes`)
})
