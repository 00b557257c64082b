import type { EntryView } from '../../src/roles/console/wire.ts'
import type { Truth } from './target-field.ts'

/** What was true of a target, and what its alarm's ledger says; both oldest first. */
export interface Recorded { readonly target: number; readonly alarm: string; readonly entries: readonly Entry[]; readonly truths: readonly Truth[] }
export type Entry = Pick<EntryView, 'kind' | 'at' | 'version' | 'state' | 'previousState' | 'reason'>
export interface Problem { readonly kind: 'missed' | 'extra'; readonly about: string }

/** ms: what is true for `least` has to be recorded; what is recorded has to have been true within `lag` before; the last truth ends at `until` */
export interface Spans { readonly least: number; readonly lag: number; readonly until: number }

export const seconds = (ms: number | undefined): number => (ms === undefined ? Number.NaN : Math.round(ms / 100) / 10)
export const isKnown = ({ kind, state }: Entry): boolean => kind === 'state' && state !== 'UNKNOWN'
export const isTold = (entry: Entry): boolean => isKnown(entry) && entry.previousState !== 'UNKNOWN'
export const countBy = (words: readonly string[]): Readonly<Record<string, number>> => Object.fromEntries(Object.entries(Object.groupBy(words, (word) => word)).map(([word, all = []]) => [word, all.length]))

interface Span extends Truth { readonly end: number }

/** What was true long enough that it has to be recorded. The first state of all is no change, and is left out. */
export function expected({ truths }: Pick<Recorded, 'truths'>, { least, until }: Spans): readonly Span[] {
  return truths.slice(1).map((truth, index) => ({ ...truth, end: truths[index + 2]?.at ?? until })).filter(({ at, end }) => end - at >= least)
}

/** Spans during which the last known state, as recorded, was never the true one. */
export function missed(one: Recorded, spans: Spans): readonly Problem[] {
  const entries = one.entries.filter(isKnown)
  return expected(one, spans).filter(({ at, end, state }) => {
    const before = entries.findLast((entry) => entry.at <= at)
    return before?.state !== state && !entries.some((entry) => entry.state === state && entry.at > at && entry.at < end + spans.lag)
  }).map(({ at, end, state, mood }) => ({ kind: 'missed', about: `target ${one.target} ${state} (${mood}) from ${new Date(at).toISOString()} for ${seconds(end - at)} s, ${one.alarm}` }))
}

/** Recorded states that were not true of the target within `lag` before. */
export function extra(one: Recorded, { lag }: Spans): readonly Problem[] {
  const { truths, target, alarm } = one
  return one.entries.filter(isKnown).filter((entry) => !truths.some(({ at, state }, index) => state === entry.state && at <= entry.at && (truths[index + 1]?.at ?? Number.POSITIVE_INFINITY) >= entry.at - lag))
    .map((entry) => ({ kind: 'extra', about: `target ${target} ${entry.previousState} → ${entry.state} at version ${entry.version}, while it was ${truths.findLast(({ at }) => at <= entry.at)?.state}: ${entry.reason}, ${alarm}` }))
}

/** How long it took from the turn of a target to its record, ms. */
export function delaysOf({ truths, entries }: Recorded, { lag }: Spans): readonly number[] {
  return truths.slice(1).flatMap(({ at, state }, index) => {
    const end = (truths[index + 2]?.at ?? Number.POSITIVE_INFINITY) + lag
    const entry = entries.find((one) => isKnown(one) && one.state === state && one.at >= at && one.at < end)
    return entry === undefined ? [] : [entry.at - at]
  })
}

/** Oldest first. */
export function gaps(entries: readonly Entry[]): number {
  return entries.reduce((sum, { version }, index) => sum + version - (entries[index - 1]?.version ?? 0) - 1, 0)
}
