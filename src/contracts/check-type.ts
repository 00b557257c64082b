import type { Static, TObject } from 'typebox'
import type { MetricType } from '../core/alarm-language/types.ts'
import type { Clock } from './clock.ts'
import type { ProbeResult } from './prober.ts'
import type { Random } from './random.ts'

/** An address that may be probed, or why there is none. `took` is ms, 0 for a literal. */
export type Resolved =
  | { readonly kind: 'address'; readonly address: string; readonly family: 4 | 6; readonly took: number }
  | { readonly kind: 'forbidden' | 'not found' | 'failed'; readonly detail: string }

/** Every address that a probe connects to comes from here; that is how the operator's forbidden ranges hold everywhere. */
export interface Resolver {
  resolve(host: string, family: 4 | 6 | undefined, signal: AbortSignal): Promise<Resolved>
}

/** The facts of one metric: its type letter, its unit and what it is. A name may end in `*`. */
export interface MetricFacts { readonly type: MetricType; readonly unit: string; readonly about: string }

export interface ProbeContext<D> {
  /** as configured: for Host headers and server names; null when the target is an alias */
  readonly hostname: string | null
  readonly address: string
  readonly family: 4 | 6
  readonly resolveTook: number
  /** the family that the check asks for; undefined when any will do */
  readonly wantedFamily: 4 | 6 | undefined
  readonly details: D
  readonly clock: Clock
  readonly random: Random
  readonly resolver: Resolver
  /** the local address to probe from, for targets of its family; the system chooses where there is none */
  readonly source?: string | undefined
  /** aborts at the check's timeout */
  readonly signal: AbortSignal
  /** ms, the check's whole timeout */
  readonly timeout: number
  readonly debug: boolean
}

/**
 * A kind of check: facts first, then one function. API validation, the list of check types, the alarm language's
 * knowledge of metrics, the console's form and the reference page are read from these facts.
 */
export interface CheckType<S extends TObject = TObject> {
  readonly type: string
  readonly category: 'remote' | 'agent' | 'heartbeat'
  readonly about: string
  readonly details: S
  /** keys of details that are secrets: sealed at rest, never returned */
  readonly secrets: readonly string[]
  readonly metrics: Readonly<Record<string, MetricFacts>>
  readonly consecutiveCount: number
  /** what is wrong with details that fit the schema, where a schema cannot say it; undefined when nothing is */
  problem?(details: Static<S>): DetailProblem | undefined
  /** absent for types that report by themselves */
  run?(context: ProbeContext<Static<S>>): Promise<Omit<ProbeResult, 'target'>>
}

/** `key` as in an error of the API: 'url', 'body_matches.title', … */
export interface DetailProblem { readonly key: string; readonly message: string }

export function defineCheckType<const S extends TObject>(facts: Omit<CheckType<S>, 'secrets' | 'consecutiveCount'> & Partial<Pick<CheckType<S>, 'secrets' | 'consecutiveCount'>>): CheckType<S> {
  return { secrets: [], consecutiveCount: 1, ...facts }
}
