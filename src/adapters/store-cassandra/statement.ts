/** Consistency levels by the names that CQL gives them. */
export type Consistency = 'ONE' | 'LOCAL_ONE' | 'LOCAL_QUORUM' | 'QUORUM' | 'SERIAL'

/** What may be bound to a marker: times are `double` (ms, as everywhere), versions `int`. */
export type Parameter = string | number | boolean | Uint8Array | null | readonly string[] | readonly number[]

/**
 * One CQL statement, declared once beside the code that binds it; the comment above it says why this consistency.
 * - `serialConsistency` marks a conditional write (compare-and-set).
 * - `idempotent`: sent again to another node when one is slow or gone. A conditional write never is.
 * - `about` completes "The store did not answer while …".
 */
export interface Statement {
  readonly cql: string
  readonly consistency: Consistency
  readonly serialConsistency?: 'SERIAL'
  readonly idempotent: boolean
  readonly about: string
}

/** One row of an answer; whoever reads it knows the columns it asked for: text is string, double and int number, blob Buffer. */
export interface Row { get(column: string): unknown }

export function isConditional(statement: Statement): boolean {
  return statement.serialConsistency !== undefined
}

export function isRead(statement: Statement): boolean {
  return statement.cql.startsWith('SELECT')
}
