import type { Observation } from '../../core/observation.ts'
import { observationId } from '../../core/observation.ts'

/** Oldest first by `at`, then by identity; the one order of everything that is read. */
export function byTime(a: Observation, b: Observation): number {
  if (a.at !== b.at) return a.at - b.at
  if (isSame(a, b)) return 0
  return observationId(a) < observationId(b) ? -1 : 1
}

/** Whether two observations of one check and zone are the same one. */
export function isSame(a: Observation, b: Observation): boolean {
  return a.slot === b.slot && a.sequence === b.sequence && a.kind === b.kind && a.boot === b.boot
}

/** Sorted, and what was written twice once: the one that came first in `observations` stays. */
export function inOrder(observations: readonly Observation[]): Observation[] {
  const sorted = observations.toSorted(byTime)
  return sorted.filter((observation, i) => i === 0 || observation.at !== sorted[i - 1]!.at || !isSame(observation, sorted[i - 1]!))
}
