import type { Migration } from './migrations.ts'

/** Steps 101 to 199: tables of observations, alarms, outbox, leases and the confirm bus. */
export const dataMigrations: readonly Migration[] = []
