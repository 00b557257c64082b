import type { Entity } from '../core/entities/resources.ts'
import type { ProbedCheck, ProbeOptions, ProbeResult } from './prober.ts'

/** One look at a check from each of several zones, now, for test-check. Nothing is stored and nothing votes. */
export interface Lookout {
  look(zones: readonly string[], entity: Pick<Entity, 'ip_addresses'>, check: ProbedCheck, options: ProbeOptions): Promise<readonly ZoneLook[]>
}
export interface ZoneLook { readonly zone: string; readonly at: number; readonly result: ProbeResult }
