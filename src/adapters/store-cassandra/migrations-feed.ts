import type { Migration } from './migrations.ts'

/** Steps 401 to 499: news for people who are looking right now. */
export const feedMigrations: readonly Migration[] = [{
  number: 401, about: 'news between processes',
  statements: [
    `CREATE TABLE IF NOT EXISTS news (tenant text, bucket int, at timeuuid, source text, events blob, PRIMARY KEY ((tenant, bucket), at))
      WITH default_time_to_live = 60 AND gc_grace_seconds = 60 AND compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'MINUTES', 'compaction_window_size': 5}`,
    `CREATE TABLE IF NOT EXISTS news_watcher (place text, tenant text, source text, PRIMARY KEY (place, tenant, source)) WITH default_time_to_live = 15 AND gc_grace_seconds = 60`,
  ],
}]
