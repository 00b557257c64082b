import assert from 'node:assert/strict'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { folder, Run } from './run.ts'

test('SIGUSR2 writes a heap snapshot beside the data, and the server goes on', async () => {
  await using here = await folder()
  await using running = new Run(['start', '--port', '0', '--data', here.path])
  const [, url = ''] = await running.says(/"url":"(\S+?)".*"msg":"up"/)
  running.child.kill('SIGUSR2')
  await running.says(/"file":"\S+heap-\d+\.heapsnapshot","msg":"wrote a heap snapshot"/)
  const [name = ''] = (await readdir(here.path)).filter((file) => file.endsWith('.heapsnapshot'))
  await using file = await open(join(here.path, name))
  const { buffer, bytesRead } = await file.read(Buffer.alloc(100), 0, 100, 0)
  assert.match(buffer.toString('utf8', 0, bytesRead), /^\{"snapshot":\{"meta":/)
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
})
