export type AlarmState = 'OK' | 'WARNING' | 'CRITICAL'
export type ConsistencyLevel = 'ONE' | 'QUORUM' | 'ALL'
/** Letters of the reference: s string, i int32, I uint32, l int64, L uint64, n double. */
export type MetricType = 's' | 'i' | 'I' | 'l' | 'L' | 'n'
export interface Metric { readonly type: MetricType; readonly value: string | number; readonly unit: string }

/** What the evaluator sees of one observation; `at` in ms. */
export interface Sample {
  readonly at: number
  readonly available: boolean
  readonly status: string
  readonly metrics: Readonly<Record<string, Metric>>
}

/** Where something stands in the text: position from 0, line and column from 1, in UTF-16 units. */
export interface Place { readonly position: number; readonly line: number; readonly column: number }

/** What is wrong, where, what stood there ('' at the end of the text) and what could have. */
export interface Problem extends Place {
  readonly message: string
  readonly token: string
  readonly expected: readonly string[]
}

export interface Criteria {
  readonly settings: readonly Setting[]
  readonly branches: readonly Branch[]
  /** only the first is ever reached; the grammar allows more */
  readonly returns: readonly Return[]
}

export type Setting =
  | { readonly kind: 'consistencyLevel'; readonly value: ConsistencyLevel; readonly place: Place }
  | { readonly kind: 'consecutiveCount'; readonly value: number; readonly place: Place }
  | { readonly kind: 'dimensionFilter'; readonly value: string; readonly place: Place }

export interface Branch { readonly condition: Condition; readonly result: Return; readonly place: Place }
export interface Return { readonly state: AlarmState; readonly message: string | undefined; readonly place: Place }

/** `a && b || c` is [[a, b], [c]]: true when all of any group hold, as && binds tighter. */
export type Condition = readonly (readonly Comparison[])[]

export type OrderOperator = '>=' | '<=' | '>' | '<'
export type EqualityOperator = '==' | '!='
export type Operator = OrderOperator | EqualityOperator | 'regex' | 'nregex'

/** The grammar, not this type, says which right sides an operator takes. */
export interface Comparison {
  readonly left: Operand
  readonly operator: Operator
  readonly right: Operand | NumberLiteral | StringLiteral
  readonly place: Place
}

export type Operand = MetricName | Call
export interface MetricName { readonly kind: 'metric'; readonly name: string; readonly place: Place }
/** Which names are functions, and of what, is checked after parsing. */
export interface Call {
  readonly kind: 'call'
  readonly name: string
  readonly params: readonly (MetricName | NumberLiteral)[]
  readonly place: Place
}
export interface NumberLiteral { readonly kind: 'number'; readonly value: number; readonly place: Place }
export interface StringLiteral { readonly kind: 'string'; readonly value: string; readonly place: Place }

export type Reason =
  | 'unavailable' | 'no criteria' | 'missing metric' | 'wrong type' | 'matched' | 'default return' | 'no match'

/** What one observation means for an alarm, and why: `line` of the return, or the `metric` at fault. */
export interface Verdict {
  readonly state: AlarmState
  readonly status: string
  readonly reason: Reason
  readonly line?: number
  readonly metric?: string
}

/** Criteria ready to run; `evaluate` is total and keeps nothing between calls. */
export interface Compiled {
  readonly consistencyLevel: ConsistencyLevel
  /** as set; undefined when not set */
  readonly consecutiveCount: number | undefined
  readonly dimensionFilter: string | undefined
  /** the metrics that conditions name, in order of appearance */
  readonly metrics: readonly string[]
  readonly needsPrevious: boolean
  /** `previous` is the preceding observation of the same zone. */
  readonly evaluate: (current: Sample, previous: Sample | undefined) => Verdict
}
