import { createHash } from 'node:crypto'
import type { Clock } from '../../contracts/clock.ts'
import { configurationMigrations } from './migrations-configuration.ts'
import { dataMigrations } from './migrations-data.ts'
import { feedMigrations } from './migrations-feed.ts'
import { metricsMigrations } from './migrations-metrics.ts'
import type { Session } from './session.ts'
import type { Statement } from './statement.ts'

/**
 * One step of the schema. Numbers never change their meaning; steps only add (tables, columns), so that nodes of the
 * version before go on while it runs, and each statement may be run twice.
 */
export interface Migration { readonly number: number; readonly about: string; readonly statements: readonly string[] }

/** Each part of the store counts in a hundred of its own. */
export const migrations: readonly Migration[] = [...dataMigrations, ...configurationMigrations, ...metricsMigrations, ...feedMigrations]

const lockTime = 60_000
const lookAgainAfter = 250

// QUORUM: a node that has not heard of a step must not run ahead of it.
const readVersions: Statement = { cql: 'SELECT number FROM schema_version', consistency: 'QUORUM', idempotent: true, about: 'reading the schema version' }
// QUORUM: as above.
const writeVersion: Statement = { cql: 'INSERT INTO schema_version (number, about, at) VALUES (?, ?, ?)', consistency: 'QUORUM', idempotent: true, about: 'writing the schema version' }
// SERIAL over all regions, committed at QUORUM: two regions may start at once.
const lock: Statement = {
  cql: `INSERT INTO schema_lock (name, owner) VALUES ('migrations', ?) IF NOT EXISTS USING TTL ${lockTime / 1000}`, consistency: 'QUORUM', serialConsistency: 'SERIAL', idempotent: false, about: 'taking the schema lock',
}
// SERIAL and QUORUM: as above.
const unlock: Statement = {
  cql: "DELETE FROM schema_lock WHERE name = 'migrations' IF owner = ?", consistency: 'QUORUM', serialConsistency: 'SERIAL', idempotent: false, about: 'giving back the schema lock',
}

/** Brings the keyspace up to date. Of many processes that start at once one works and the others wait for it. */
export async function migrate(session: Session, keyspace: string, owner: string, clock: Clock, steps: readonly Migration[] = migrations): Promise<void> {
  for (const statement of firstTables(keyspace)) await session.change(schemaChange(statement))
  while ((await missing(session, steps)).length > 0) {
    if ((await session.compareAndSet(lock, [owner])).applied) await runMissing(session, owner, clock, steps)
    else await clock.sleep(lookAgainAfter)
  }
}

async function runMissing(session: Session, owner: string, clock: Clock, steps: readonly Migration[]): Promise<void> {
  try {
    for (const { number, about, statements } of await missing(session, steps)) {
      for (const statement of statements) await session.change(schemaChange(statement))
      await session.execute(writeVersion, [number, about, clock.now()])
    }
  } finally {
    await session.compareAndSet(unlock, [owner])
  }
}

async function missing(session: Session, steps: readonly Migration[]): Promise<readonly Migration[]> {
  const done = new Set((await session.execute(readVersions)).map((row) => row.get('number')))
  return steps.filter(({ number }) => !done.has(number)).sort((a, b) => a.number - b.number)
}

// A schema change has no consistency level of its own; the driver waits until all nodes that answer agree on it.
function schemaChange(cql: string): Statement {
  return { cql, consistency: 'QUORUM', idempotent: true, about: 'changing the schema' }
}

/** Made without a lock, because the lock lies in them; a table made twice at once must have one id, or its replicas disagree. */
function firstTables(keyspace: string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS schema_version (number int PRIMARY KEY, about text, at double) WITH id = ${idFrom(`${keyspace}.schema_version`)}`,
    `CREATE TABLE IF NOT EXISTS schema_lock (name text PRIMARY KEY, owner text) WITH id = ${idFrom(`${keyspace}.schema_lock`)}`,
  ]
}

/** A UUID that follows from a name. */
function idFrom(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
