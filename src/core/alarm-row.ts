import type { Alarm, Check, Entity, Notification } from './entities/resources.ts'
import type { AlarmState, ConsistencyLevel } from './alarm-language/types.ts'
import type { Observation } from './observation.ts'

/** What an alarm can show. UNKNOWN: never decided, or blind. DISABLED: nobody looks. */
export type State = AlarmState | 'UNKNOWN' | 'DISABLED'

export interface AlarmKey { readonly tenant: string; readonly entity: string; readonly alarm: string }

/** What one zone says, and when it was last heard at all (ms). */
export interface Vote {
  readonly zone: string
  readonly state: AlarmState
  readonly status: string
  /** the observation that gave this vote, and its time */
  readonly observation: string
  readonly at: number
  /** the zone's newest observation, stressed ones included, when the decision was made */
  readonly seenAt: number
  /** observations in a row, newest first, that did not vote because the prober was stressed */
  readonly stressedRun: number
}

/** Everything that configuration says about deciding one alarm; ms where a time is meant. */
export interface Rule {
  readonly level: ConsistencyLevel
  /** the configured zones, sorted */
  readonly zones: readonly string[]
  readonly consecutiveCount: number
  readonly freshFor: number
  readonly disabled: boolean
  /** zones known to be down, for ALL */
  readonly down: readonly string[]
  /** one zone alone looks twice before it changes its mind */
  readonly confirmAlone: boolean
}

/** What decide answers; `reason` names the rule that decided, in words a person can read. */
export type Decision =
  | { readonly kind: 'state'; readonly state: State; readonly zone: string | null; readonly reason: string }
  | { readonly kind: 'hold'; readonly reason: string }
  | { readonly kind: 'blind'; readonly reason: string }

/** The alarm's one mutable row: changed by compare-and-set on `version` and by nothing else. */
export interface AlarmRow {
  readonly key: AlarmKey
  readonly check: string
  readonly version: number
  readonly state: State
  /** the last state that was not UNKNOWN or DISABLED; null until the first */
  readonly lastKnown: AlarmState | null
  readonly status: string
  readonly reason: string
  readonly zone: string | null
  readonly votes: readonly Vote[]
  /** the configuration this row was decided under; `criteria` is a fingerprint of the criteria's text */
  readonly generation: number
  readonly criteria: string
  readonly decisionId: string
  readonly changedAt: number
  /** the id of the entry that brought the present state; null before the first */
  readonly changelogId: string | null
  /** a deleted alarm keeps a tombstone that outlives the longest spool */
  readonly deleted: boolean
}

/** A zone that was heard and has not made up its mind yet: it is not silent, and has no vote. */
export type Heard = Pick<Vote, 'zone' | 'seenAt' | 'stressedRun'>

/** The four inputs of `decide`, kept with every entry so that anyone can recompute it. */
export interface DecisionInputs {
  readonly previous: { readonly state: State; readonly lastKnown: AlarmState | null }
  readonly votes: readonly Vote[]
  /** absent: none */
  readonly undecided?: readonly Heard[]
  readonly rule: Rule
  readonly now: number
  /** whoever decided knew that ingest was up for long enough to judge silence; absent: it did not */
  readonly absence?: boolean
}

/** One notification of the plan, resolved and frozen; details stay sealed where they are secret. */
export interface FrozenNotification {
  readonly notification: Pick<Notification, 'id' | 'label' | 'type' | 'details'>
  readonly step: number
}

/** What the message of a change shows, frozen with it. */
export interface ChangeContext {
  readonly entity: Entity
  readonly check: Check
  readonly alarm: Alarm
  readonly observation: Observation | null
}

/** One version of an alarm. `state`: its state changed. `vote`: only votes did. The others say so. */
export interface LedgerEntry {
  readonly key: AlarmKey
  readonly check: string
  readonly version: number
  readonly kind: 'created' | 'state' | 'vote' | 'configured' | 'bump' | 'deleted'
  /** a time-ordered UUID: the changelog's id */
  readonly id: string
  readonly at: number
  readonly state: State
  readonly previousState: State
  readonly status: string
  readonly reason: string
  readonly zone: string | null
  readonly decisionId: string
  readonly generation: number
  readonly inputs: DecisionInputs | null
  readonly context: ChangeContext | null
  readonly plan: string | null
  /** ids of suppressions that kept the notifications back; empty when none did */
  readonly suppressedBy: readonly string[]
  readonly notifications: readonly FrozenNotification[]
  readonly trace: string
}

/** A delivery on its way; its key is `alarm:version:notification[:step]`. */
export interface Delivery {
  readonly key: AlarmKey
  readonly version: number
  readonly notification: FrozenNotification['notification']
  readonly step: number
  readonly createdAt: number
  readonly status: 'waiting' | 'delivered' | 'given up' | 'expired'
  /** not before this time (ms); meaningless once settled */
  readonly dueAt: number
  /** who holds it until when; a claim past its time is free again */
  readonly claim: { readonly owner: string; readonly until: number } | null
  readonly attempts: readonly Attempt[]
  readonly trace: string
}

export interface Attempt { readonly at: number; readonly took: number; readonly outcome: 'delivered' | 'try-again' | 'give-up'; readonly message: string; readonly from: string }

export function deliveryKey(d: Pick<Delivery, 'key' | 'version' | 'step'> & { notification: { id: string } }): string {
  const base = `${d.key.alarm}:${d.version}:${d.notification.id}`
  return d.step === 0 ? base : `${base}:${d.step}`
}
