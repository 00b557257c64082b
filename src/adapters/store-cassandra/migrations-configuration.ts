import type { Migration } from './migrations.ts'

/** Steps 201 to 299: tables of configuration and schedules. */
export const configurationMigrations: readonly Migration[] = [
  {
    number: 201, about: 'configuration, a partition for each tenant and each entity',
    statements: [
      `CREATE TABLE IF NOT EXISTS configuration (tenant text, entity text, kind text, id text, version int, value text, PRIMARY KEY ((tenant, entity), kind, id))`,
    ],
  },
  {
    // A row that comes back after gc_grace names an entity that is not there, which is harmless.
    number: 202, about: 'directory of entities, by tenant and range of ids',
    statements: [
      `CREATE TABLE IF NOT EXISTS entity_directory (tenant text, range text, id text, born int, seen boolean, PRIMARY KEY ((tenant, range), id, born)) WITH gc_grace_seconds = 86400`,
    ],
  },
  {
    // As above: a row that comes back costs a look, no more.
    number: 203, about: 'hints where the checks of a zone are',
    statements: [
      `CREATE TABLE IF NOT EXISTS zone_check (zone text, shard int, tenant text, entity text, check_id text, born int, PRIMARY KEY ((zone, shard), tenant, entity, check_id, born)) WITH gc_grace_seconds = 86400`,
    ],
  },
  {
    // Rows leave by their age only, so nothing can come back; hints must not outlive them.
    number: 204, about: 'log of what changes in each zone',
    statements: [
      `CREATE TABLE IF NOT EXISTS zone_log (zone text, at timeuuid, change text, done boolean, tenant text, entity text, checks text, PRIMARY KEY (zone, at))
        WITH default_time_to_live = 10800 AND gc_grace_seconds = 10800
        AND compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'HOURS', 'compaction_window_size': 1}`,
    ],
  },
]
