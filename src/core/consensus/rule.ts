import type { Compiled } from '../alarm-language/index.ts'
import type { Rule } from '../alarm-row.ts'
import type { Alarm, Check } from '../entities/resources.ts'

/** What the check's type adds to the rule of its alarms. */
export interface TypeFacts {
  readonly category: 'remote' | 'agent' | 'heartbeat'
  readonly consecutiveCount: number
}

/** A poller's place is taken over at the latest after this long (ms). */
export const leaseOf = (periodMs: number): number => Math.min(10_000, periodMs / 2)

/** The zones whose votes count: those of a remote check, or the one source of a check that reports by itself. */
export function zonesOf(check: Pick<Check, 'monitoring_zones_poll'>, category: TypeFacts['category']): readonly string[] {
  return category === 'remote' ? (check.monitoring_zones_poll ?? []).toSorted() : [category]
}

/**
 * How long (ms) an observation of a zone keeps the zone fresh: 1.5 periods a counted run (reference, alarm language §4),
 * and the time a run and a hand-over between pollers may take.
 */
export function freshnessOf(check: Pick<Check, 'period' | 'timeout' | 'details'>, consecutiveCount: number): number {
  const period = check.period * 1000
  const grace = typeof check.details.grace === 'number' ? check.details.grace * 1000 : 0
  return 1.5 * consecutiveCount * period + check.timeout * 1000 + leaseOf(period) + grace
}

/** The rule by which an alarm is decided, from its configuration; `down` names zones known to be down. */
export function ruleOf(check: Check, alarm: Pick<Alarm, 'disabled'>, criteria: Compiled, type: TypeFacts, down: readonly string[] = []): Rule {
  const zones = zonesOf(check, type.category)
  const consecutiveCount = criteria.consecutiveCount ?? type.consecutiveCount
  return {
    level: criteria.consistencyLevel,
    zones,
    consecutiveCount,
    freshFor: freshnessOf(check, consecutiveCount),
    disabled: alarm.disabled || check.disabled,
    down: down.filter((zone) => zones.includes(zone)),
    confirmAlone: type.category === 'remote' && zones.length === 1 && check.confirm,
  }
}

/** A short fingerprint (FNV-1a, 32 bits twice) of criteria text: tells whether votes given under it still mean the same. */
export function fingerprint(criteria: string | null): string {
  const text = criteria ?? ''
  return hash(text, 0x811c9dc5) + hash(text, 0x01000193)
}

function hash(text: string, seed: number): string {
  let value = seed
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return (value >>> 0).toString(16).padStart(8, '0')
}
