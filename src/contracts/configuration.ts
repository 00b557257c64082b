import type {
  Account, Alarm, Check, Entity, MonitoringZone, Notification, NotificationPlan, Suppression, Token, User,
} from '../core/entities/resources.ts'

/** Every kind of configuration, and the type of its value. */
export interface Kinds {
  account: Account; entity: Entity; check: Check; alarm: Alarm
  notification: Notification; notificationPlan: NotificationPlan; suppression: Suppression
  monitoringZone: MonitoringZone; user: User; token: Token
}
export type Kind = keyof Kinds

/**
 * A partition is what one conditional write may span: `{tenant}` holds the account, notifications, plans,
 * suppressions and private zones of a tenant; `{tenant, entity}` one entity with its checks and alarms; tenant ''
 * holds what belongs to all: public zones, users (id = name) and tokens (id = hash). A token is changed alone: where
 * many sign in at once they shall not hinder each other.
 */
export interface Partition { readonly tenant: string; readonly entity?: string }

export interface Stored<K extends Kind = Kind> {
  readonly kind: K
  readonly partition: Partition
  readonly id: string
  readonly value: Kinds[K]
  /** 1 when created, one more with every change; a re-created id goes on where it stopped */
  readonly version: number
}

/** `expected`: the version that must stand now; 0 means that no such row may exist. `value: null` deletes. */
export type ConfigurationChange = {
  [K in Kind]: { readonly kind: K; readonly id: string; readonly expected: number; readonly value: Kinds[K] | null }
}[Kind]

export interface ListOptions { readonly limit: number; /** the first id wanted, inclusive */ readonly marker?: string; readonly ids?: readonly string[] }
export interface Page<T> { readonly values: readonly T[]; /** the id of the next page's first item; null on the last */ readonly next: string | null }

export interface EntityTree {
  readonly entity: Stored<'entity'>
  readonly checks: readonly Stored<'check'>[]
  readonly alarms: readonly Stored<'alarm'>[]
}

/** What a zone's pollers run: a check with its entity, and the version that they go by. */
export interface ScheduledCheck { readonly tenant: string; readonly entity: Entity; readonly check: Check; readonly version: number }
export interface ScheduleDelta {
  /** hand it back with the next call; opaque */
  readonly cursor: string
  /** true: forget everything that you knew of this zone, this is all of it */
  readonly full: boolean
  readonly upserts: readonly ScheduledCheck[]
  /** ids of checks which this zone shall not run any more */
  readonly removes: readonly string[]
}

/**
 * The configuration of all tenants.
 * - `get` of what never was, or was deleted, is undefined.
 * - `list` answers in byte order of ids; `marker` is inclusive and need not exist; `ids` keeps only those.
 *   Entities are listed by `{tenant}`; checks and alarms by `{tenant, entity}`.
 * - `entities` names all entities of a tenant in byte order; cheap, for who looks at all of them again and again. It leaves
 *   out none; after a death in the middle of a deletion one may be named for a while that is gone.
 * - `tree` reads one entity with all its checks and alarms as of one moment.
 * - `commit` applies all changes of one partition or none: 'conflict' when any expected version does not stand.
 *   StoreUnavailable with outcome 'unknown' means that it may be applied, even later; reading settles nothing.
 *   A commit on an entity's partition may create, change or delete the entity row itself (id = the entity's).
 * - `schedule` gives what changed for a zone since a cursor ('' asks for all): enabled checks that name the zone;
 *   zone '' stands for the checks that name none (heartbeats, agents);
 *   a change of a check or of its entity is seen by the first call after its commit, on whichever node; a cursor that
 *   another node gave out is understood, or answered in full.
 * - `changes` yields a tick after each commit on this node, for those who cache; missing one is harmless because
 *   versions are compared.
 */
export interface ConfigurationRepository extends AsyncDisposable {
  get<K extends Kind>(kind: K, partition: Partition, id: string): Promise<Stored<K> | undefined>
  list<K extends Kind>(kind: K, partition: Partition, options: ListOptions): Promise<Page<Stored<K>>>
  entities(tenant: string): AsyncIterable<string>
  tree(tenant: string, entity: string): Promise<EntityTree | undefined>
  commit(partition: Partition, changes: readonly ConfigurationChange[]): Promise<'applied' | 'conflict'>
  schedule(zone: string, cursor: string): Promise<ScheduleDelta>
  changes(signal: AbortSignal): AsyncIterable<Partition>
}
