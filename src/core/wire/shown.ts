import { Type, type Static, type TSchema } from 'typebox'
import { Account, Alarm, Check, Entity, MonitoringZone, Notification, NotificationPlan } from '../entities/resources.ts'

const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const ids = orNull(Type.Array(Type.String()))
const suppressions = { active_suppressions: ids, scheduled_suppressions: ids }
const confd = { confd_name: orNull(Type.String()), confd_hash: orNull(Type.String()) }
const noConfd = { confd_name: null, confd_hash: null }

/** The forms in which resources are answered: the stored ones, and what the reference shows besides. */
export const ShownEntity = Type.Object({ ...Entity.properties, ...suppressions }, { title: 'Entity' })
export const ShownCheck = Type.Object({
  ...Type.Omit(Check, ['entity_id']).properties, ...confd, ...suppressions,
  heartbeat_url: Type.Optional(Type.String({ description: 'where the job of a heartbeat check reports' })),
}, { title: 'Check' })
export const ShownAlarm = Type.Object({ ...Alarm.properties, ...confd, ...suppressions }, { title: 'Alarm' })
export const ShownNotification = Type.Object({ ...Notification.properties }, { title: 'Notification' })
const stamped = { created_at: Type.Optional(Type.Integer()), updated_at: Type.Optional(Type.Integer()) }
export const ShownPlan = Type.Object({ ...NotificationPlan.properties, ...stamped }, { title: 'NotificationPlan', description: 'built-in plans have no timestamps' })
export const ShownZone = Type.Union([
  Type.Object({ ...Type.Pick(MonitoringZone, ['id', 'label', 'country_code', 'source_ips']).properties }, { title: 'PublicZone' }),
  Type.Object({ ...Type.Pick(MonitoringZone, ['id', 'label', 'maximum_checks', 'maximum_agents', 'disabled', 'metadata']).properties, ...stamped }, { title: 'PrivateZone' }),
], { title: 'MonitoringZone' })
export const ShownAccount = Type.Object({ ...Account.properties }, { title: 'Account' })

export type ShownEntity = Static<typeof ShownEntity>
export type ShownCheck = Static<typeof ShownCheck>
export type ShownAlarm = Static<typeof ShownAlarm>
export type ShownPlan = Static<typeof ShownPlan>
export type ShownZone = Static<typeof ShownZone>

export function showEntity(entity: Entity): ShownEntity {
  const { id, label, ip_addresses, metadata, managed, uri, agent_id, created_at, updated_at } = entity
  return { id, label, ip_addresses, metadata, managed, uri, agent_id, created_at, updated_at, active_suppressions: [], scheduled_suppressions: [] }
}

/** `details` come with their secrets hidden. */
export function showCheck(check: Check, details: Check['details'], heartbeatUrl?: string): ShownCheck {
  const { id, label, type, monitoring_zones_poll, timeout, period, target_alias, target_hostname, target_resolver, disabled, confirm, metadata, created_at, updated_at } = check
  const shown = {
    id, label, type, details, monitoring_zones_poll, timeout, period, target_alias, target_hostname, target_resolver, disabled, confirm, metadata,
    ...noConfd, active_suppressions: [], scheduled_suppressions: [], created_at, updated_at,
  }
  return heartbeatUrl === undefined ? shown : { ...shown, heartbeat_url: heartbeatUrl }
}

export function showAlarm(alarm: Alarm): ShownAlarm {
  const { id, label, check_id, entity_id, criteria, disabled, notification_plan_id, metadata, created_at, updated_at } = alarm
  const rest = { ...noConfd, active_suppressions: [], scheduled_suppressions: [], created_at, updated_at }
  return { id, label, check_id, entity_id, criteria, disabled, notification_plan_id, metadata, ...rest }
}

export function showPlan(plan: NotificationPlan): ShownPlan {
  const { id, label, critical_state, warning_state, ok_state, unknown_state, metadata, created_at, updated_at } = plan
  const rest = { id, label, critical_state, warning_state, ok_state, unknown_state, metadata }
  return created_at === 0 ? rest : { ...rest, created_at, updated_at }
}

/** `details` come with their secrets hidden. */
export function showNotification({ id, label, type, metadata, created_at, updated_at }: Notification, details: Notification['details']): Notification {
  return { id, label, type, details, metadata, created_at, updated_at }
}

/** A public zone shows where its probes come from; a private one what it may run (reference, section 22). */
export function showZone(zone: MonitoringZone): ShownZone {
  const { id, label } = zone
  if (!isPrivate(id)) return { id, label, country_code: zone.country_code, source_ips: zone.source_ips }
  const { maximum_checks, maximum_agents, disabled, metadata, created_at, updated_at } = zone
  return { id, label, maximum_checks, maximum_agents, disabled, metadata, created_at, updated_at }
}

export const isPrivate = (zone: string): boolean => zone.startsWith('pz')
