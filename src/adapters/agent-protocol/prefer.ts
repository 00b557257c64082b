import { chosen } from '../../core/schedule/rendezvous.ts'
import type { ConnectSettings } from './settings.ts'

/** An endpoint that is connected. */
export interface Candidate {
  readonly name: string
  /** how long a heartbeat takes there and back, ms */
  readonly latency: number
  /** false for a while after it failed */
  readonly trusted: boolean
}

/** What was preferred last, and for how long it has been (ms). */
export interface Habit { readonly name: string | undefined; readonly since: number }

/**
 * The endpoint to send to: the nearest, and among equally near ones each poller has its own, so that they spread. It
 * stays what it was unless it is gone, failed, or another is much nearer.
 */
export function prefer(candidates: readonly Candidate[], owner: string, habit: Habit, settings: Pick<ConnectSettings, 'near' | 'nearer' | 'stay'>): string | undefined {
  const trusted = candidates.filter((candidate) => candidate.trusted)
  const open = trusted.length > 0 ? trusted : candidates
  const least = Math.min(...open.map((candidate) => candidate.latency))
  const current = open.find((candidate) => candidate.name === habit.name)
  if (current !== undefined && !isMuchNearer(least, current.latency, settings)) return current.name
  if (current !== undefined && habit.since < settings.stay) return current.name
  return chosen(owner, open.filter((candidate) => candidate.latency <= least + settings.near).map((candidate) => candidate.name))
}

function isMuchNearer(least: number, latency: number, { near, nearer }: Pick<ConnectSettings, 'near' | 'nearer'>): boolean {
  return latency - least > near && latency > least * nearer
}
