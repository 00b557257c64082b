/* oxlint-disable node/no-sync -- this runs in the store's own thread, where blocking is right */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { schema } from './schema.ts'

export const databaseFile = 'vedette.db'
const ownerFile = 'owner.json'

/**
 * Holds the directory for this process: an exclusive transaction on a database of its own, which the operating system
 * ends with the process, however that ends. The owner's pid stands in a file beside it, for the message alone.
 */
export function lockDirectory(directory: string): DatabaseSync {
  mkdirSync(directory, { recursive: true })
  const lock = new DatabaseSync(join(directory, 'lock.db'))
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (!isBusy(error)) throw error
    throw new Error(`${directory} is in use by another process${ownerOf(directory)}; stop it first, or choose another data directory`, { cause: error })
  }
  try {
    writeFileSync(join(directory, ownerFile), JSON.stringify({ pid: process.pid }))
  } catch {
    // A full disk may not keep the store from opening: without the file the message names no pid, and that is all.
  }
  return lock
}

/** Opens the database and brings its tables up to date; a database of a newer program is refused. */
export function openDatabase(directory: string, maxBytes: number): DatabaseSync {
  const database = new DatabaseSync(join(directory, databaseFile))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096')
  migrate(database)
  const { page_size: page } = database.prepare('PRAGMA page_size').get() as { page_size: number }
  if (maxBytes > 0) database.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / page)}`)
  return database
}

/** The step that the database stands at. */
export function schemaOf(database: DatabaseSync): number {
  return (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
}

/** Refuses what a newer program wrote. */
export function demandKnown(database: DatabaseSync): void {
  const present = schemaOf(database)
  if (present > schema.length) throw new Error(`The data was written by a newer program: its layout is ${present}, this program knows ${schema.length}`)
}

function migrate(database: DatabaseSync): void {
  demandKnown(database)
  for (let step = schemaOf(database); step < schema.length; step++) {
    database.exec(`BEGIN IMMEDIATE; ${schema[step]}; PRAGMA user_version = ${step + 1}; COMMIT`)
  }
}

function ownerOf(directory: string): string {
  try {
    const owner: unknown = JSON.parse(readFileSync(join(directory, ownerFile), 'utf8'))
    return typeof owner === 'object' && owner !== null && 'pid' in owner ? ` (pid ${String(owner.pid)})` : ''
  } catch {
    return ''
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}
