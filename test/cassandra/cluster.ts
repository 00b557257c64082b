import { setImmediate } from 'node:timers/promises'
import { sharedCassandra } from '../../scripts/lab/cassandra.ts'
import { recordingLog } from '../../src/adapters/simulated/log.ts'
import { openSession, type CassandraOptions } from '../../src/adapters/store-cassandra/open.ts'
import type { Session } from '../../src/adapters/store-cassandra/session.ts'
import type { Parameter, Row, Statement } from '../../src/adapters/store-cassandra/statement.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'

/** A keyspace of a test's own on a real Cassandra, which goes with it. */
export interface TestKeyspace extends AsyncDisposable {
  readonly options: CassandraOptions
  /** for statements of a test's own; the tables are there */
  readonly session: Session
  /** removes everything that was written */
  readonly empty: () => Promise<void>
}

/** These tell which steps of the schema are done. */
const keptTables = ['schema_version', 'schema_lock']

export async function testKeyspace(): Promise<TestKeyspace> {
  const { contactPoints, port } = await sharedCassandra()
  const keyspace = `test_${Buffer.from(systemRandom.bytes(6)).toString('hex')}`
  const options = { contactPoints, port, keyspace, region: 'dc1', replication: new Map([['dc1', 1]]), clock: systemClock, random: systemRandom, log: recordingLog() }
  const session = await openSession(options)
  const ask = (cql: string) => session.execute({ cql, consistency: 'ONE', idempotent: true, about: 'looking into a table' })
  const change = (cql: string) => session.change({ cql, consistency: 'ONE', idempotent: true, about: 'changing a table' })
  return {
    options,
    session,
    async empty() {
      const tables = (await ask(`SELECT table_name FROM system_schema.tables WHERE keyspace_name = '${keyspace}'`)).map((row) => String(row.get('table_name')))
      await Promise.all(tables.filter((table) => !keptTables.includes(table)).map(async (table) => {
        // Asking is a hundred times cheaper than truncating.
        if ((await ask(`SELECT * FROM ${keyspace}.${table} LIMIT 1`)).length > 0) await change(`TRUNCATE ${keyspace}.${table}`)
      }))
    },
    async [Symbol.asyncDispose]() {
      try {
        await change(`DROP KEYSPACE ${keyspace}`)
      } finally {
        await session[Symbol.asyncDispose]()
      }
    },
  }
}

type Sends = Pick<Session, 'execute' | 'compareAndSet' | 'page'>

/** The same session, with `around` in the way of each statement: it may do it late, not at all, or lose the answer. */
export function meddledWith(session: Session, around: (statement: Statement, send: () => Promise<unknown>) => Promise<unknown>): Session {
  const meddled: Sends = {
    // What `send` answers is what its own method answers.
    execute: (statement: Statement, parameters?: readonly Parameter[]) => around(statement, () => session.execute(statement, parameters)) as Promise<readonly Row[]>,
    compareAndSet: (statement: Statement, parameters: readonly Parameter[]) => around(statement, () => session.compareAndSet(statement, parameters)) as ReturnType<Sends['compareAndSet']>,
    async *page(statement: Statement, parameters?: readonly Parameter[], fetchSize?: number) {
      await around(statement, () => setImmediate())
      yield* session.page(statement, parameters, fetchSize)
    },
  }
  // What is tried here uses nothing else of a session.
  return meddled as Session
}
