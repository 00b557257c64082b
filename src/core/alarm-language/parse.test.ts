import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from './parse.ts'
import type { Criteria, Problem } from './types.ts'

function read(text: string): Criteria {
  const parsed = parse(text)
  assert.ok(parsed.ok, JSON.stringify(parsed))
  return parsed.criteria
}

function problems(text: string): readonly Problem[] {
  const parsed = parse(text)
  assert.ok(!parsed.ok, 'this should not parse')
  return parsed.problems
}

test('settings, branches and returns keep their order and know their place', () => {
  const criteria = read(':set consecutiveCount=3\nif (metric["a"] > 1) {\n  return WARNING, "w"\n}\nreturn new AlarmStatus(OK);')
  assert.deepEqual(criteria.settings, [{ kind: 'consecutiveCount', value: 3, place: { position: 0, line: 1, column: 1 } }])
  assert.deepEqual(criteria.branches[0]?.place, { position: 24, line: 2, column: 1 })
  assert.deepEqual(criteria.branches[0]?.result, { state: 'WARNING', message: 'w', place: { position: 49, line: 3, column: 3 } })
  assert.deepEqual(criteria.returns, [{ state: 'OK', message: undefined, place: { position: 71, line: 5, column: 1 } }])
})

test('&& binds tighter than ||', () => {
  const groups = read('if (metric["a"] > 1 || metric["b"] > 2 && (metric["c"] == 3)) {return OK}').branches[0]?.condition
  assert.deepEqual(groups?.map(group => group.map(({ left }) => left.kind === 'metric' && left.name)), [['a'], ['b', 'c']])
})

test('strings are unescaped', () => {
  const text = String.raw`return OK, '\'\"\\\/\b\f\n\r\t\u00e9\u0027abc'`
  assert.equal(read(text).returns[0]?.message, '\'"\\/\b\f\n\r\té\'abc')
})

test('a line break of another system is white space too', () => {
  assert.equal(read(':set consistencyLevel=ALL\r\nreturn OK\r\n').returns.length, 1)
})

/** Text, and of each problem in it: line, column, what stood there, one thing that could have. */
const wrong: [text: string, ...where: [line: number, column: number, token: string, expected: string][]][] = [
  ['return new AlarmStatus(ok);', [1, 24, 'ok', 'OK']],
  ['return new AlarmStatus(OK)', [1, 27, '', ';']],
  ['return new AlarmStatus (OK);', [1, 12, 'AlarmStatus', 'AlarmStatus(']],
  ['return\nOK', [1, 7, '\n', 'a space']],
  ['return OK;', [1, 10, ';', 'return']],
  ['if (5 < metric["a"]) {return OK}', [1, 5, '5', "metric['name']"]],
  ['if (metric["a"] == ) {return OK}', [1, 20, ')', 'a string']],
  ['if (metric["a"] > 1 & metric["b"] > 2) {return OK}', [1, 21, '&', '&&']],
  ['if (metric["a"] > 1) {}', [1, 23, '}', 'return']],
  ['if (metric["a"] > 1) {return OK} else {return CRITICAL}', [1, 34, 'else', 'if']],
  ['IF (metric["a"] > 1) {return OK}', [1, 1, 'IF', ':set']],
  [String.raw`if (metric["a"] == '\d\w') {return OK}`, [1, 21, '\\d', '\\\\'], [1, 23, '\\w', '\\\\']],
  ['if (metric["a"] == "x) {return OK}', [1, 20, '"', '"']],
  ['return OK\n/* a /* b */', [2, 1, '/*', '*/']],
  [':set consistencyLevel=MOST\n:set consecutiveCount=0\nreturn OK', [1, 23, 'MOST', 'ALL'], [2, 23, '0', 'a whole number above zero']],
  [
    'if (metric["a"] > ) {\n  return CRITICAL # }\n}\nif (metric["b"] regex "}") {\n  retrun OK\n}\nreturn new AlarmStatus(OK, 5);',
    [1, 19, ')', 'a number'], [5, 3, 'retrun', 'return'], [7, 28, '5', 'a string'],
  ],
  ['return OK\n:set consistencyLevel=ALL\nif (metric["a"] > 1) {return OK}', [2, 1, ':set', 'return'], [3, 1, 'if', 'return']],
]

for (const [text, ...expected] of wrong) {
  test(`says what is wrong with ${JSON.stringify(text)}`, () => {
    const found = problems(text)
    assert.deepEqual(found.map(({ line, column, token }) => [line, column, token]), expected.map(row => row.slice(0, 3)))
    for (const [index, [, , , word]] of expected.entries()) assert.ok(found[index]?.expected.includes(word), JSON.stringify(found[index]))
    for (const { position, line, column } of found) assert.equal(text.split('\n').slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0) + column - 1, position)
  })
}

test('the message is a sentence for people', () => {
  assert.equal(problems('if (metric["a"] > "x") {return OK}')[0]?.message, `expected "metric['name']", a function or a number, but found "\\""`)
  assert.equal(problems('return OK, "x')[0]?.message, 'this string is never closed')
  assert.equal(problems('return')[0]?.message, 'expected a space, but the text ends here')
})

test('a statement that is lost does not make those after it wrong', () => {
  const text = 'if (metric["a"] > ) return CRITICAL\nif (metric["b"] > 1) { return CRITICAL }\n:set consistencyLevel=ALL\nreturn OK'
  assert.deepEqual(problems(text).map(({ line }) => line), [1])
})

/** A lost statement, then what is easily taken for the next one, then one more mistake: only the two are told. */
const lost = [
  "if (metric['a'] > ) # return no\n{return OK}",
  "if (metric['a'] > ) /* return no */ {return OK}",
  "if (metric['a'] > 'return no') {return OK}",
  "if (metric['a'] > 'it\\'s return no') {return OK}",
  "if (metric['a'] > ) {return OK, 'return no'}",
  "if (metric['a'] > ) { if (metric['b'] > ) {return no} }",
  'if (metric["a"] > noreturn no) {return OK}',
]

for (const text of lost)
  test(`the next statement is found after ${JSON.stringify(text)}`, () =>
    assert.deepEqual(problems(`${text}\nif (metric['a'] > 1) {return no}`).map(({ token }) => token).slice(1), ['no']))

test('after a string without an end the reading goes on behind its quote', () => {
  assert.deepEqual(problems('return OK, "x\nreturn no').map(({ line, token }) => [line, token]), [[1, '"'], [2, 'no']])
})

test('at most twenty problems are told, and a text that is too long is not read', () => {
  assert.equal(problems('return no\n'.repeat(100)).length, 20)
  const [problem, ...more] = problems(' '.repeat(16_385))
  assert.equal(problem?.message, 'criteria may have 16384 characters, these have 16385')
  assert.deepEqual(more, [])
  assert.ok(parse(' '.repeat(16_384)).ok)
})
