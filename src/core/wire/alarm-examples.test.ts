import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileText } from '../alarm-language/index.ts'
import { alarmExamples, bindExample } from './alarm-examples.ts'
import { Refusal } from './errors.ts'

const numbers = /whole number|integer/

test('every example makes criteria', () => {
  assert.equal(alarmExamples.length, 18)
  for (const example of alarmExamples) {
    const values = Object.fromEntries(example.fields.map(({ name, type }) => [name, numbers.test(type) ? '0042' : 'it\'s "a" \\ text']))
    const bound = bindExample(example, values)
    assert.ok(compileText(bound).ok, example.id)
    assert.doesNotMatch(bound, /\$\{/, example.id)
    assert.ok(numbers.test(example.fields.map(({ type }) => type).join()) === bound.includes(' 42'), example.id)
  }
})

test('a value stays within its quotes', () => {
  const example = alarmExamples.find(({ id }) => id === 'remote.ssh_fingerprint_match')
  assert.ok(example !== undefined)
  const bound = compileText(bindExample(example, { fingerprint: "x') { return new AlarmStatus(OK); } #" }))
  assert.ok(bound.ok)
  const sample = { at: 0, available: true, status: '', metrics: { fingerprint: { type: 's', value: 'other', unit: '' } } } as const
  assert.equal(bound.compiled.evaluate(sample, undefined).state, 'CRITICAL')
})

test('what is missing or no number is refused by name', () => {
  const example = alarmExamples.find(({ id }) => id === 'remote.http_connection_time')
  assert.ok(example !== undefined)
  const refusal = (key: string) => (error: unknown) => error instanceof Refusal && error.message.includes(`values.${key}`)
  assert.throws(() => bindExample(example, { critical_threshold: 5 }), refusal('warning_threshold'))
  assert.throws(() => bindExample(example, { warning_threshold: '5; drop', critical_threshold: 5 }), refusal('warning_threshold'))
})
