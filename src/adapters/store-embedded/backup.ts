import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, mkdir, open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Worker } from 'node:worker_threads'
import type { BackupManifest } from '../../contracts/store.ts'

export const manifestFile = 'manifest.json'
const backupFile = 'vedette.db'

/** What the helping thread does with whole databases, and what it answers: the layout that it found. */
export type BackupJob =
  | { readonly kind: 'copy'; readonly directory: string; readonly to: string }
  | { readonly kind: 'check'; readonly file: string }
  | { readonly kind: 'renew'; readonly file: string; readonly epoch: string }
export interface BackupAnswer { readonly schema: number }

/**
 * Copies the database of `directory`, whether a server has it open or not, as of one moment into the folder `to`, which
 * must be new or empty. The manifest is written last: a folder without one is no backup.
 */
export async function backup(directory: string, to: string, now: number): Promise<BackupManifest> {
  await stat(join(directory, backupFile))
  await demandEmpty(to)
  await mkdir(to, { recursive: true })
  const file = join(to, backupFile)
  const { schema } = await work({ kind: 'copy', directory, to: file })
  await sync(file)
  const manifest: BackupManifest = { file: backupFile, ...(await fingerprint(file)), schema, takenAt: now }
  await writeFile(join(to, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true })
  await sync(to)
  return manifest
}

/** Whether a backup is what its manifest says and the database in it is sound; rejects with what is wrong. */
export async function verifyBackup(path: string): Promise<BackupManifest> {
  const manifest = await readManifest(path)
  const file = join(path, manifest.file)
  const { bytes, sha256 } = await fingerprint(file)
  if (bytes !== manifest.bytes) throw new Error(`${file} has ${bytes} bytes, but the manifest says ${manifest.bytes}`)
  if (sha256 !== manifest.sha256) throw new Error(`${file} is not what was backed up: its checksum differs from the manifest's`)
  await work({ kind: 'check', file })
  return manifest
}

/** Puts a backup, checked first, into `directory`, which must be new or empty: data that is there is never overwritten. */
export async function restore(from: string, directory: string): Promise<BackupManifest> {
  const manifest = await verifyBackup(from)
  await demandEmpty(directory)
  await mkdir(directory, { recursive: true })
  const file = join(directory, backupFile)
  const draft = `${file}.restoring`
  await copyFile(join(from, manifest.file), draft)
  // Another life than the one that was backed up: whoever followed that one starts over.
  await work({ kind: 'renew', file: draft, epoch: randomUUID() })
  await sync(draft)
  await rename(draft, file)
  await sync(directory)
  return manifest
}

async function work(job: BackupJob): Promise<BackupAnswer> {
  const worker = new Worker(new URL('./worker/backup.ts', import.meta.url), { name: 'backup', workerData: job })
  const { promise, resolve, reject } = Promise.withResolvers<BackupAnswer>()
  worker.on('message', resolve)
  worker.on('error', reject)
  worker.on('exit', () => reject(new Error('The backup\'s thread ended early')))
  return promise
}

async function demandEmpty(folder: string): Promise<void> {
  const present = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  if (present.length > 0) throw new Error(`${folder} is not empty; name a new or an empty folder`)
}

async function fingerprint(file: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return { bytes: (await stat(file)).size, sha256: hash.digest('hex') }
}

async function readManifest(path: string): Promise<BackupManifest> {
  const text = await readFile(join(path, manifestFile), 'utf8').catch(() => {
    throw new Error(`${path} is no backup: it has no ${manifestFile}`)
  })
  const manifest = parseJson(text)
  if (isManifest(manifest)) return manifest
  throw new Error(`${join(path, manifestFile)} is no manifest of a backup`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isManifest(value: unknown): value is BackupManifest {
  if (typeof value !== 'object' || value === null) return false
  const has = (name: string, type: string) => name in value && typeof Reflect.get(value, name) === type
  return Reflect.get(value, 'file') === backupFile && has('bytes', 'number') && has('sha256', 'string') && has('schema', 'number') && has('takenAt', 'number')
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}
