import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ownNet, startCassandra, withoutCassandra, type CassandraCluster } from '../../scripts/lab/cassandra.ts'
import { createAuthority, issueCertificate } from '../../src/adapters/agent-protocol/authority.ts'
import { recordingLog } from '../../src/adapters/simulated/log.ts'
import { openCassandra, type CassandraOptions } from '../../src/adapters/store-cassandra/index.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import { anObservation } from '../../src/contracts/samples.suite.ts'

/** A database that asks for a password and speaks TLS, as it has to be anywhere but here; a real node of this test's own. */
const options = { skip: await withoutCassandra(), timeout: 240_000 }
const validity = { now: Date.now(), days: 2 }
let cluster: CassandraCluster
let [directory, ca, otherCa] = ['', '', '']

before(async () => {
  if (options.skip !== false) return
  directory = await mkdtemp(join(tmpdir(), 'vedette-secured-'))
  const net = ownNet()
  const [authority, other] = [await createAuthority('ours', validity), await createAuthority('not ours', validity)]
  ;[ca, otherCa] = [authority.cert, other.cert]
  const { cert, key } = await issueCertificate(authority, [`${net}.1`], validity)
  const [keystore, truststore] = [join(directory, 'node.pem'), join(directory, 'ca.pem')]
  await writeFile(keystore, `${key}\n${cert}`)
  await writeFile(truststore, ca)
  cluster = await startCassandra({ net, set: {
    authenticator: { class_name: 'PasswordAuthenticator' }, authorizer: { class_name: 'CassandraAuthorizer' },
    // Optional, because whoever waits for the node's start does not encrypt.
    client_encryption_options: { enabled: true, optional: true, keystore, truststore, ssl_context_factory: { class_name: 'org.apache.cassandra.security.PEMBasedSslContextFactory' } },
  } })
}, { timeout: 240_000 })
after(async () => {
  await cluster?.[Symbol.asyncDispose]()
  if (directory !== '') await rm(directory, { recursive: true, force: true })
})

const opened = (fields: Partial<CassandraOptions>) => openCassandra({
  contactPoints: cluster.contactPoints, port: cluster.port, keyspace: 'secured', region: 'dc1', replication: new Map([['dc1', 1]]), user: 'cassandra', password: 'cassandra',
  clock: systemClock, random: systemRandom, log: recordingLog(), ...fields,
})

test('with the right password, over TLS, the store works', options, async () => {
  await using store = await opened({ ca })
  await store.observations.append([anObservation(1)])
  assert.equal((await store.observations.newest(anObservation(1).check, anObservation(1).zone, 1)).length, 1)
})

test('a wrong password, none, and a certificate of somebody else are refused with a reason', options, async () => {
  const wrong: readonly (readonly [Partial<CassandraOptions>, RegExp])[] = [
    [{ ca, password: 'wrong' }, /password|credentials/i],
    [{ ca: otherCa }, /certificate|self.signed|issuer/i],
  ]
  for (const [fields, reason] of wrong) await assert.rejects(async () => { await using _ = await opened(fields) }, (error: Error) => reason.test(error.message) || assert.fail(error.message))
})
