import type { Migration } from './migrations.ts'

/** Steps 301 to 399: tables of metrics and rollups. */
export const metricsMigrations: readonly Migration[] = []
