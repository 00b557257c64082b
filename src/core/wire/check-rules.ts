import { defaults, limits } from '../entities/defaults.ts'
import type { Check, Entity } from '../entities/resources.ts'
import { invalid, wrongPrefix, type Refusal } from './errors.ts'

type Category = 'remote' | 'agent' | 'heartbeat'
export interface CheckRules { readonly category: Category; readonly minPeriod: number }

/** The timeout of a check that names none: the default, or half a period where that would not be shorter than it. */
export function usualTimeout(period: number): number {
  return Math.max(1, Math.min(defaults.timeout, Math.floor(period / 2)))
}

/** What of a check breaks a rule that stands between several of its keys; undefined when nothing does. */
export function checkProblem(check: Check, entity: Pick<Entity, 'ip_addresses'>, rules: CheckRules): Refusal | undefined {
  return timesProblem(check, rules) ?? (rules.category === 'remote' ? remoteProblem(check, entity) : selfReportingProblem(check, rules.category))
}

function timesProblem({ period, timeout }: Check, { category, minPeriod }: CheckRules): Refusal | undefined {
  const longest = category === 'heartbeat' ? limits.maxHeartbeatPeriod : limits.maxPeriod
  if (period < minPeriod || period > longest) return invalid('period', `must be from ${minPeriod} to ${longest} seconds; found ${period}`)
  const shortest = Math.max(1, Math.min(limits.minTimeout, minPeriod - 1))
  if (timeout < shortest) return invalid('timeout', `must be at least ${shortest} seconds; found ${timeout}`)
  // A heartbeat waits for nothing; its timeout is only the grace after a period.
  if (timeout >= period && category !== 'heartbeat') return invalid('timeout', `must be less than period (${period}); found ${timeout}`)
  return undefined
}

function remoteProblem(check: Check, entity: Pick<Entity, 'ip_addresses'>): Refusal | undefined {
  const zones = check.monitoring_zones_poll ?? []
  if (zones.length === 0) return invalid('monitoring_zones_poll', 'Missing required key (monitoring_zones_poll)')
  const stranger = zones.find((zone) => !/^(mz|pz)/.test(zone))
  if (stranger !== undefined) return wrongPrefix(stranger, ['mz', 'pz'])
  const { target_alias: alias, target_hostname: hostname } = check
  if (alias !== null && hostname !== null) return invalid('target_alias', 'target_alias and target_hostname exclude each other')
  if (alias === null && hostname === null) return invalid('target_hostname', 'one of target_alias and target_hostname is required')
  if (alias !== null && !Object.hasOwn(entity.ip_addresses ?? {}, alias)) return invalid('target_alias', `must be a key of the entity's ip_addresses; found ${JSON.stringify(alias)}`)
  return undefined
}

/** Agents and jobs report by themselves: nobody goes anywhere to look. */
function selfReportingProblem(check: Check, category: Category): Refusal | undefined {
  for (const key of ['monitoring_zones_poll', 'target_alias', 'target_hostname', 'target_resolver'] as const) {
    if (check[key] !== null) return invalid(key, `must be absent or null for ${category} checks`)
  }
  return undefined
}
