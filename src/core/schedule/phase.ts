import { fraction } from './hash.ts'

/** When a check runs in one zone: at every time t (ms since the epoch) with t mod period = phase. */
export interface Rhythm { readonly phase: number; readonly period: number }

/** Phases are multiples of this (ms): where hundreds of checks a second run, several then share one wake-up of the process. */
const grain = 10

/**
 * The rhythm of a check (period in ms) in `zone`: a base that follows from the check's id, and its zones evenly
 * out of phase over the period, in byte order of their names. It needs no memory, so every poller finds the same.
 */
export function rhythmOf(check: string, period: number, zones: readonly string[], zone: string): Rhythm {
  const place = Math.max(0, zones.toSorted().indexOf(zone))
  const exact = (fraction(check) * period + (place * period) / Math.max(1, zones.length)) % period
  return { phase: Math.floor(exact / grain) * grain, period }
}

/** The latest slot at or before `now`. */
export function slotAt(now: number, { phase, period }: Rhythm): number {
  return Math.floor((now - phase) / period) * period + phase
}

/** The first slot after `now`: computed from the phase and never from the last run, so there is no drift. */
export function nextSlot(now: number, rhythm: Rhythm): number {
  return slotAt(now, rhythm) + rhythm.period
}

/** A run to come: the slot that it belongs to, and when it shall start. */
export interface Run { readonly slot: number; readonly due: number }

export interface Missed {
  /** ms; slots after it have not been run by anybody */
  readonly since: number
  /** ms by which a zone's silence may exceed one and a half periods before it counts as blind */
  readonly slack: number
  /** 0 … 1, the check's own place in the crowd */
  readonly spread: number
}

/**
 * The next run when some slots may have been missed: by a stop of the process, a step of the clock, a lost poller.
 * One missed run is a hiccup, so it is skipped, unless the zone would be blind before the next slot: then the
 * missed slot is made up once, at a time spread over what is left of half a period, after which it would be too late.
 */
export function resume(now: number, rhythm: Rhythm, missed: Missed): Run {
  const last = slotAt(now, rhythm)
  const left = rhythm.period / 2 - (now - last)
  if (last > missed.since && left > 0 && rhythm.period / 2 > missed.slack) return { slot: last, due: Math.ceil(now + missed.spread * left) }
  return { slot: last + rhythm.period, due: last + rhythm.period }
}
