import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigError, readConfig, settings } from './config.ts'

const nothing = { flags: {}, env: {} }

/** Runs `body` with the path of a settings file that holds `text`. */
async function withFile<T>(text: string, body: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'vedette-config-'))
  try {
    const path = join(folder, 'settings.yml')
    await writeFile(path, text)
    return await body(path)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function complaint(reading: Promise<unknown>): Promise<string> {
  try {
    await reading
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    assert.doesNotMatch(error.message, /\n/, 'one line')
    return error.message
  }
  throw new Error('nothing was wrong')
}

test('a flag wins over the environment, which wins over the file, which wins over the default', async () => {
  await withFile('port: 3\nhost: file.example\ntenant: "300"\n', async (file) => {
    const config = await readConfig({ flags: { port: '1' }, env: { VEDETTE_PORT: '2', VEDETTE_HOST: 'env.example' }, file })
    assert.deepEqual([config.port, config.host, config.tenant, config.adminUser], [1, 'env.example', '300', 'admin'])
  })
})

test('without any source every setting has its default', async () => {
  const config = await readConfig(nothing)
  for (const [name, setting] of Object.entries(settings)) assert.equal(Reflect.get(config, name), setting.fallback, name)
})

test('an empty path names no file', async () => {
  assert.equal((await readConfig({ ...nothing, file: '' })).port, 8000)
})

test('each setting can stand in the file, lists as lists', async () => {
  const text = 'zones: [mza, mzb]\nforbid-targets:\n  - 10.0.0.0/8\nwatch-self: false\nadmin-key: 00000000000000000001\nsmtp-url: smtp://mail.example:25\ncanaries: "[::1]:53, ns.example:53"\n'
  await withFile(text, async (file) => {
    const config = await readConfig({ ...nothing, file })
    assert.deepEqual(config.zones, ['mza', 'mzb'])
    assert.deepEqual(config.forbidTargets, ['10.0.0.0/8'])
    assert.equal(config.watchSelf, false)
    assert.equal(config.adminKey, '00000000000000000001', 'digits stay as they are written')
    assert.equal(config.smtpUrl, 'smtp://mail.example:25')
    assert.deepEqual(config.canaries, [{ host: '::1', port: 53 }, { host: 'ns.example', port: 53 }])
  })
})

test('a file without settings changes nothing', async () => {
  for (const text of ['', '# nothing\n']) await withFile(text, async (file) => assert.equal((await readConfig({ ...nothing, file })).port, 8000))
})

/** Every setting by its environment variable: a value that breaks its rule, and the rule as it is told. */
const wrong: readonly (readonly [env: string, value: string, rule: RegExp])[] = [
  ['VEDETTE_HOST', 'a b', /must be an address/],
  ['VEDETTE_PORT', 'x', /must be a whole number from 0 to 65535/],
  ['VEDETTE_PORT', '65536', /must be a whole number from 0 to 65535/],
  ['VEDETTE_PORT', '', /must be a whole number from 0 to 65535/],
  ['VEDETTE_PORT', '1e3', /must be a whole number from 0 to 65535/],
  ['VEDETTE_PORT', '-1', /must be a whole number from 0 to 65535/],
  ['VEDETTE_DATA', '', /must name a directory/],
  ['VEDETTE_ZONES', 'mza,north', /must be zone ids such as mzlocal, separated by commas; found "north"/],
  ['VEDETTE_ZONES', ',', /must be zone ids/],
  ['VEDETTE_ZONES', 'mza,mza', /names a zone twice/],
  ['VEDETTE_ZONE_SOURCES', 'mza=here', /must be zone=address pairs/],
  ['VEDETTE_TENANT', 'a/b', /must be 1 to 64 characters without "\/" or spaces/],
  ['VEDETTE_ADMIN_USER', 'a:b', /must be 1 to 64 characters without ":" or spaces/],
  ['VEDETTE_FORBID_TARGETS', '10.0.0.0', /must be address ranges such as .* found "10\.0\.0\.0"/],
  ['VEDETTE_FORBID_TARGETS', '10.0.0.0/33', /must be address ranges/],
  ['VEDETTE_FORBID_TARGETS', 'fe80::/129', /must be address ranges/],
  ['VEDETTE_MIN_PERIOD', '0', /must be a whole number from 1 to/],
  ['VEDETTE_MAX_CHECKS', '0', /must be a whole number/],
  ['VEDETTE_MAX_ALARMS', 'many', /must be a whole number/],
  ['VEDETTE_MAX_BODY', '10', /must be a whole number from 1024 to/],
  ['VEDETTE_DAILY_REQUESTS', '0', /must be a whole number/],
  ['VEDETTE_PUBLIC_URL', 'https://a.example/', /must be an http\(s\) address without "\/" at its end/],
  ['VEDETTE_PUBLIC_URL', 'https://a:b:c', /must be an http\(s\) address/],
  ['VEDETTE_CANARIES', 'a.example:53,b.example', /must be host:port addresses separated by commas; found "b\.example"/],
  ['VEDETTE_CANARIES', 'a.example:70000', /must be host:port addresses/],
  ['VEDETTE_MAIL_FROM', 'nobody', /must be a mail address/],
  ['VEDETTE_LOG_LEVEL', 'loud', /must be debug, info, warn or error/],
  ['VEDETTE_WATCH_SELF', 'maybe', /must be yes or no/],
  ['VEDETTE_STORE', 'postgres://db/vedette', /must be embedded, or cassandra:\/\/host1,host2:9042\/keyspace/],
  ['VEDETTE_STORE', 'cassandra://db', /must be embedded, or/],
  ['VEDETTE_STORE', 'cassandra://a, b/vedette', /must be embedded, or/],
  ['VEDETTE_STORE', 'cassandra://a:70000/vedette', /must be embedded, or/],
  ['VEDETTE_STORE', 'cassandra://user:secret@a/vedette', /must be embedded, or/],
  ['VEDETTE_REGION', 'data centre 1', /must be a name of letters/],
  ['VEDETTE_ROLES', 'api,rollup', /must be roles of api, console, endpoint, notifier, sweeper, poller, separated by commas; found "rollup"/],
  ['VEDETTE_ROLES', '', /must be roles of/],
  ['VEDETTE_WATCHDOG', 'dc1,dc 2', /must be names of regions separated by commas; found "dc 2"/],
  ['VEDETTE_WATCHDOG_PLAN', 'everybody', /must be the id of a notification plan/],
  ['VEDETTE_NODE', 'a b', /must be 1 to 64 letters/],
  ['VEDETTE_AGENT_PORT', '70000', /must be a whole number from 0 to 65535/],
  ['VEDETTE_STORE_REPLICATION', 'dc1=0', /must be region=copies pairs separated by commas, such as dc1=1,dc2=1,dc3=1; found "dc1=0"/],
  ['VEDETTE_STORE_REPLICATION', 'dc1', /must be region=copies pairs/],
  ['VEDETTE_STORE_USER', 'a b', /must be a name without spaces/],
]

test('a wrong value is told with its place, itself and the rule', async () => {
  for (const [env, value, rule] of wrong) {
    const message = await complaint(readConfig({ flags: {}, env: { [env]: value } }))
    assert.match(message, rule)
    assert.ok(message.startsWith(`${env}: "${value}" `), message)
  }
})

const secrets = ['VEDETTE_ADMIN_KEY', 'VEDETTE_ADMIN_TOKEN', 'VEDETTE_SECRET_KEY', 'VEDETTE_SMTP_URL', 'VEDETTE_POLLER_TOKEN', 'VEDETTE_STORE_PASSWORD', 'VEDETTE_PING_URL'] as const

test('a wrong secret is told without itself', async () => {
  for (const env of secrets) {
    const message = await complaint(readConfig({ flags: {}, env: { [env]: ' hunter 2' } }))
    assert.ok(message.startsWith(`${env}: must be `), message)
    assert.doesNotMatch(message, /hunter/)
  }
})

test('the tables above know every setting that can be wrong', () => {
  const tried = new Set([...wrong.map(([env]) => env), ...secrets])
  const files = ['VEDETTE_AGENT_CERT', 'VEDETTE_AGENT_KEY', 'VEDETTE_STORE_CA']
  assert.deepEqual(Object.values(settings).map((setting) => setting.env).filter((env) => !tried.has(env)), files)
})

test('a Cassandra is named by its hosts, its port and its keyspace', async () => {
  const key = { VEDETTE_SECRET_KEY: '0'.repeat(64) }
  const cases: readonly (readonly [store: string, contactPoints: readonly string[], port: number])[] = [
    ['cassandra://one/vedette', ['one'], 9042],
    ['cassandra://10.0.0.1,10.0.0.2:9142/vedette', ['10.0.0.1', '10.0.0.2'], 9142],
    ['cassandra://[::1],db-2.example:9043/vedette', ['::1', 'db-2.example'], 9043],
  ]
  for (const [store, contactPoints, port] of cases) assert.deepEqual((await readConfig({ flags: { store }, env: key })).store, { contactPoints, port, keyspace: 'vedette' }, store)
})

test('roles stand in their order, once each; lists of copies and secrets are read', async () => {
  const config = await readConfig({ flags: { roles: 'sweeper, api,sweeper', storeReplication: 'dc1=1,dc2=3' }, env: { VEDETTE_POLLER_TOKEN: 'a-secret-of-16-chars,another-secret-16' } })
  assert.deepEqual([config.roles, [...config.storeReplication ?? []], config.pollerToken], [['api', 'sweeper'], [['dc1', 1], ['dc2', 3]], ['a-secret-of-16-chars', 'another-secret-16']])
})

test('what belongs together is asked for together', async () => {
  const cases: readonly (readonly [flags: Readonly<Record<string, string>>, says: RegExp])[] = [
    [{ store: 'cassandra://one/vedette' }, /^VEDETTE_SECRET_KEY: must be given with a Cassandra/],
    [{ roles: 'console,sweeper' }, /^--roles: console needs api/],
    [{ agentCert: 'cert.pem' }, /^--agent-cert and --agent-key: must be given together/],
    [{ watchdog: 'dc1' }, /^--watchdog: must name at least two regions, and this one, dc1/],
    [{ watchdog: 'dc2,dc3' }, /^--watchdog: must name at least two regions, and this one, dc1/],
    [{ storeUser: 'vedette' }, /^--store-user and VEDETTE_STORE_PASSWORD: must be given together/],
  ]
  for (const [flags, says] of cases) assert.match(await complaint(readConfig({ flags, env: {} })), says)
})

test('a secret has no flag: flags show in lists of processes', () => {
  const shown = Object.values(settings).filter((setting) => 'flag' in setting).map((setting) => setting.env)
  assert.deepEqual(shown.filter((env) => (secrets as readonly string[]).includes(env)), [])
})

test('where a wrong value stood is told as the operator wrote it', async () => {
  assert.match(await complaint(readConfig({ flags: { minPeriod: '0' }, env: {} })), /^--min-period: "0" must be/)
  await withFile('min-period: 0\n', async (file) => {
    assert.ok((await complaint(readConfig({ ...nothing, file }))).startsWith(`${file}: min-period: "0" must be`))
  })
  await withFile('admin-key: hunter2\n', async (file) => {
    assert.equal(await complaint(readConfig({ ...nothing, file })), `${file}: admin-key: must be 16 to 255 characters`)
  })
})

test('a file that cannot be understood is told with the file and the reason, without its text', async () => {
  const cases: readonly (readonly [text: string, says: RegExp])[] = [
    ['prot: 8000\n', /: there is no setting "prot"; there are host, port, /],
    ['- port\n', /: must be a map of settings/],
    ['port: {a: 1}\n', /: port: must be a value or a list of values$/],
    ['port: 1\nport: 2\n', /: Map keys must be unique at line 2, column 1$/],
    ['admin-key: [hunter2\nport: 1\n', /at line 2, column 1$/],
  ]
  for (const [text, says] of cases) {
    await withFile(text, async (file) => {
      const message = await complaint(readConfig({ ...nothing, file }))
      assert.ok(message.startsWith(`${file}: `), message)
      assert.match(message, says)
      assert.doesNotMatch(message, /hunter2/)
    })
  }
})

test('a settings file that is not there is told', async () => {
  assert.equal(await complaint(readConfig({ ...nothing, file: '/nowhere/settings.yml' })), '/nowhere/settings.yml: no such file or directory')
})
