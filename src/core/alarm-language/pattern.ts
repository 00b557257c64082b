import { RE2JS } from 're2js'

/**
 * No pattern may hold up a node, so patterns run in time linear in pattern × subject, and both are bounded.
 * The native RegExp backtracks and is never given a pattern of a user.
 */
export const patternLimits = {
  /** characters of one pattern */
  length: 2000,
  /** instructions of all patterns of one criteria together; a character of a literal is one */
  instructions: 1000,
  /** characters of a subject that are looked at, at most; the rest is as if it were not there */
  subject: 8192,
  /** instructions × characters of one search: larger patterns see fewer characters, but at least 1048 */
  steps: 2 ** 20,
  /** bytes of remembered states a pattern; without them a search is slower, not wrong */
  memory: 256 * 1024,
} as const

export interface Pattern { readonly instructions: number; readonly machine: RE2JS; readonly matches: (subject: string) => boolean }
export type CompiledPattern = { readonly ok: true; readonly pattern: Pattern } | { readonly ok: false; readonly reason: string }

/** Compiles a pattern (RE2 syntax: no look-around, no back-references) for an unanchored search. */
export function compilePattern(text: string): CompiledPattern {
  if (text.length > patternLimits.length) return { ok: false, reason: `it has more than ${patternLimits.length} characters` }
  // Repetitions multiply; what is hopelessly large is refused before the compiler unfolds it.
  if (estimate(text) > 4 * patternLimits.instructions) return tooLarge
  try {
    const machine = RE2JS.compile(text)
    if (machine.programSize() > patternLimits.instructions) return tooLarge
    return { ok: true, pattern: bounded(machine) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { ok: false, reason: reason.replace(/^error parsing regexp: /, '') }
  }
}

const tooLarge = { ok: false, reason: `it unfolds to more than ${patternLimits.instructions} instructions` } as const

function bounded(machine: RE2JS): Pattern {
  const { dfa } = machine.re2()
  dfa.stateBudget = dfa.memBudget = patternLimits.memory
  const instructions = machine.programSize()
  const reach = Math.min(patternLimits.subject, Math.floor(patternLimits.steps / instructions))
  return { instructions, machine, matches: subject => machine.test(subject.length > reach ? subject.slice(0, reach) : subject) }
}

const piece = /\\Q[^]*?(?:\\E|$)|\\[pPx]\{[^}]*\}|\\[^]|\[\^?\]?(?:\[:[a-z^]*:\]|\\[^]|[^\]\\])*\]?|\{([0-9]+)(,[0-9]*)?\}|[^]/g

/** About how many instructions a pattern unfolds to; found in one pass, without unfolding it. RE2 allows no repetition of a repetition. */
export function estimate(text: string): number {
  let level = { sum: 0, last: 0 }
  const outer: typeof level[] = []
  const add = (weight: number) => {
    level.sum += weight
    level.last = weight
  }
  for (const [found, least, upTo] of text.matchAll(piece)) {
    if (least !== undefined) {
      const times = upTo === undefined ? Number(least) : Math.max(Number(least) + 1, Number(upTo.slice(1)))
      level.sum += level.last * (times - 1)
    } else if (found === '(') {
      outer.push(level)
      level = { sum: 2, last: 0 }
    } else if (found === ')') {
      const weight = level.sum
      level = outer.pop() ?? { sum: 0, last: 0 }
      add(weight)
    } else if (found === '*' || found === '+' || found === '?') level.sum++
    else add(found.startsWith('\\Q') ? found.length : 1)
  }
  return outer.reduce((sum, { sum: more }) => sum + more, level.sum)
}
