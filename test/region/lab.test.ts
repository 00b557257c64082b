import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client } from 'cassandra-driver'
import { lasting, startCassandra, withoutCassandra } from '../../scripts/lab/cassandra.ts'
import { targetField, type Mood } from '../../scripts/lab/target-field.ts'
import { longestGap } from '../../scripts/lab/writes.ts'

/** What a target says: its code, or how the connection ended. */
async function asked(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(500) })
    await answer.arrayBuffer()
    return String(answer.status)
  } catch (error) {
    return error instanceof Error ? error.name : ''
  }
}

test('a field of targets does what it says it does, each target by itself', async () => {
  await using field = await targetField(2)
  const expected: readonly (readonly [Mood, string])[] = [['well', '200'], ['odd', '404'], ['broken', '503'], ['gone', 'TypeError'], ['slow', 'TimeoutError']]
  for (const [mood, answer] of expected) {
    await field.turn(1, mood)
    assert.deepEqual([await asked(field.url(1)), await asked(field.url(0))], [answer, '200'])
  }
  assert.deepEqual(field.truths[1]?.map(({ state }) => state), ['OK', 'OK', 'WARNING', 'CRITICAL', 'CRITICAL', 'CRITICAL'])
  assert.equal(field.truths[0]?.length, 1)
})

test('the longest gap is found among sorted times', () => {
  assert.deepEqual([longestGap([]), longestGap([5]), longestGap([0, 1, 4, 6])], [0, 0, 3])
})

test('a Cassandra node that is killed comes back with what it had acknowledged', { skip: await withoutCassandra() }, async () => {
  await using cluster = await startCassandra({ set: lasting })
  const run = async (statement: string) => {
    const client = new Client({ contactPoints: [...cluster.contactPoints], localDataCenter: 'dc1' })
    try {
      return await client.execute(statement)
    } finally {
      await client.shutdown()
    }
  }
  await run("CREATE KEYSPACE lab WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 1}")
  await run('CREATE TABLE lab.kept (id int PRIMARY KEY)')
  await run('INSERT INTO lab.kept (id) VALUES (1)')
  await cluster.kill(1)
  await assert.rejects(run('SELECT id FROM lab.kept'), { name: 'NoHostAvailableError' })
  await cluster.startNode(1)
  assert.deepEqual((await run('SELECT id FROM lab.kept')).rows.map((row) => Number(row.id)), [1])
})
