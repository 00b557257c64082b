import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { auth, Client, policies, types } from 'cassandra-driver'
import { findJava, installJars } from './cassandra-jars.ts'
import { CassandraNode, cqlPort } from './cassandra-node.ts'

export interface ClusterOptions {
  /** 1 to 3; node n is the data centre dcN */
  readonly nodes?: number
  /** where their data is kept; in a folder of its own unless told. It goes when the cluster is disposed. */
  readonly directory?: string
  /** the first three numbers of the nodes' addresses, `127.0.20`: node n listens on `127.0.20.n` */
  readonly net?: string
  /** settings of cassandra.yaml, such as `lasting` where a killed node may forget nothing */
  readonly set?: Readonly<Record<string, unknown>>
  /** what goes before the command of node n, such as what takes it into a network of its own */
  readonly within?: (node: number) => readonly string[]
}

/** What a node acknowledged is on its disk; several writes share a sync, so that disks and threads are not asked for each. */
export const lasting = { commitlog_sync: 'group', commitlog_sync_group_window: '10ms' } as const

/** Real Cassandra nodes on this machine, whose disasters are made to order. Nodes are counted from 1. */
export interface CassandraCluster extends AsyncDisposable {
  readonly contactPoints: readonly string[]
  readonly port: number
  readonly directory: string
  /** SIGKILL: a truck drives into the data centre */
  kill(node: number): Promise<void>
  /** SIGSTOP: it hangs, its connections stay open */
  pause(node: number): void
  resume(node: number): void
  /** kills it and deletes its disk; `startNode` then takes its data from the others */
  lose(node: number): Promise<void>
  /** starts it again; resolves when it answers and every other one sees it */
  startNode(node: number): Promise<void>
}

const patience = 180_000
/** how many replicas have to answer when so many nodes run */
const consistencies = [types.consistencies.one, types.consistencies.two, types.consistencies.three]

/** A network of loopback addresses that no other process of this machine is likely to use. */
export function ownNet(): string {
  return `127.${64 + (Math.floor(process.pid / 256) % 128)}.${process.pid % 256}`
}

/** Starts a cluster, and waits until each node answers and sees the others. */
export async function startCassandra({ nodes: count = 1, directory, net = ownNet(), set = {}, within = () => [] }: ClusterOptions = {}): Promise<CassandraCluster> {
  if (!(count >= 1 && count <= consistencies.length)) throw new Error(`1 to ${consistencies.length} nodes, not ${count}`)
  await installJars()
  const home = directory ?? await mkdtemp(join(tmpdir(), 'vedette-cassandra-'))
  const contactPoints = Array.from({ length: count }, (_, index) => `${net}.${index + 1}`)
  const nodes = contactPoints.map((address, index) => new CassandraNode({ address, region: `dc${index + 1}`, directory: join(home, `node${index + 1}`), seeds: contactPoints, set, within: within(index + 1) }))
  const owned = new AsyncDisposableStack()
  owned.defer(() => rm(home, { recursive: true, force: true }))
  owned.defer(async () => { await Promise.all(nodes.map((node) => node.kill())) })
  try {
    await Promise.all(nodes.map((node) => node.launch()))
    await allSeeAll(nodes)
  } catch (error) {
    await owned.disposeAsync()
    throw error
  }
  const at = (number: number): CassandraNode => {
    const node = nodes[number - 1]
    if (node === undefined) throw new Error(`there is no node ${number}`)
    return node
  }
  return {
    contactPoints, port: cqlPort, directory: home,
    kill: (number) => at(number).kill(), lose: (number) => at(number).lose(), pause: (number) => at(number).signal('SIGSTOP'), resume: (number) => at(number).signal('SIGCONT'),
    async startNode(number) {
      await at(number).launch()
      await allSeeAll(nodes)
      at(number).started()
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Waits until each node that runs can coordinate a read for which all of them answer. */
async function allSeeAll(nodes: readonly CassandraNode[]): Promise<void> {
  const giveUp = performance.now() + patience
  const up = nodes.filter((node) => node.runs)
  for (const node of up) {
    while (!(await sees(node, up.length))) {
      if (!node.runs) throw new Error(`the node ${node.plan.address} ended:\n${await node.lastWords()}`)
      if (performance.now() > giveUp) throw new Error(`the node ${node.plan.address} is not up after ${patience / 1000} s:\n${await node.lastWords()}`)
      await sleep(200)
    }
  }
}

/** Whether the node answers, together with the others: Cassandra keeps its own tables of this keyspace three times. */
async function sees({ plan: { address, region } }: CassandraNode, others: number): Promise<boolean> {
  const only = new policies.loadBalancing.AllowListPolicy(new policies.loadBalancing.RoundRobinPolicy(), [`${address}:${cqlPort}`])
  const client = new Client({ contactPoints: [address], localDataCenter: region, policies: { loadBalancing: only, reconnection: new policies.reconnection.ConstantReconnectionPolicy(1000) }, socketOptions: { connectTimeout: 2000, readTimeout: 2000 }, authProvider: new auth.PlainTextAuthProvider('cassandra', 'cassandra') })
  try {
    await client.execute("SELECT * FROM system_distributed.view_build_status WHERE keyspace_name = 'none' AND view_name = 'none'", [], { consistency: consistencies[others - 1] ?? types.consistencies.one })
    return true
  } catch {
    return false
  } finally {
    await client.shutdown()
  }
}

/** Where tests find a Cassandra of one node, dc1. */
export interface SharedCassandra { readonly contactPoints: readonly string[]; readonly port: number }

let shared: Promise<SharedCassandra> | undefined

/**
 * The Cassandra for tests of this process: the one that VEDETTE_TEST_CASSANDRA (host or host:port) names, as `npm test` does, or else
 * one node that is started now and goes with the process. A test makes a keyspace of its own and drops it.
 */
export function sharedCassandra(): Promise<SharedCassandra> {
  shared ??= shareCassandra()
  return shared
}

async function shareCassandra(): Promise<SharedCassandra> {
  const named = process.env.VEDETTE_TEST_CASSANDRA
  if (named !== undefined && named !== '') {
    const [host = '', port] = named.split(':')
    return { contactPoints: [host], port: port === undefined ? cqlPort : Number(port) }
  }
  const cluster = await startCassandra()
  // The node dies with this process by itself.
  process.on('exit', () => rmSync(cluster.directory, { recursive: true, force: true }))
  return cluster
}

/** Why tests have to do without Cassandra, for `{ skip }`: false when they need not. Under CI=true nothing is skipped, and they fail. */
export async function withoutCassandra(): Promise<string | false> {
  if (process.env.CI === 'true' || (process.env.VEDETTE_TEST_CASSANDRA ?? '') !== '') return false
  if (await findJava() === undefined) return 'no Java 17 for Cassandra; `node scripts/test-setup.ts` installs it'
  try {
    await installJars()
    return false
  } catch {
    return 'the jars of Cassandra are not there; `node scripts/test-setup.ts` fetches them'
  }
}
