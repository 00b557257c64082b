import { check } from './check.ts'
import { compile } from './evaluate.ts'
import { parse } from './parse.ts'
import type { Compiled, Problem } from './types.ts'

export type * from './types.ts'
export { check } from './check.ts'
export { compile } from './evaluate.ts'
export { parse } from './parse.ts'
export { print } from './print.ts'
export { warnings } from './warn.ts'

export type CompiledText =
  | { readonly ok: true; readonly compiled: Compiled }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** From text to something that runs: parse, check, compile. No text at all is legal: availability decides. */
export function compileText(text: string | null | undefined): CompiledText {
  const parsed = parse(text ?? '')
  if (!parsed.ok) return parsed
  const problems = check(parsed.criteria)
  return problems.length > 0 ? { ok: false, problems } : { ok: true, compiled: compile(parsed.criteria) }
}
