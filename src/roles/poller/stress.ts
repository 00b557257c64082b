import type { ProbeResult } from '../../contracts/prober.ts'
import type { PollerSettings } from './settings.ts'

export interface Circumstances {
  /** the check's, ms */
  readonly timeout: number
  readonly startDelay: number
  readonly lag: number
  readonly canariesSilent: boolean
}

/** Why this look at a target is not to be trusted; null when it is. The prober suspects itself before it suspects anybody. */
export function stressOf(result: ProbeResult, seen: Circumstances, settings: Pick<PollerSettings, 'stressDelay' | 'stressShare'>): string | null {
  const limit = Math.min(settings.stressDelay, settings.stressShare * seen.timeout)
  if (result.cannot === true) return `cannot probe: ${result.status}`
  if (seen.startDelay > limit) return `started ${Math.round(seen.startDelay)} ms late`
  if (seen.lag > limit) return `event loop stood still for ${Math.round(seen.lag)} ms`
  if (seen.canariesSilent) return 'no canary of the zone answers'
  return null
}
