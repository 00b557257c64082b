import { limits } from './limits.ts'
import { condition } from './parse-condition.ts'
import { endOfComment, endOfLine, fail, need, needOneOf, note, placeAt, scanner, space, stringLiteral, take, takeMatch, Unexpected } from './scan.ts'
import type { Scanner } from './scan.ts'
import type { AlarmState, Branch, Criteria, Place, Problem, Return, Setting } from './types.ts'

export type Parsed =
  | { readonly ok: true; readonly criteria: Criteria }
  | { readonly ok: false; readonly problems: readonly Problem[] }

interface Parts { readonly settings: Setting[]; readonly branches: Branch[]; readonly returns: Return[]; recovered: boolean }

/** More would bury the first ones. */
const mostProblems = 20

/**
 * Reads criteria. Where a statement cannot be read the next one is looked for, so that one run finds several
 * problems. White space has a meaning in places (`return ` needs one, `AlarmStatus(` and `rate(` may hold
 * none), so there is no separate lexer.
 */
export function parse(text: string): Parsed {
  const s = scanner(text)
  const parts: Parts = { settings: [], branches: [], returns: [], recovered: false }
  if (text.length > limits.criteria) tooLong(s)
  else while (s.problems.length < mostProblems && statement(s, parts)) { /* one at a time */ }
  if (s.problems.length > 0) return { ok: false, problems: s.problems.toSorted((a, b) => a.position - b.position) }
  const { settings, branches, returns } = parts
  return { ok: true, criteria: { settings, branches, returns } }
}

function tooLong(s: Scanner): void {
  const message = `criteria may have ${limits.criteria} characters, these have ${s.text.length}`
  s.problems.push({ message, ...placeAt(s, limits.criteria), token: '', expected: [] })
}

/** Reads one statement, or what is left of it; false at the end. */
function statement(s: Scanner, parts: Parts): boolean {
  s.depth = 0
  try {
    space(s)
    if (s.position >= s.text.length) return false
    const place = placeAt(s)
    if (take(s, ':set')) set(s, parts, place)
    else if (take(s, 'if')) branch(s, parts, place)
    else if (take(s, 'return')) parts.returns.push(returns(s, place))
    else fail(s, openings(parts))
    space(s)
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error
    parts.recovered = true
    recover(s)
  }
  return true
}

/** What may start a statement after those that were read. */
function openings(parts: Parts): string[] {
  const first = parts.returns.length > 0 ? 2 : parts.branches.length > 0 ? 1 : 0
  return [...[':set', 'if', 'return'].slice(first), 'the end of the text']
}

/** Only the order is wrong, so the statement is read all the same. After a recovery the order means nothing. */
function inOrder(s: Scanner, parts: Parts, word: string, place: Place): void {
  const expected = openings(parts)
  if (!parts.recovered && !expected.includes(word)) note(s, place.position, expected, `${word} cannot stand here: first come all :set, then all if, then all return`)
}

function set(s: Scanner, parts: Parts, place: Place): void {
  inOrder(s, parts, ':set', place)
  space(s)
  const kind = needOneOf(s, ['consistencyLevel', 'consecutiveCount', 'dimensionFilter'])
  space(s)
  need(s, '=')
  space(s)
  parts.settings.push(setting(s, kind, place))
}

const whole = /[1-9][0-9]*/y

function setting(s: Scanner, kind: Setting['kind'], place: Place): Setting {
  switch (kind) {
    case 'consistencyLevel': return { kind, value: needOneOf(s, ['ONE', 'QUORUM', 'ALL']), place }
    case 'consecutiveCount': return { kind, value: Number(takeMatch(s, whole) ?? fail(s, ['a whole number above zero'])), place }
    case 'dimensionFilter': return { kind, value: (stringLiteral(s) ?? fail(s, ['a string'])).value, place }
  }
}

function branch(s: Scanner, parts: Parts, place: Place): void {
  inOrder(s, parts, 'if', place)
  space(s)
  need(s, '(')
  const read = condition(s)
  need(s, ')', ['&&', '||'])
  space(s)
  parts.branches.push({ condition: read, result: block(s), place })
}

function block(s: Scanner): Return {
  need(s, '{')
  s.depth = 1
  space(s)
  const place = placeAt(s)
  need(s, 'return')
  const read = returns(s, place)
  space(s)
  need(s, '}')
  s.depth = 0
  return read
}

const states: readonly AlarmState[] = ['CRITICAL', 'OK', 'WARNING']

/** Both forms: `new AlarmStatus(STATE, "message");` and, deprecated, `STATE, "message"`. */
function returns(s: Scanner, place: Place): Return {
  if (!take(s, ' ')) fail(s, ['a space'])
  space(s)
  if (!take(s, 'new')) return result(s, place, ['new AlarmStatus('])
  space(s)
  need(s, 'AlarmStatus(')
  space(s)
  const read = result(s, place, [])
  need(s, ')', read.message === undefined ? [','] : [])
  space(s)
  need(s, ';')
  return read
}

function result(s: Scanner, place: Place, also: readonly string[]): Return {
  const state = needOneOf(s, states, also)
  space(s)
  if (!take(s, ',')) return { state, message: undefined, place }
  space(s)
  const message = (stringLiteral(s) ?? fail(s, ['a string'])).value
  space(s)
  return { state, message, place }
}

/** Goes to where a statement seems to start, outside of braces, strings and comments. */
function recover(s: Scanner): void {
  const { text } = s
  while (s.position < text.length) {
    const c = text[s.position]
    if (s.depth === 0 && startsStatement(text, s.position)) return
    if (c === '{') s.depth++
    if (c === '}' && s.depth > 0) s.depth--
    s.position = skip(text, s.position)
  }
}

const opening = /:set|if[ \t\r\n]*\(|return /y
const wordCharacter = /[A-Za-z0-9_]/

function startsStatement(text: string, position: number): boolean {
  opening.lastIndex = position
  return opening.test(text) && !wordCharacter.test(text[position - 1] ?? '')
}

const wholeString = /'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"/y

/** The position after the character, string or comment that stands here. */
function skip(text: string, position: number): number {
  if (text[position] === '#') return endOfLine(text, position)
  if (text[position] === '\\') return position + 2
  if (text.startsWith('/*', position)) return endOfComment(text, position) ?? text.length
  wholeString.lastIndex = position
  return wholeString.test(text) ? wholeString.lastIndex : position + 1
}
