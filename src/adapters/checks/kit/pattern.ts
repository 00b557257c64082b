import type { Matcher } from 're2js'
import { compilePattern as compile, type Pattern } from '../../../core/alarm-language/pattern.ts'

/**
 * A body is searched in linear time, and the search is bounded as well: instructions × characters. A pattern of up to
 * 15 instructions sees the whole of 100 KB; a larger one sees less, so that none holds up the event loop.
 */
const steps = 15 * 102_400
const longestMatch = 80
const remembered = 1000
const patterns = new Map<string, Pattern | string>()

/** What is wrong with a pattern; undefined when nothing is. */
export function patternProblem(text: string): string | undefined {
  const pattern = lookUp(text)
  return typeof pattern === 'string' ? pattern : undefined
}

/** The text that the pattern matches first, at most 80 characters; undefined where it does not match or is none. */
export function matchText(text: string, subject: string): string | undefined {
  const found = firstMatch(text, subject)
  return found === undefined ? undefined : (found.group() ?? '').slice(0, longestMatch)
}

/**
 * What a match found beside itself: each named group by its name. A pattern with groups `key` and `value` names its
 * metrics itself: every match gives one.
 */
export function captures(text: string, subject: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  const matcher = firstMatch(text, subject)
  const groups = matcher === undefined ? [] : Object.keys(matcher.namedGroups)
  if (matcher === undefined || groups.length === 0) return found
  if (groups.includes('key') && groups.includes('value')) {
    do add(found, matcher.group('key'), matcher.group('value'))
    while (Object.keys(found).length < 50 && matcher.find())
    return found
  }
  for (const name of groups) add(found, name, matcher.group(name))
  return found
}

function add(found: Record<string, string>, name: string | null, value: string | null): void {
  if (name !== null && value !== null && /^[-\w.]{1,64}$/.test(name)) found[name] = value.slice(0, longestMatch)
}

function firstMatch(text: string, subject: string): Matcher | undefined {
  const pattern = lookUp(text)
  if (typeof pattern === 'string') return undefined
  const reach = Math.floor(steps / pattern.instructions)
  const seen = subject.length > reach ? subject.slice(0, reach) : subject
  // Most patterns that do not match are told so by the fast automaton, which cannot say where.
  if (!pattern.machine.test(seen)) return undefined
  const matcher = pattern.machine.matcher(seen)
  return matcher.find() ? matcher : undefined
}

function lookUp(text: string): Pattern | string {
  const known = patterns.get(text)
  if (known !== undefined) return known
  const compiled = compile(text)
  const found = compiled.ok ? compiled.pattern : compiled.reason
  const oldest = patterns.size >= remembered ? patterns.keys().next().value : undefined
  if (oldest !== undefined) patterns.delete(oldest)
  patterns.set(text, found)
  return found
}
