import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { html } from './html.ts'
import { pictureOrder, type CheckNow } from './model.ts'
import { to } from './route.ts'
import { useWorld } from './store.ts'
import { looks, plural, states } from './words.ts'

const smallest = 5
const largest = 30
const highest = 230

interface Grid { readonly size: number; readonly columns: number; readonly rows: number }

/** The largest square that lets all of them fit into the width and the height. */
export function gridFor(n: number, width: number): Grid {
  for (let size = largest; ; size -= 1) {
    const columns = Math.max(1, Math.floor(width / size))
    const rows = Math.ceil(n / columns)
    if (rows * size <= highest || size <= smallest) return { size, columns, rows }
  }
}

/** All checks in one picture, a square each: the bad ones come first and are loud, the good ones are calm. */
export function Heat(): VNode {
  const { model } = useWorld()
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(0)
  const [tip, setTip] = useState<{ readonly item: CheckNow; readonly x: number; readonly y: number }>()
  const [, redraw] = useState(0)
  useEffect(() => {
    const box = canvas.current?.parentElement
    if (box === null || box === undefined) return
    const watch = new ResizeObserver(() => setWidth(Math.floor(box.clientWidth)))
    const again = (): void => redraw((n) => n + 1)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    watch.observe(box)
    scheme.addEventListener('change', again)
    addEventListener('themechange', again)
    return () => {
      watch.disconnect()
      scheme.removeEventListener('change', again)
      removeEventListener('themechange', again)
    }
  }, [])
  const items = pictureOrder(model)
  const grid = gridFor(items.length, width)
  useEffect(() => {
    if (canvas.current !== null && width > 0) paint(canvas.current, items, grid, width)
  })
  const at = (event: MouseEvent): CheckNow | undefined => {
    const column = Math.floor(event.offsetX / grid.size)
    return column < grid.columns ? items[Math.floor(event.offsetY / grid.size) * grid.columns + column] : undefined
  }
  const hover = (event: MouseEvent): void => {
    const item = at(event)
    setTip(item === undefined ? undefined : { item, x: event.offsetX, y: event.offsetY })
  }
  const open = (event: MouseEvent): void => {
    const item = at(event)
    if (item !== undefined) location.hash = to.check(item.entity.id, item.check.id)
  }
  const counts = model.counts()
  const inWords = states.filter((state) => counts[state] > 0).map((state) => `${counts[state]} ${looks[state].word}`).join(', ')
  return html`<div class="heat">
    <canvas ref=${canvas} role="img" aria-label=${`All ${plural(items.length, 'check')} in one picture: ${inWords}`} onMouseMove=${hover} onMouseLeave=${() => setTip(undefined)} onClick=${open}></canvas>
    ${tip === undefined ? null : html`<div class="tip" style=${{ left: `${Math.min(tip.x, width - 220)}px`, top: `${tip.y + 18}px` }}><b>${tip.item.entity.label}</b> ${tip.item.check.label}<br />${looks[tip.item.verdict.shown].word}${tip.item.verdict.shown === 'OK' ? '' : `: ${tip.item.verdict.reason}`}</div>`}
  </div>`
}

function paint(canvas: HTMLCanvasElement, items: readonly CheckNow[], { size, columns, rows }: Grid, width: number): void {
  const scale = devicePixelRatio
  canvas.width = width * scale
  canvas.height = Math.max(1, rows * size * scale)
  canvas.style.width = `${width}px`
  canvas.style.height = `${rows * size}px`
  const pen = canvas.getContext('2d')
  if (pen === null) return
  const style = getComputedStyle(document.documentElement)
  const colours = new Map(states.map((state) => [state, [style.getPropertyValue(`--cell-${looks[state].name}`), style.getPropertyValue(`--on-${looks[state].name}`)] as const]))
  pen.scale(scale, scale)
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  pen.font = `600 ${Math.round(size * 0.6)}px system-ui, sans-serif`
  const gap = size > 10 ? 2 : 1
  for (const [i, { verdict: { shown } }] of items.entries()) {
    const [fill = '', ink = ''] = colours.get(shown) ?? []
    const [x, y] = [(i % columns) * size, Math.floor(i / columns) * size]
    pen.fillStyle = fill
    pen.beginPath()
    pen.roundRect(x, y, size - gap, size - gap, size > 10 ? 3 : 0)
    pen.fill()
    if (size < 12 || shown === 'OK') continue
    pen.fillStyle = ink
    pen.fillText(looks[shown].glyph, x + (size - gap) / 2, y + (size - gap) / 2 + 1)
  }
}
