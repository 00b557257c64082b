import type { Migration } from './migrations.ts'

/** Steps 201 to 299: tables of configuration and schedules. */
export const configurationMigrations: readonly Migration[] = []
