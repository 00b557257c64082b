import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { FolderInUse, lockFolder } from './folder-lock.ts'

const script = (work: string) => ['--input-type=module-typescript', '-e', `import { lockFolder } from ${JSON.stringify(new URL('folder-lock.ts', import.meta.url).href)}; ${work}`]

test('a part of a folder belongs to one process, until that ends in whatever way', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vedette-lock-'))
  const holder = spawn(process.execPath, script(`const held = lockFolder(${JSON.stringify(folder)}, 'mza'); console.log('held'); setInterval(() => held, 1000)`), { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(holder.stdout, 'data')
  assert.throws(() => lockFolder(folder, 'mza'), FolderInUse)
  const ended = once(holder, 'exit')
  holder.kill('SIGKILL')
  await ended
  {
    using held = lockFolder(folder, 'mza')
    await assert.rejects(promisify(execFile)(process.execPath, script(`lockFolder(${JSON.stringify(folder)}, 'mza')`)), /another process works on mza in/)
    assert.ok(held)
    lockFolder(folder, 'mzb')[Symbol.dispose]()
  }
  lockFolder(folder, 'mza')[Symbol.dispose]()
  await rm(folder, { recursive: true })
})
