import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startVedette } from '../../scripts/lab/vedette.ts'
import { folder, run } from './run.ts'

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status

test('a process without the API tells how it is at its port, and nothing else', async () => {
  await using vedette = await startVedette({ flags: ['--roles', 'sweeper,notifier', '--watch-self', 'no'] })
  assert.deepEqual(await Promise.all(['healthz', 'readyz', 'metrics', '', 'v1.0/100000/entities'].map((path) => statusOf(`${vedette.url}/${path}`))), [200, 200, 200, 404, 404])
})

test('the API goes without its console, and without pollers nothing is polled', async () => {
  await using vedette = await startVedette({ flags: ['--roles', 'api,endpoint'] })
  assert.deepEqual(await Promise.all(['readyz', '', 'openapi.json'].map((path) => statusOf(`${vedette.url}/${path}`))), [200, 404, 200])
  assert.deepEqual((await vedette.metric('vedette_checks')).size, 0)
})

test('what roles need of each other, and what a shared store needs, is told before anything begins', async () => {
  await using here = await folder()
  const cases: readonly (readonly [flags: readonly string[], says: RegExp])[] = [
    [['--roles', 'console'], /^vedette: --roles: console needs api in the same process\n$/],
    [['--store', 'cassandra://127.0.0.1/vedette'], /^vedette: VEDETTE_SECRET_KEY: must be given with a Cassandra[^\n]*\n$/],
    [['--store', 'sqlite:x'], /^vedette: --store: "sqlite:x" must be embedded, or cassandra:[^\n]*\n$/],
  ]
  for (const [flags, says] of cases) {
    const { code, stderr } = await run(['start', '--data', here.path, ...flags])
    assert.match(stderr, says)
    assert.equal(code, 2)
  }
})
