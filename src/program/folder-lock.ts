import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Another process works in this folder; the message names it. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse'
}

/**
 * Keeps a part of a folder for this process until it is disposed, or dies by whatever cause: the lock is the operating system's, on a
 * file that an empty SQLite database is. Throws FolderInUse when another process has it.
 */
export function lockFolder(folder: string, part: string): Disposable {
  const database = new DatabaseSync(join(folder, `${part}.lock`))
  try {
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    throw new FolderInUse(`another process works on ${part} in ${folder}; give each its own with --data (VEDETTE_DATA)`, { cause: error })
  }
  return { [Symbol.dispose]: () => database.close() }
}
