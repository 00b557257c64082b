import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { installJars } from './lab/cassandra-jars.ts'
import { startCassandra, type CassandraCluster } from './lab/cassandra.ts'

/**
 * Real Cassandra nodes, each a data centre, until Ctrl-C or the end of the input: `npm run cassandra -- start --nodes 3 --net 127.0.20`.
 * Its lines of input make the disasters: `kill 2`, `start 2`, `pause 2`, `resume 2`, `lose 2`. The data goes with the cluster.
 */
const usage = 'node scripts/cassandra.ts install | start [--nodes 1..3] [--net 127.0.20] [--directory FOLDER] [--set commitlog_sync=batch]'

const disasters: Readonly<Record<string, (cluster: CassandraCluster, node: number) => Promise<void> | void>> = {
  kill: (cluster, node) => cluster.kill(node),
  start: (cluster, node) => cluster.startNode(node),
  pause: (cluster, node) => { cluster.pause(node) },
  resume: (cluster, node) => { cluster.resume(node) },
  lose: (cluster, node) => cluster.lose(node),
}

async function start(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { nodes: { type: 'string', default: '1' }, net: { type: 'string', default: '127.0.20' }, directory: { type: 'string' }, set: { type: 'string', multiple: true, default: [] } } })
  const set = Object.fromEntries(values.set.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]))
  await using cluster = await startCassandra({ nodes: Number(values.nodes), net: values.net, set, ...(values.directory === undefined ? {} : { directory: values.directory }) })
  console.log(`cassandra://${cluster.contactPoints.join()}:${cluster.port}/vedette`)
  console.error(`${Object.keys(disasters).join(', ')} N; Ctrl-C ends it`)
  const input = createInterface({ input: process.stdin })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => input.close())
  for await (const line of input) await obey(cluster, line)
}

async function obey(cluster: CassandraCluster, line: string): Promise<void> {
  const [word = '', node] = line.trim().split(/\s+/)
  try {
    const disaster = disasters[word]
    if (disaster === undefined) throw new Error(`${Object.keys(disasters).join(', ')} N`)
    await disaster(cluster, Number(node))
    console.error(`${line.trim()}: done`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
  }
}

const [command, ...rest] = process.argv.slice(2)
if (command === 'start') await start(rest)
else if (command === 'install') console.log(await installJars())
else {
  console.error(usage)
  process.exitCode = 2
}
