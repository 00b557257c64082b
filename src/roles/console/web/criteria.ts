import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Problem } from '../../../core/alarm-language/index.ts'
import { start } from './background.ts'
import { html } from './html.ts'

export interface CriteriaProps { readonly value: string; readonly change: (value: string) => void }

/**
 * A field for alarm criteria: the very parser that decides reads along while one types, and underlines what it cannot
 * read. The parser comes when the field does, not with the page.
 */
export function CriteriaField({ value, change }: CriteriaProps): VNode {
  const problems = useProblems(value)
  const under = useRef<HTMLPreElement>(null)
  const scroll = (event: Event): void => {
    if (event.target instanceof HTMLElement && under.current !== null) under.current.scrollTop = event.target.scrollTop
  }
  return html`<div class="criteria">
    <div class="sheet">
      <pre ref=${under} aria-hidden="true">${marked(value, problems)}</pre>
      <textarea value=${value} spellcheck=${false} rows="6" aria-label="Alarm criteria" aria-invalid=${problems.length > 0} aria-describedby="criteria-problems"
        onInput=${(event: Event) => event.target instanceof HTMLTextAreaElement && change(event.target.value)} onScroll=${scroll}></textarea>
    </div>
    <ul id="criteria-problems" class="problems" role="status">${problems.slice(0, 4).map((problem) => html`<li>Line ${problem.line}, column ${problem.column}: ${problem.message}</li>`)}</ul>
  </div>`
}

/** What is wrong with a text, as soon as the parser is there. */
export function useProblems(text: string): readonly Problem[] {
  const [problems, setProblems] = useState<readonly Problem[]>([])
  useEffect(() => {
    let current = true
    start(async () => {
      const { compileText } = await import('../../../core/alarm-language/index.ts')
      const result = compileText(text)
      if (current) setProblems(result.ok ? [] : result.problems)
    })
    return () => {
      current = false
    }
  }, [text])
  return problems
}

/** The text with its mistakes underlined, to lie behind the field. */
function marked(text: string, problems: readonly Problem[]): readonly (string | VNode)[] {
  const parts: (string | VNode)[] = []
  let at = 0
  for (const { position, token } of problems) {
    if (position < at) continue
    const to = Math.min(text.length, position + Math.max(1, token.length))
    parts.push(text.slice(at, position), html`<mark>${position < text.length ? text.slice(position, to) : ' '}</mark>`)
    at = to
  }
  return [...parts, text.slice(at), '\n']
}
