import type { VNode } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { html } from './html.ts'

export interface VirtualProps<T> {
  readonly items: readonly T[]
  readonly rowHeight: number
  readonly label: string
  readonly keyOf: (item: T) => string
  readonly row: (item: T, index: number) => VNode
}

/** Rows drawn beyond the edges of the window, so that the keyboard finds a next one. */
const beyond = 6

/**
 * A list of any length of which only what can be seen is in the page. All rows are equally high; the page itself scrolls.
 */
export function Virtual<T>({ items, rowHeight, label, keyOf, row }: VirtualProps<T>): VNode {
  const place = useRef<HTMLUListElement>(null)
  const [[from, to], setRange] = useState<readonly [number, number]>([0, 40])
  useLayoutEffect(() => {
    const look = (): void => {
      const top = place.current?.getBoundingClientRect().top ?? 0
      const first = Math.max(0, Math.floor(-top / rowHeight) - beyond)
      const last = Math.ceil((innerHeight - top) / rowHeight) + beyond
      setRange((old) => (old[0] === first && old[1] === last ? old : [first, last]))
    }
    look()
    addEventListener('scroll', look, { passive: true })
    addEventListener('resize', look)
    return () => {
      removeEventListener('scroll', look)
      removeEventListener('resize', look)
    }
  }, [rowHeight, items.length])
  const shown = items.slice(from, to)
  return html`<ul class="virtual" role="list" aria-label=${label} ref=${place} style=${{ height: `${items.length * rowHeight}px` }}>
    ${shown.map((item, i) => html`<li key=${keyOf(item)} aria-setsize=${items.length} aria-posinset=${from + i + 1}
      style=${{ height: `${rowHeight}px`, transform: `translateY(${(from + i) * rowHeight}px)` }}>${row(item, from + i)}</li>`)}
  </ul>`
}
