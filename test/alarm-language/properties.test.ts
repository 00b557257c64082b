import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { check, compile, compileText, parse, print, warnings } from '../../src/core/alarm-language/index.ts'
import { anyCriteria, anySample, legalCriteria, wordSalad } from './arbitraries.ts'
import { withoutPlaces } from './without-places.ts'

const states = ['OK', 'WARNING', 'CRITICAL']

test('what is printed reads as what it was', () => {
  fc.assert(fc.property(anyCriteria, criteria => {
    const parsed = parse(print(criteria))
    assert.ok(parsed.ok, JSON.stringify(parsed))
    assert.deepEqual(withoutPlaces(parsed.criteria), withoutPlaces(criteria))
    assert.equal(print(parsed.criteria), print(criteria))
  }), { numRuns: 1000 })
})

test('any text is criteria or problems, and every problem is inside the text', () => {
  fc.assert(fc.property(fc.oneof(wordSalad, fc.string({ unit: 'binary' })), text => {
    const parsed = parse(text)
    if (parsed.ok) return
    assert.ok(parsed.problems.length > 0)
    for (const { position, line, column, token, message } of parsed.problems) {
      assert.ok(message.length > 0)
      assert.equal(text.startsWith(token, position), true)
      assert.equal(text.split('\n').slice(0, line - 1).reduce((sum, before) => sum + before.length + 1, column - 1), position)
    }
  }), { numRuns: 2000 })
})

test('a criteria with one character taken out or put in never breaks the parser', () => {
  fc.assert(fc.property(anyCriteria, fc.nat(), fc.constantFrom('', '"', "'", '\\', '{', '}', '(', ')', '/*', '#', ' '), (criteria, at, put) => {
    const text = print(criteria)
    const cut = text.length === 0 ? 0 : at % text.length
    const parsed = parse(text.slice(0, cut) + put + text.slice(cut + (put === '' ? 1 : 0)))
    assert.ok(parsed.ok || parsed.problems.length <= 20)
  }), { numRuns: 1000 })
})

// Each of these would take a parser that looks at its rest again and again very long.
for (const piece of ['"\\"', "'", '"', '/*', '{', '(', 'if(', 'return ', '\\"', '"\'', '# ', ':set x', 'metric[', '\n'])
  test(`sixteen thousand characters of ${JSON.stringify(piece)} are read to an end`, () => {
    const parsed = parse(piece.repeat(Math.floor(16_384 / piece.length)))
    assert.ok(parsed.ok || parsed.problems.length <= 20)
  })

test('check and warnings have an answer to everything that parses', () => {
  fc.assert(fc.property(anyCriteria, criteria => {
    for (const { message } of [...check(criteria), ...warnings(criteria, { a: 's', 'c*': 'n' })]) assert.ok(message.length > 0)
  }), { numRuns: 500 })
})

test('evaluation has a verdict for every observation, and the same one the second time', () => {
  fc.assert(fc.property(legalCriteria, anySample, fc.option(anySample, { nil: undefined }), (criteria, current, previous) => {
    const { evaluate } = compile(criteria)
    const verdict = evaluate(current, previous)
    assert.ok(states.includes(verdict.state))
    assert.equal(typeof verdict.status, 'string')
    assert.deepEqual(evaluate(current, previous), verdict)
    if (!current.available) assert.deepEqual(verdict, { state: 'CRITICAL', status: current.status, reason: 'unavailable' })
    if (verdict.reason === 'missing metric' || verdict.reason === 'wrong type') assert.equal(verdict.state, 'CRITICAL')
  }), { numRuns: 2000 })
})

test('a printed criteria decides as the one it came from', () => {
  fc.assert(fc.property(legalCriteria, anySample, anySample, (criteria, current, previous) => {
    const again = compileText(print(criteria))
    assert.ok(again.ok, JSON.stringify(again))
    // Lines differ, and a branch without a message may show its own.
    const decided = ({ evaluate }: { readonly evaluate: ReturnType<typeof compile>['evaluate'] }) => {
      const { state, reason, metric } = evaluate({ ...current, status: 'x' }, previous)
      return { state, reason, metric }
    }
    assert.deepEqual(decided(again.compiled), decided(compile(criteria)))
  }), { numRuns: 1000 })
})
