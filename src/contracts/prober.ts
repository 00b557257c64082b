import type { Metric } from '../core/alarm-language/types.ts'
import type { Check, Entity } from '../core/entities/resources.ts'

/** What one look at a target gave. A target that is down is a result; an exception is a bug of ours. */
export interface ProbeResult {
  readonly available: boolean
  /** 'code=200,rt=0.257s,bytes=0' or what went wrong: 'timeout', 'connection refused', … (at most 255 characters) */
  readonly status: string
  readonly metrics: Readonly<Record<string, Metric>>
  /** the address that was probed */
  readonly target: string | null
  /** true when we could not even try (no ICMP socket, forbidden target, unknown alias): says nothing of the target */
  readonly cannot?: boolean
  /** ms each; only phases that happened */
  readonly phases?: Readonly<Partial<Record<'dns' | 'connect' | 'tls' | 'firstByte' | 'total', number>>>
  /** the first 512 KB of a response's body, when asked for */
  readonly body?: string
}

export interface ProbeOptions { readonly signal: AbortSignal; readonly debug?: boolean }

/**
 * Runs a check once, now, from here. Ends by the check's own timeout (status 'timeout') or rejects with the signal's
 * reason when aborted from outside; never rejects for what the target does; leaves no socket behind.
 */
export interface Prober {
  run(entity: Pick<Entity, 'ip_addresses'>, check: ProbedCheck, options: ProbeOptions): Promise<ProbeResult>
}
export type ProbedCheck = Pick<Check, 'id' | 'type' | 'details' | 'timeout' | 'period' | 'target_alias' | 'target_hostname' | 'target_resolver'>
