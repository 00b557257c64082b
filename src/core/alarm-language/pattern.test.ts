import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RE2JS } from 're2js'
import { compilePattern, estimate, patternLimits } from './pattern.ts'

function matches(pattern: string, subject: string): boolean {
  const compiled = compilePattern(pattern)
  assert.ok(compiled.ok, JSON.stringify(compiled))
  return compiled.pattern.matches(subject)
}

const rows: [pattern: string, subject: string, found: boolean][] = [
  ['4[0-9][0-9]', '404', true],
  ['4[0-9][0-9]', '200', false],
  ['OpenSSH.*', 'SSH-2.0-OpenSSH_9.2p1', true],
  ['^OpenSSH', 'SSH-2.0-OpenSSH_9.2p1', false],
  ['.*127.8.2.1.*', 'a 127.8.2.1', true],
  ['v=spf1.* include:example.com .*[~|-]all', 'v=spf1 mx include:example.com ip4:1.2.3.4 -all', true],
  ['a.b', 'a\nb', false],
  ['(?s)a.b', 'a\nb', true],
  ['(?i)ok', 'Ok', true],
  ['', '', true],
  ['^$', 'x', false],
]

for (const [pattern, subject, found] of rows) {
  test(`${JSON.stringify(pattern)} ${found ? 'is' : 'is not'} in ${JSON.stringify(subject)}`, () => assert.equal(matches(pattern, subject), found))
}

// A backtracking engine needs more than 2^8000 steps for each of these; this test would not end.
test('a pattern that hangs other engines does not hang this one', () => {
  for (const pattern of ['(a+)+$', '^(a*)*$', '(a|aa)+$', '^(a|a?)+$', '(.*a){20}$', '^(([a-z])+.)+[A-Z]([a-z])+$'])
    assert.equal(matches(pattern, `${'a'.repeat(patternLimits.subject - 1)}!`), false, pattern)
})

test('remembered states stay within their memory, however many a subject makes', () => {
  const machine = RE2JS.compile('a[ab]{13}[^ab]')
  const compiled = compilePattern('a[ab]{13}[^ab]')
  assert.ok(compiled.ok)
  fc.assert(fc.property(fc.array(fc.constantFrom('a', 'b'), { minLength: 1000, maxLength: 1000 }), letters => {
    assert.equal(compiled.pattern.matches(letters.join('')), machine.test(letters.join('')))
  }), { numRuns: 10 })
  const used = (dfa: { stateBudget: number; memBudget: number }) => dfa.stateBudget - dfa.memBudget
  assert.ok(used(machine.re2().dfa) > patternLimits.memory, 'without the bound it is more')
  const { dfa } = compiled.pattern.machine.re2()
  assert.equal(dfa.stateBudget, patternLimits.memory)
  assert.ok(used(dfa) > 0 && used(dfa) <= patternLimits.memory)
})

test('the end of a very long subject is not looked at; a large pattern sees less', () => {
  assert.equal(matches('x', `${' '.repeat(patternLimits.subject - 1)}x`), true)
  assert.equal(matches('x', `${' '.repeat(patternLimits.subject)}x`), false)
  assert.equal(matches('(?:a{900})?x', `${' '.repeat(1047)}x`), true)
  assert.equal(matches('(?:a{900})?x', `${' '.repeat(1200)}x`), false)
})

const hopeless = ['x'.repeat(2001), `(?:${'x'.repeat(900)}){1000}`, '((a{1,10}){1,10}){1,10}'.repeat(5), '\\pL{1000}', `(?:${'(x?)'.repeat(200)}){1000}`]
for (const pattern of hopeless) test(`refused as too large: ${pattern.slice(0, 30)}`, () => assert.equal(compilePattern(pattern).ok, false))

const unfolded: [pattern: string, instructions: number][] = [
  ['abc', 3], ['a{3}', 3], ['a{2,7}b', 8], ['a{4,}', 5], ['(ab){10}', 40], ['((a{10}){10}){2}', 244],
  ['[^]a]{5}', 5], ['[[:alpha:]]{5}', 5], ['\\p{Greek}{5}', 5], ['\\{5}', 3], ['(?:a|b)*', 8],
]
for (const [pattern, instructions] of unfolded) test(`${pattern} is estimated before it is unfolded`, () => assert.equal(estimate(pattern), instructions))

test('what is hopeless is known to be before it is unfolded', () => {
  assert.ok(hopeless.slice(1, 3).every(pattern => estimate(pattern) > 4 * patternLimits.instructions))
})

const atom = fc.constantFrom('a', '.', '\\d', '[a-z]', '[^]x]', '[[:alpha:]-]', '\\pL', '\\p{Greek}', '\\x{41}', '\\Q({\\E', '\\{', '^', '\\b')
const repeat = fc.constantFrom('', '', '*', '+?', '?', '{3}', '{2,7}', '{4,}')
const { pattern: anyPattern } = fc.letrec<{ pattern: string; piece: string }>(tie => ({
  pattern: fc.oneof({ maxDepth: 3 }, fc.array(tie('piece'), { maxLength: 5 }).map(p => p.join('')), fc.tuple(tie('pattern'), tie('pattern')).map(p => p.join('|'))),
  piece: fc.tuple(fc.oneof({ maxDepth: 3 }, atom, tie('pattern').map(p => `(${p})`), tie('pattern').map(p => `(?:${p})`)), repeat).map(p => p.join('')),
}))

test('the estimate is near what a pattern unfolds to, and never far below', () => {
  fc.assert(fc.property(anyPattern, pattern => {
    if (estimate(pattern) > 20_000) return
    let size: number
    try {
      size = RE2JS.compile(pattern).programSize()
    } catch {
      return
    }
    assert.ok(size <= 2 * estimate(pattern) + 10, `${pattern}: ${size} instructions, estimated ${estimate(pattern)}`)
  }), { numRuns: 2000 })
})

test('any text at all is a pattern or a reason, and any subject is searched', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, subject) => {
    const compiled = compilePattern(text)
    if (compiled.ok) assert.equal(typeof compiled.pattern.matches(subject), 'boolean')
    else assert.ok(compiled.reason.length > 0)
  }))
})
