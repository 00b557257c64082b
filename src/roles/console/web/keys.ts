import { useEffect } from 'preact/hooks'

const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('main [data-row]')]

/** What each key does; the help reads this too. */
export const keyHelp: readonly (readonly [keys: string, does: string])[] = [
  ['j, k', 'next and previous row'], ['Enter', 'open the row'], ['/', 'search'], ['n', 'what is wrong now'], ['e', 'all entities'],
  ['a', 'add a check'], ['t', 'light or dark'], ['Escape', 'leave the search, close a window'], ['?', 'this help'],
]

export type KeyMap = Readonly<Record<string, () => void>>

/** Single keys for the whole page; silent while somebody writes or holds a modifier. */
export function useKeys(map: KeyMap): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return
      const action = event.key === 'j' ? () => step(1) : event.key === 'k' ? () => step(-1) : map[event.key]
      if (action === undefined) return
      event.preventDefault()
      action()
    }
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  })
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input:not([type=checkbox], [type=radio]), textarea, select'))
}

/** Moves the focus among the rows of the view: a row is a link, so Enter opens it, and whoever cannot see it hears it. */
function step(by: 1 | -1): void {
  const all = rows()
  const at = all.findIndex((row) => row.contains(document.activeElement))
  const next = at === -1 ? (by === 1 ? all[0] : all.at(-1)) : all[at + by]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}
