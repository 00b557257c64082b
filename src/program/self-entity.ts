import type { ConfigurationChange, ConfigurationRepository } from '../contracts/configuration.ts'
import type { Alarm, Check } from '../core/entities/resources.ts'

/** Fixed ids, so that a restart finds what the first start made. */
export const selfIds = { entity: 'enVedette0', check: 'chVedette0', http: 'chVedette1', alarm: 'alVedette0', httpAlarm: 'alVedette1' } as const

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
  readonly zones: readonly string[]
  /** where this server answers, as a poller in the same process reaches it */
  readonly address: string
  readonly url: string
  readonly now: number
}

/** Makes the entity by which Vedette watches itself: so a first start has something alive to look at. */
export async function createSelfEntity(configuration: ConfigurationRepository, facts: SelfEntityFacts): Promise<'applied' | 'conflict'> {
  return configuration.commit({ tenant: facts.tenant, entity: selfIds.entity }, changes(facts))
}

/** After a start at another address or with other zones the check of our own API follows; what somebody deleted or made another stays so. */
export async function moveSelfCheck(configuration: ConfigurationRepository, { tenant, zones, address, url, now }: SelfEntityFacts): Promise<'moved' | 'stays'> {
  const partition = { tenant, entity: selfIds.entity }
  const stored = await configuration.get('check', partition, selfIds.http)
  if (stored === undefined || !/^https?:\/\/[^/]+\/healthz$/.test(String(stored.value.details.url))) return 'stays'
  const { details, monitoring_zones_poll: polled } = stored.value
  if (details.url === healthOf(url) && zones.join() === polled?.join()) return 'stays'
  const value: Check = { ...stored.value, details: { ...details, url: healthOf(url) }, target_hostname: address, monitoring_zones_poll: [...zones], updated_at: now }
  return await configuration.commit(partition, [{ kind: 'check', id: selfIds.http, expected: stored.version, value }]) === 'conflict' ? 'stays' : 'moved'
}

const healthOf = (url: string): string => `${url}/healthz`

function changes({ zones, address, url, now }: SelfEntityFacts): readonly ConfigurationChange[] {
  const stamps = { created_at: now, updated_at: now }
  const check: Check = {
    id: selfIds.check, entity_id: selfIds.entity, type: 'agent.vedette', label: 'Vedette itself', details: {}, disabled: false, period: 10, timeout: 5,
    monitoring_zones_poll: null, target_alias: null, target_hostname: null, target_resolver: null, confirm: true, metadata: null, ...stamps,
  }
  const http: Check = {
    ...check, id: selfIds.http, type: 'remote.http', label: 'This server\'s API', period: 30, timeout: 10, monitoring_zones_poll: [...zones], target_hostname: address,
    details: { url: healthOf(url), method: 'GET', follow_redirects: true, include_body: false },
  }
  const alarm = (id: string, on: Check, criteria: string): Alarm => ({
    id, entity_id: selfIds.entity, check_id: on.id, notification_plan_id: 'npTechnicalContactsEmail', criteria, disabled: false, label: on.label, metadata: null, ...stamps,
  })
  return [
    { kind: 'entity', id: selfIds.entity, expected: 0, value: { id: selfIds.entity, label: 'Vedette', agent_id: null, ip_addresses: null, managed: false, uri: null, metadata: { about: 'Vedette watches itself; delete it if you like' }, ...stamps } },
    { kind: 'check', id: check.id, expected: 0, value: check },
    { kind: 'check', id: http.id, expected: 0, value: http },
    { kind: 'alarm', id: selfIds.alarm, expected: 0, value: alarm(selfIds.alarm, check, selfCriteria) },
    { kind: 'alarm', id: selfIds.httpAlarm, expected: 0, value: alarm(selfIds.httpAlarm, http, httpCriteria) },
  ]
}
