import type { Shown } from '../wire.ts'

/** How a state looks without its colour, and how it is called. */
export const looks: Readonly<Record<Shown, { readonly glyph: string; readonly word: string; readonly name: string }>> = {
  CRITICAL: { glyph: '×', word: 'critical', name: 'critical' },
  WARNING: { glyph: '!', word: 'warning', name: 'warning' },
  UNKNOWN: { glyph: '?', word: 'unknown', name: 'unknown' },
  NEW: { glyph: '…', word: 'waiting', name: 'new' },
  OK: { glyph: '✓', word: 'ok', name: 'ok' },
  DISABLED: { glyph: '–', word: 'disabled', name: 'disabled' },
}
// Object.keys forgets its types; the keys of `looks` are exactly the states.
export const states = Object.keys(looks) as readonly Shown[]

const numbers = new Intl.NumberFormat('en')
export const count = (n: number): string => numbers.format(n)
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`

/** A length of time in ms, in the two largest units at most: '3 s', '4 min 10 s', '2 d 3 h'. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return two(seconds, 60, 'min', 's', seconds < 600)
  if (seconds < 86_400) return two(Math.floor(seconds / 60), 60, 'h', 'min', true)
  return two(Math.floor(seconds / 3600), 24, 'd', 'h', seconds < 10 * 86_400)
}

function two(small: number, per: number, big: string, rest: string, both: boolean): string {
  const left = small % per
  return `${Math.floor(small / per)} ${big}${both && left > 0 ? ` ${left} ${rest}` : ''}`
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** A moment as a person wants it: the time today, with the day when it was another. */
export function moment(at: number, now: number): string {
  const date = new Date(at)
  const today = new Date(now).toDateString() === date.toDateString()
  return today ? clock.format(date) : `${day.format(date)} ${clock.format(date)}`
}

export const exact = (at: number): string => new Date(at).toISOString()

/** A time in ms as timings show it. */
export function ms(value: number): string {
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`
  return value >= 10 || Number.isInteger(value) ? `${Math.round(value)} ms` : `${value.toFixed(1)} ms`
}
