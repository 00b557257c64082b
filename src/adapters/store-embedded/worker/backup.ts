import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { BackupAnswer, BackupJob } from '../backup.ts'
import { databaseFile, demandKnown, schemaOf } from './database.ts'

/**
 * Reads whole databases, which takes long, in a thread of its own: neither the event loop nor the store's commits wait
 * for it. A copy is read from one snapshot while commits go on beside it.
 */
// The main thread's `work` hands over a job of this type.
parentPort?.postMessage(run(workerData as BackupJob))

function run(job: BackupJob): BackupAnswer {
  switch (job.kind) {
    case 'copy': return copy(job.directory, job.to)
    case 'check': return check(job.file)
    case 'renew': return renew(job.file, job.epoch)
  }
}

function copy(directory: string, to: string): BackupAnswer {
  using database = new DatabaseSync(join(directory, databaseFile), { timeout: 10_000 })
  database.prepare('VACUUM INTO ?').run(to)
  return { schema: schemaOf(database) }
}

function check(file: string): BackupAnswer {
  using database = new DatabaseSync(file, { readOnly: true })
  const problems = database.prepare('PRAGMA integrity_check').all().map((row) => String(row.integrity_check))
  if (problems.join() !== 'ok') throw new Error(`${file} is damaged: ${problems.slice(0, 3).join('; ')}`)
  demandKnown(database)
  return { schema: schemaOf(database) }
}

function renew(file: string, epoch: string): BackupAnswer {
  using database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = DELETE')
  database.prepare("UPDATE meta SET value = ? WHERE name = 'epoch'").run(epoch)
  return { schema: schemaOf(database) }
}
