import { createHash } from 'node:crypto'
import type { ConfigurationChange, ConfigurationRepository } from '../contracts/configuration.ts'
import { newId } from '../core/entities/ids.ts'
import type { Alarm, Check } from '../core/entities/resources.ts'

/** Fixed ids, so that a restart finds what the first start made. */
export const selfIds = { entity: 'enVedette0', check: 'chVedette0', http: 'chVedette1', alarm: 'alVedette0', httpAlarm: 'alVedette1' } as const
export interface SelfIds { readonly entity: string; readonly check: string; readonly alarm: string }

/** A region's ids follow from its name, so that whichever of its processes comes first makes the same. */
export function selfIdsOf(region: string): SelfIds {
  const idOf = (kind: 'entity' | 'check' | 'alarm') => fixedId(kind, `self ${region}`)
  return { entity: idOf('entity'), check: idOf('check'), alarm: idOf('alarm') }
}

/** An id that follows from a name. */
export function fixedId(kind: Parameters<typeof newId>[0], name: string): string {
  return newId(kind, createHash('sha256').update(`vedette ${kind} ${name}`).digest())
}

const selfCriteria = `# What Vedette says of itself; see GET /readyz for the same in words.
if (metric['problems'] > 0) { return new AlarmStatus(CRITICAL, '#{problem}'); }
if (metric['warnings'] > 0) { return new AlarmStatus(WARNING, '#{warning}'); }
if (metric['deliveries_given_up'] > previous(metric['deliveries_given_up'])) { return new AlarmStatus(WARNING, 'a notification could not be delivered'); }
if (metric['loop_lag'] > 1000) { return new AlarmStatus(WARNING, 'the event loop stood still for #{loop_lag} ms'); }
return new AlarmStatus(OK, 'watching #{checks} checks');`

const httpCriteria = `if (metric['code'] != '200') { return new AlarmStatus(CRITICAL, 'answers #{code}'); }
return new AlarmStatus(OK, 'answers in #{duration} ms');`

export interface SelfEntityFacts {
  readonly tenant: string
  readonly ids: SelfIds
  readonly label: string
  readonly now: number
  /** where this server answers, as pollers in the same process reach it; absent: nobody looks at it */
  readonly web?: Web
}
interface Web { readonly zones: readonly string[]; readonly address: string; readonly url: string }

/** Makes the entity by which Vedette watches itself: so a first start has something alive to look at. */
export async function createSelfEntity(configuration: ConfigurationRepository, facts: SelfEntityFacts): Promise<'applied' | 'conflict'> {
  return configuration.commit({ tenant: facts.tenant, entity: facts.ids.entity }, changes(facts))
}

/** After a start at another address or with other zones the check of our own API follows; what somebody deleted or made another stays so. */
export async function moveSelfCheck(configuration: ConfigurationRepository, { tenant, web: { zones, address, url }, now }: SelfEntityFacts & { readonly web: Web }): Promise<'moved' | 'stays'> {
  const partition = { tenant, entity: selfIds.entity }
  const stored = await configuration.get('check', partition, selfIds.http)
  if (stored === undefined || !/^https?:\/\/[^/]+\/healthz$/.test(String(stored.value.details.url))) return 'stays'
  const { details, monitoring_zones_poll: polled } = stored.value
  if (details.url === healthOf(url) && zones.join() === polled?.join()) return 'stays'
  const value: Check = { ...stored.value, details: { ...details, url: healthOf(url) }, target_hostname: address, monitoring_zones_poll: [...zones], updated_at: now }
  return await configuration.commit(partition, [{ kind: 'check', id: selfIds.http, expected: stored.version, value }]) === 'conflict' ? 'stays' : 'moved'
}

const healthOf = (url: string): string => `${url}/healthz`

function changes({ ids, label, web, now }: SelfEntityFacts): readonly ConfigurationChange[] {
  const stamps = { created_at: now, updated_at: now }
  const check: Check = {
    id: ids.check, entity_id: ids.entity, type: 'agent.vedette', label: 'Vedette itself', details: {}, disabled: false, period: 10, timeout: 5,
    monitoring_zones_poll: null, target_alias: null, target_hostname: null, target_resolver: null, confirm: true, metadata: null, ...stamps,
  }
  return [
    { kind: 'entity', id: ids.entity, expected: 0, value: { id: ids.entity, label, agent_id: null, ip_addresses: null, managed: false, uri: null, metadata: { about: 'Vedette watches itself; delete it if you like' }, ...stamps } },
    { kind: 'check', id: check.id, expected: 0, value: check },
    { kind: 'alarm', id: ids.alarm, expected: 0, value: alarmOn(check, ids.alarm, selfCriteria) },
    ...(web === undefined ? [] : webChanges(check, web)),
  ]
}

function webChanges(check: Check, { zones, address, url }: Web): readonly ConfigurationChange[] {
  const http: Check = {
    ...check, id: selfIds.http, type: 'remote.http', label: 'This server\'s API', period: 30, timeout: 10, monitoring_zones_poll: [...zones], target_hostname: address,
    details: { url: healthOf(url), method: 'GET', follow_redirects: true, include_body: false },
  }
  return [
    { kind: 'check', id: http.id, expected: 0, value: http },
    { kind: 'alarm', id: selfIds.httpAlarm, expected: 0, value: alarmOn(http, selfIds.httpAlarm, httpCriteria) },
  ]
}

function alarmOn({ id: check, entity_id, label, created_at, updated_at }: Check, id: string, criteria: string): Alarm {
  return { id, entity_id, check_id: check, notification_plan_id: 'npTechnicalContactsEmail', criteria, disabled: false, label, metadata: null, created_at, updated_at }
}
