import { copyFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { backup, restore, verifyBackup } from '../../adapters/store-embedded/backup.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import type { BackupManifest } from '../../contracts/store.ts'
import { readConfig, settings } from '../config.ts'

const keyFile = 'secret.key'

interface BackupFlags { readonly data?: string; readonly withKey?: boolean }
interface RestoreFlags { readonly data?: string; readonly check?: boolean }

/** `vedette backup FOLDER` and `vedette restore FOLDER`; a server may run during the first, not during the second. */
export function registerBackup(program: Command): void {
  program.command('backup').description('copies all data, as of one moment, while a server runs or not')
    .argument('<folder>', 'a new or an empty folder')
    .option(settings.data.flag, settings.data.about)
    .option('--with-key', 'also copies the key that secrets are sealed with: keep such a backup like the secrets themselves')
    .action(async (folder: string, flags: BackupFlags) => runBackup(folder, flags))
  program.command('restore').description('checks a backup and puts it into a data directory that is new or empty')
    .argument('<folder>', 'what `vedette backup` wrote')
    .option(settings.data.flag, settings.data.about)
    .option('--check', 'checks the backup and does nothing else')
    .action(async (folder: string, flags: RestoreFlags) => runRestore(folder, flags))
}

async function runBackup(folder: string, flags: BackupFlags): Promise<void> {
  const data = await dataDirectory(flags.data)
  if (!(await exists(join(data, 'vedette.db')))) throw new Error(`There is no data in ${data}`)
  const manifest = await backup(data, folder, systemClock.now())
  const key = join(data, keyFile)
  if (flags.withKey === true && await exists(key)) await copyFile(key, join(folder, keyFile))
  console.log(`${describe(manifest)}, in ${folder}`)
  if (flags.withKey !== true && await exists(key)) console.log(`Secrets in it open only with ${key}: keep a copy of that apart from the backup.`)
}

async function runRestore(folder: string, flags: RestoreFlags): Promise<void> {
  if (flags.check === true) return console.log(`${describe(await verifyBackup(folder))}: whole and sound`)
  const data = await dataDirectory(flags.data)
  const manifest = await restore(folder, data)
  const key = join(folder, keyFile)
  if (await exists(key)) await copyFile(key, join(data, keyFile))
  else console.log(`No key is in the backup: if secrets were stored, put the old ${keyFile} into ${data} before the start.`)
  console.log(`${describe(manifest)}, restored to ${data}`)
}

async function dataDirectory(flag: string | undefined): Promise<string> {
  return (await readConfig({ flags: { data: flag }, env: process.env, file: process.env.VEDETTE_SETTINGS })).data
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}

function describe({ bytes, takenAt }: BackupManifest): string {
  return `Backup of ${new Date(takenAt).toISOString()}, ${(bytes / 2 ** 20).toFixed(1)} MiB`
}
