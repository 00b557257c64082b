import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { startCassandra, withoutCassandra, type CassandraCluster } from './lab/cassandra.ts'

/** Runs a command beside one Cassandra node that all tests share: `node scripts/test-with-cassandra.ts npm run check`. */
async function startForTests(): Promise<CassandraCluster | undefined> {
  const without = await withoutCassandra()
  if (without === false) return startCassandra()
  console.error(`Missing: Cassandra (${without}). Tests that need it are skipped.`)
  return undefined
}

const [command = 'npm', ...args] = process.argv.slice(2)
// Somebody who has one running uses that.
const named = process.env.VEDETTE_TEST_CASSANDRA
await using cluster = named === undefined ? await startForTests() : undefined
const address = cluster === undefined ? named : `${cluster.contactPoints[0]}:${cluster.port}`
const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...(address === undefined ? {} : { VEDETTE_TEST_CASSANDRA: address }) } })
// The command ends on these by itself; this process has to outlive it, to clean up.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => { child.kill(signal) })
const [code] = await once(child, 'exit') as [number | null]
process.exitCode = code ?? 1
