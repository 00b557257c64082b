import type { Migration } from './migrations.ts'

/** Steps 101 to 199: tables of observations, alarms, outbox, leases and the confirm bus. */
export const dataMigrations: readonly Migration[] = [
  {
    number: 101,
    about: 'observations',
    statements: [
      // Rows are immutable and leave by TTL alone: a window of a day is dropped whole, and nothing has to be remembered for long after that.
      `CREATE TABLE IF NOT EXISTS observation (check_id text, zone text, day int, at double, id blob, body blob, PRIMARY KEY ((check_id, zone, day), at, id))
        WITH CLUSTERING ORDER BY (at DESC, id DESC) AND gc_grace_seconds = 86400
        AND compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'DAYS', 'compaction_window_size': 1}`,
      'CREATE TABLE IF NOT EXISTS observation_day (check_id text, zone text, day int, PRIMARY KEY (check_id, zone, day))',
    ],
  },
  {
    number: 102,
    about: 'alarms and their ledger',
    statements: [
      `CREATE TABLE IF NOT EXISTS alarm (tenant text, entity text, alarm text, version int, row_version int static, row blob static, decision text, entry blob, PRIMARY KEY ((tenant, entity, alarm), version))
        WITH CLUSTERING ORDER BY (version DESC)`,
      'CREATE TABLE IF NOT EXISTS alarm_name (tenant text, share int, entity text, alarm text, PRIMARY KEY ((tenant, share), entity, alarm))',
      `CREATE TABLE IF NOT EXISTS alarm_change (tenant text, day int, at double, id text, entity text, alarm text, version int, decision text, PRIMARY KEY ((tenant, day), at, id, entity, alarm, version))`,
      'CREATE TABLE IF NOT EXISTS alarm_change_day (tenant text, day int, PRIMARY KEY (tenant, day))',
    ],
  },
  {
    number: 103,
    about: 'outbox',
    statements: [
      `CREATE TABLE IF NOT EXISTS intent (bucket int, at double, tenant text, entity text, alarm text, version int, settled boolean, PRIMARY KEY (bucket, at, tenant, entity, alarm, version))
        WITH gc_grace_seconds = 86400 AND compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'DAYS', 'compaction_window_size': 1}`,
      `CREATE TABLE IF NOT EXISTS due (bucket int, due_at double, tenant text, entity text, alarm text, version int, notification text, step int,
        PRIMARY KEY (bucket, due_at, tenant, entity, alarm, version, notification, step))
        WITH gc_grace_seconds = 86400 AND compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'DAYS', 'compaction_window_size': 1}`,
      'CREATE TABLE IF NOT EXISTS used_bucket (kind text, day int, bucket int, PRIMARY KEY ((kind, day), bucket)) WITH gc_grace_seconds = 86400',
      `CREATE TABLE IF NOT EXISTS delivery (tenant text, entity text, alarm text, version int, notification text, step int, revision int, change text, body blob,
        PRIMARY KEY ((tenant, entity, alarm, version, notification), step))`,
      'CREATE TABLE IF NOT EXISTS delivery_name (tenant text, entity text, alarm text, version int, notification text, step int, PRIMARY KEY ((tenant, entity, alarm, version), notification, step))',
    ],
  },
  {
    number: 104,
    about: 'leases and the confirm bus',
    statements: [
      // Short-lived rows: what has expired is cleared away within the hour, so that who reads a place does not wade through it.
      'CREATE TABLE IF NOT EXISTS lease (place text, name text, owner text, until double, PRIMARY KEY (place, name)) WITH gc_grace_seconds = 3600',
      `CREATE TABLE IF NOT EXISTS confirm_request (zone text, minute int, at double, id text, request blob, PRIMARY KEY ((zone, minute), at, id))
        WITH gc_grace_seconds = 3600 AND compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'HOURS', 'compaction_window_size': 1}`,
    ],
  },
]
