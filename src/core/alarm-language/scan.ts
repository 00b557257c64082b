import type { NumberLiteral, Place, Problem, StringLiteral } from './types.ts'

/** The text being read, how far, and the problems that were noted on the way. */
export interface Scanner {
  readonly text: string
  position: number
  /** braces that are open at `position`; recovery needs it */
  depth: number
  readonly problems: Problem[]
  readonly lineStarts: readonly number[]
}

/** Thrown where a statement cannot go on; caught where the next one is looked for. It never leaves the parser. */
export class Unexpected extends Error {}

export function scanner(text: string): Scanner {
  const lineStarts = [0]
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) lineStarts.push(i + 1)
  return { text, position: 0, depth: 0, problems: [], lineStarts }
}

export function placeAt(s: Scanner, position = s.position): Place {
  let low = 0
  let high = s.lineStarts.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((s.lineStarts[middle] ?? 0) <= position) low = middle
    else high = middle
  }
  return { position, line: low + 1, column: position - (s.lineStarts[low] ?? 0) + 1 }
}

const token = /:set|[A-Za-z_][A-Za-z0-9_]*|[0-9][0-9.]*|&&|\|\||[<>=!]=|\\[^]|\/[*/]|[^]/uy

/** Notes a problem and goes on. */
export function note(s: Scanner, position: number, expected: readonly string[], message?: string): void {
  const found = matchAt(s.text, token, position) ?? ''
  const instead = found === '' ? 'the text ends here' : `found ${JSON.stringify(found)}`
  const usual = `expected ${list(expected)}, but ${instead}`
  s.problems.push({ message: message ?? usual, ...placeAt(s, position), token: found, expected })
}

/** Notes a problem and gives the statement up. */
export function fail(s: Scanner, expected: readonly string[], position = s.position, message?: string): never {
  note(s, position, expected, message)
  throw new Unexpected()
}

export function looksAt(s: Scanner, word: string): boolean {
  return s.text.startsWith(word, s.position)
}

export function take(s: Scanner, word: string): boolean {
  if (!looksAt(s, word)) return false
  s.position += word.length
  return true
}

/** Takes the word or fails; `also` names what could have stood here besides. */
export function need(s: Scanner, word: string, also: readonly string[] = []): void {
  if (!take(s, word)) fail(s, [word, ...also])
}

/** Takes the first of the words that is there, or fails. */
export function needOneOf<W extends string>(s: Scanner, words: readonly W[], also: readonly string[] = []): W {
  return words.find(word => take(s, word)) ?? fail(s, [...words, ...also])
}

/** Takes what a sticky pattern matches here. */
export function takeMatch(s: Scanner, sticky: RegExp): string | undefined {
  const found = matchAt(s.text, sticky, s.position)
  if (found !== undefined) s.position += found.length
  return found
}

/** Skips white space and comments. */
export function space(s: Scanner): void {
  for (;;) {
    const c = s.text[s.position]
    if (c === ' ' || c === '\n' || c === '\t' || c === '\r') s.position++
    else if (c === '#') s.position = endOfLine(s.text, s.position)
    else if (c === '/' && s.text[s.position + 1] === '*') comment(s)
    else return
  }
}

export function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

/** The end of the block comment that starts at `from`, or undefined when it is never closed; comments nest. */
export function endOfComment(text: string, from: number): number | undefined {
  let depth = 0
  for (let i = from; i < text.length - 1; i++) {
    const two = text.slice(i, i + 2)
    if (two !== '/*' && two !== '*/') continue
    depth += two === '/*' ? 1 : -1
    if (depth === 0) return i + 2
    i++
  }
  return undefined
}

function comment(s: Scanner): void {
  const start = s.position
  const end = endOfComment(s.text, start)
  s.position = end ?? s.text.length
  if (end === undefined) fail(s, ['*/'], start, 'this comment is never closed')
}

const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

export function numberLiteral(s: Scanner): NumberLiteral | undefined {
  const place = placeAt(s)
  const text = takeMatch(s, numberPattern)
  return text === undefined ? undefined : { kind: 'number', value: Number(text), place }
}

const plain = { "'": /[^'\\]*/y, '"': /[^"\\]*/y } as const

export function stringLiteral(s: Scanner): StringLiteral | undefined {
  const quote = s.text[s.position]
  if (quote !== '"' && quote !== "'") return undefined
  const place = placeAt(s)
  s.position++
  let value = ''
  for (;;) {
    value += takeMatch(s, plain[quote]) ?? ''
    if (take(s, quote)) return { kind: 'string', value, place }
    if (s.position >= s.text.length) return unclosed(s, place, quote)
    value += escape(s)
  }
}

function unclosed(s: Scanner, place: Place, quote: string): never {
  s.position = place.position + 1
  return fail(s, [quote], place.position, 'this string is never closed')
}

const escapes: Readonly<Record<string, string>> =
  { '"': '"', "'": "'", '/': '/', '\\': '\\', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
const allowedEscapes = [...Object.keys(escapes), 'uXXXX'].map(letter => `\\${letter}`)
const hex = /\\u[0-9a-fA-F]{4}/y

/** A wrong escape is noted, not fatal: the string's end is still where it seems to be. */
function escape(s: Scanner): string {
  const unicode = takeMatch(s, hex)
  if (unicode !== undefined) return String.fromCharCode(Number.parseInt(unicode.slice(2), 16))
  const meant = escapes[s.text[s.position + 1] ?? '']
  if (meant === undefined) {
    note(s, s.position, allowedEscapes, 'a string knows no such escape; a backslash itself is written \\\\')
    s.position += 1
    return ''
  }
  s.position += 2
  return meant
}

function matchAt(text: string, sticky: RegExp, position: number): string | undefined {
  sticky.lastIndex = position
  return sticky.exec(text)?.[0]
}

function list(words: readonly string[]): string {
  const shown = words.map(word => /^(?:a|the) /.test(word) ? word : JSON.stringify(word))
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`
}
