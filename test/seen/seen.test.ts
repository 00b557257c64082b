import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, policies, types } from 'cassandra-driver'
import { startCassandra, withoutCassandra, type CassandraCluster } from '../../scripts/lab/cassandra.ts'

/**
 * What the deciding rests on, seen on three real nodes, each a data centre: first that the danger is real, then that our way
 * around it holds. The nodes sync their commit log every now and then, which is the default and the worst case.
 */
const skip = await withoutCassandra()
const { quorum, localQuorum, serial, all } = types.consistencies
const options = { skip, timeout: 480_000 }
let cluster: CassandraCluster
const clients = new Map<number, Client>()

before(async () => {
  if (skip !== false) return
  cluster = await startCassandra({ nodes: 3 })
  await at(1).execute("CREATE KEYSPACE seen WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 1, 'dc2': 1, 'dc3': 1}")
  await at(1).execute('CREATE TABLE seen.pair (id text PRIMARY KEY, a text, b text)')
  await at(1).execute('CREATE TABLE seen.ledger (alarm text, version int, row_version int static, decision text static, entry text, PRIMARY KEY (alarm, version))')
}, { timeout: 240_000 })

after(async () => {
  await leave()
  await cluster?.[Symbol.asyncDispose]()
  // The driver may keep a connection to a host that came back under the same address; that must not keep the process.
  setTimeout(() => process.exit(), 5000).unref()
})

/** Ends all clients; one that speaks to a node that was killed may never say that it has ended. */
async function leave(): Promise<void> {
  const left = [...clients.values()]
  clients.clear()
  await Promise.race([Promise.allSettled(left.map((client) => client.shutdown())), sleep(3000, undefined, { ref: false })])
}

/** Does it again until the nodes, busy as the machine may be, see each other well enough. */
async function inTime<T>(work: () => Promise<T>): Promise<T> {
  for (const giveUp = performance.now() + 60_000; ;) {
    try {
      return await work()
    } catch (error) {
      if (performance.now() > giveUp) throw error
      await sleep(500)
    }
  }
}

/** A client whose every request goes to one node. */
function at(node: number): Client {
  const address = cluster.contactPoints[node - 1] ?? ''
  const client = clients.get(node) ?? new Client({
    contactPoints: [address], localDataCenter: `dc${node}`, socketOptions: { readTimeout: 20_000 },
    policies: {
      loadBalancing: new policies.loadBalancing.AllowListPolicy(new policies.loadBalancing.RoundRobinPolicy(), [`${address}:${cluster.port}`]), reconnection: new policies.reconnection.ConstantReconnectionPolicy(500),
      timestampGeneration: null as unknown as policies.timestampGeneration.TimestampGenerator, // the driver means null, its types do not say so
    },
  })
  clients.set(node, client)
  return client
}

const write = (node: number, id: string, a: string, b: string, using: string, consistency = quorum) =>
  at(node).execute(`INSERT INTO seen.pair (id, a, b) VALUES ('${id}', '${a}', '${b}') ${using}`, [], { consistency })

async function pair(id: string): Promise<string | undefined> {
  const { rows: [row] } = await at(1).execute(`SELECT a, b FROM seen.pair WHERE id = '${id}'`, [], { consistency: quorum })
  return row && `${row.a}${row.b}`
}

test('two rows of one timestamp become a row that nobody wrote; without timestamps of ours the later one stands', options, async () => {
  await write(1, 'equal', 'x', 'a', 'USING TIMESTAMP 1000')
  await write(2, 'equal', 'a', 'x', 'USING TIMESTAMP 1000')
  assert.equal(await pair('equal'), 'xx')
  await write(1, 'plain', 'x', 'a', '')
  await sleep(20)
  await write(2, 'plain', 'a', 'x', '')
  assert.equal(await pair('plain'), 'ax')
})

test('a row stamped an hour ahead hides every later write', options, async () => {
  await write(1, 'ahead', 'o', 'o', `USING TIMESTAMP ${(Date.now() + 3_600_000) * 1000}`)
  await write(1, 'ahead', 'n', 'n', '')
  assert.equal(await pair('ahead'), 'oo')
})

test('a conditional batch spans one partition of one table, and no more', options, async () => {
  const version = (alarm: string, n: number) => [
    `UPDATE seen.ledger SET row_version = ${n}, decision = 'd${n}' WHERE alarm = '${alarm}' IF row_version = ${n === 1 ? 'null' : n - 1}`, `INSERT INTO seen.ledger (alarm, version, entry) VALUES ('${alarm}', ${n}, 'e${n}')`,
  ]
  const batch = (statements: readonly string[]) => at(1).execute(`BEGIN BATCH ${statements.join('; ')}; APPLY BATCH`, [], { consistency: quorum, serialConsistency: serial })
  assert.equal((await batch(version('al1', 1))).first().get('[applied]'), true)
  assert.equal((await batch(version('al1', 2))).first().get('[applied]'), true)
  assert.equal((await batch(version('al1', 2))).first().get('[applied]'), false)
  const { rows } = await at(2).execute("SELECT version, row_version, entry FROM seen.ledger WHERE alarm = 'al1'", [], { consistency: serial })
  assert.deepEqual(rows.map((row) => [row.version, row.row_version, row.entry]), [[1, 2, 'e1'], [2, 2, 'e2']])
  await assert.rejects(batch([...version('al1', 3), "INSERT INTO seen.ledger (alarm, version, entry) VALUES ('al2', 1, 'e')"]), /multiple partitions|more than one partition/i)
  await assert.rejects(batch([...version('al1', 3), "INSERT INTO seen.pair (id, a) VALUES ('al1', 'e')"]), /multiple tables|more than one|span/i)
})

/** A compare-and-set from version 0, by one node. */
const decide = (node: number, alarm: string, decision: string) =>
  at(node).execute(`UPDATE seen.ledger SET row_version = 1, decision = '${decision}' WHERE alarm = '${alarm}' IF row_version = null`, [], { consistency: quorum, serialConsistency: serial })
const standing = async (node: number, alarm: string) => (await at(node).execute(`SELECT decision FROM seen.ledger WHERE alarm = '${alarm}'`, [], { consistency: serial })).first()?.get('decision') ?? undefined

/** Sends a compare-and-set to a node that hangs; what a read by another node says of it meanwhile; and what became of it when the node went on. */
async function park(alarm: string, meanwhile: () => Promise<void>): Promise<'applied' | 'conflict' | 'unknown'> {
  cluster.pause(1)
  const parked = Promise.allSettled([decide(1, alarm, 'parked')])
  await sleep(200)
  try {
    assert.equal(await inTime(() => standing(2, alarm)), undefined, 'a read says that it was not applied')
    await meanwhile()
  } finally {
    cluster.resume(1)
  }
  const [outcome] = await parked
  return outcome?.status === 'fulfilled' ? (outcome.value.first().get('[applied]') === true ? 'applied' : 'conflict') : 'unknown'
}

test('a compare-and-set that waits in a paused coordinator applies after a SERIAL read denied it; another one from the same version settles it', options, async () => {
  await Promise.all([1, 2].map((node) => inTime(() => standing(node, 'warm'))))
  // The coordinator may wake too late for its own limit; then it is tried with another alarm.
  const outcomes: string[] = []
  for (let n = 0; n < 8 && outcomes.at(-1) !== 'applied'; n++) outcomes.push(await park(`denied${n}`, async () => {}))
  assert.equal(outcomes.at(-1), 'applied', outcomes.join())
  assert.equal(await standing(3, `denied${outcomes.length - 1}`), 'parked')
  for (const alarm of ['settled0', 'settled1', 'settled2']) {
    const outcome = await park(alarm, async () => { assert.equal((await decide(2, alarm, 'other')).first().get('[applied]'), true) })
    assert.notEqual(outcome, 'applied')
    assert.equal(await standing(3, alarm), 'other')
  }
})

/** Writes rows by node 2 while it is killed, with others down as well; starts all again: how many of the acknowledged ones are left. */
async function killed(name: string, consistency: types.consistencies, down: readonly number[]): Promise<{ readonly acknowledged: number; readonly left: number }> {
  await leave()
  for (const node of down) await cluster.kill(node)
  const acknowledged = new Set<string>()
  let [next, over] = [0, false]
  const writer = async () => {
    while (!over) {
      const id = `${name}${next++}`
      const [result] = await Promise.allSettled([write(2, id, 'a', 'b', '', consistency)])
      if (result?.status === 'fulfilled') acknowledged.add(id)
      else over = true
    }
  }
  const writing = Promise.all(Array.from({ length: 32 }, writer))
  while (acknowledged.size < 2000 && !over) await sleep(5)
  await cluster.kill(2)
  await writing
  await leave()
  for (const node of [...down, 2]) await cluster.startNode(node)
  const { rows } = await inTime(() => at(1).execute('SELECT id FROM seen.pair', [], { consistency: all, fetchSize: 0 }))
  const there = new Set(rows.map((row) => String(row.id)))
  return { acknowledged: acknowledged.size, left: [...acknowledged].filter((id) => there.has(id)).length }
}

test('a killed node forgets what it acknowledged at LOCAL_QUORUM, and nothing of QUORUM is lost with it', options, async () => {
  const local = await killed('local', localQuorum, [1, 3])
  assert.ok(local.left < local.acknowledged, `${local.left} of ${local.acknowledged} are left`)
  const across = await killed('quorum', quorum, [3])
  assert.equal(across.left, across.acknowledged)
})
