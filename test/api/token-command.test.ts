import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Command } from 'commander'
import { openEmbedded } from '../../src/adapters/store-embedded/index.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemLog } from '../../src/adapters/system/log.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import { registerToken } from '../../src/program/commands/token.ts'
import { bootstrap } from '../../src/roles/api/bootstrap.ts'
import { SignIn } from '../../src/roles/api/sign-in.ts'
import { defaultApiSettings } from '../../src/roles/api/settings.ts'
import { ask } from './raw.ts'
import { startTestServer, tenant } from './server.ts'

async function run(t: TestContext, ...words: readonly string[]): Promise<string> {
  const log = t.mock.method(console, 'log', () => {})
  const program = new Command('vedette').exitOverride().configureOutput({ writeErr: () => {} })
  registerToken(program)
  try {
    await program.parseAsync(['token', 'create', ...words], { from: 'user' })
    return String(log.mock.calls[0]?.arguments[0])
  } finally {
    log.mock.restore()
  }
}

test('vedette token create, in the data directory of a server that is not running', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'vedette-token-'))
  try {
    const open = () => openEmbedded({ directory, clock: systemClock, log: systemLog('silent') })
    const deps = { clock: systemClock, random: systemRandom }
    {
      await using store = await open()
      await bootstrap({ ...deps, configuration: store.configuration, settings: { tenant, adminUser: 'admin', adminKey: undefined, adminToken: undefined, zones: [] } })
      await assert.rejects(run(t, '--data', directory), /--url http:\/\/127\.0\.0\.1:8000 --token TOKEN/, 'while somebody has it open')
    }
    const text = await run(t, '--data', directory, '--label', 'cron', '--role', 'observer', '--days', '2')
    await assert.rejects(run(t, '--data', directory, '--user', 'nobody'), /There is no user "nobody"/)
    await assert.rejects(run(t, '--role', 'king'), /admin, creator, observer/)
    await assert.rejects(run(t, '--days', '0'), /whole number/)
    await using store = await open()
    const session = await new SignIn({ ...deps, configuration: store.configuration, settings: defaultApiSettings }).authenticate(text)
    assert.deepEqual([session?.tenant, session?.user, session?.roles], [tenant, 'admin', ['monitoring:observer']])
    assert.ok(Math.abs((session?.expiresAt ?? 0) - systemClock.now() - 2 * 86_400_000) < 60_000)
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('vedette token create, by a running server', async (t) => {
  await using server = await startTestServer()
  const text = await run(t, '--url', `${server.url}/`, '--token', server.token, '--role', 'observer,creator')
  assert.equal((await ask({ url: server.url, token: text }, 'GET', '/entities')).status, 200)
  await assert.rejects(run(t, '--url', server.url, '--token', text), /The server answers 403: Missing capabilities/)
  await assert.rejects(run(t, '--url', server.url, '--token', 'wrong'), /The server answers 401/)
})
