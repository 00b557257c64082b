import { StoreUnavailable } from '../../contracts/errors.ts'
import { sharedCassandra } from '../../../scripts/lab/cassandra.ts'
import { recordingLog } from '../simulated/log.ts'
import { systemClock } from '../system/clock.ts'
import { systemRandom } from '../system/random.ts'
import { openSession } from './open.ts'
import type { Session } from './session.ts'
import type { Parameter, Statement } from './statement.ts'

export interface Lab extends AsyncDisposable {
  readonly session: Session
  empty(...tables: string[]): Promise<void>
}

/** A keyspace of its own on the real thing, which goes with it. */
export async function openLab(): Promise<Lab> {
  const { contactPoints, port } = await sharedCassandra()
  const keyspace = `lab_${Buffer.from(systemRandom.bytes(6)).toString('hex')}`
  const session = await openSession({ contactPoints, port, keyspace, region: 'dc1', replication: new Map([['dc1', 1]]), clock: systemClock, random: systemRandom, log: recordingLog() })
  return {
    session,
    async empty(...tables) {
      await Promise.all(tables.map((table) => session.change({ cql: `TRUNCATE ${table}`, consistency: 'QUORUM', idempotent: true, about: 'emptying a table of a test' })))
    },
    async [Symbol.asyncDispose]() {
      try {
        await session.change({ cql: `DROP KEYSPACE ${keyspace}`, consistency: 'QUORUM', idempotent: false, about: 'dropping the keyspace of a test' })
      } catch (error) {
        // On a machine that is busy it takes longer than an answer is waited for; it is dropped all the same.
        if (!(error instanceof StoreUnavailable)) throw error
      } finally {
        await session[Symbol.asyncDispose]()
      }
    },
  }
}

/** The same session, as a process has it to which `before` happens before each statement; rejecting is its death. */
export function interrupted(session: Session, before: (statement: Statement) => Promise<void>): Session {
  const process: Pick<Session, 'execute' | 'compareAndSet' | 'page'> = {
    async execute(statement: Statement, parameters?: readonly Parameter[]) {
      await before(statement)
      return session.execute(statement, parameters)
    },
    async compareAndSet(statement: Statement, parameters: readonly Parameter[]) {
      await before(statement)
      return session.compareAndSet(statement, parameters)
    },
    async *page(statement: Statement, parameters?: readonly Parameter[], fetchSize?: number) {
      await before(statement)
      yield* session.page(statement, parameters, fetchSize)
    },
  }
  // What is tried here uses nothing else of a session.
  return process as Session
}
