import type { Migration } from './migrations.ts'
import { levels } from './rollups-row.ts'

/** Steps 301 to 399: tables of metrics and rollups. */
export const metricsMigrations: readonly Migration[] = [
  {
    number: 301, about: 'series',
    statements: ['CREATE TABLE IF NOT EXISTS series (check_id text, zone text, metrics text, noted timestamp, PRIMARY KEY (check_id, zone, metrics))'],
  },
  {
    // Rows leave by their age, a window at once; what a late observation replaces lies in another window and is few.
    number: 302, about: 'rollups, a table a resolution',
    statements: levels.map(({ table, retention, window }) => `CREATE TABLE IF NOT EXISTS ${table} (check_id text, zone text, span int, at double, seen int, since double, body blob, PRIMARY KEY ((check_id, zone, span), at, seen))
      WITH CLUSTERING ORDER BY (at ASC, seen DESC) AND default_time_to_live = ${retention / 1000} AND gc_grace_seconds = 86400
      AND compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'HOURS', 'compaction_window_size': ${window / 3_600_000}}`),
  },
  {
    // A mark that comes back makes its bucket be computed once more, which is harmless.
    number: 303, about: 'marks of late observations',
    statements: ['CREATE TABLE IF NOT EXISTS rollup_mark (check_id text, zone text, at double, made timeuuid, writer text, PRIMARY KEY ((check_id, zone), at, made)) WITH gc_grace_seconds = 10800'],
  },
]
