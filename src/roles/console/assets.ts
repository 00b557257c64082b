import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { PrintedAssets } from './assets-child.ts'

export interface Asset { readonly body: Buffer; readonly gzip: Buffer; readonly etag: string; readonly type: string }

export interface Assets {
  /** by path under the version's folder: 'src/roles/console/web/main.ts', 'npm/preact' */
  readonly files: ReadonlyMap<string, Asset>
  /** changes whenever any file does; it is part of every address, so that browsers may keep files for ever */
  readonly version: string
  /** modules that the page needs at once, in the order in which they were found */
  readonly preload: readonly string[]
  /** bare names → paths */
  readonly packages: ReadonlyMap<string, string>
}

const child = fileURLToPath(new URL('assets-child.ts', import.meta.url))

/** Everything that the page is made of: our modules without their types, and the few packages that they import. */
export async function loadAssets(): Promise<Assets> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', child], { maxBuffer: 64 * 2 ** 20 })
  // Our own child printed it.
  const { files, packages, ...rest } = JSON.parse(stdout) as PrintedAssets
  const revived = files.map(([path, { body, gzip, ...asset }]): [string, Asset] => [path, { ...asset, body: Buffer.from(body, 'base64'), gzip: Buffer.from(gzip, 'base64') }])
  return { ...rest, files: new Map(revived), packages: new Map(packages) }
}
