import { StoreUnavailable } from '../../contracts/errors.ts'
import type { Random } from '../../contracts/random.ts'
import { migrate } from './migrations.ts'
import { Session, type SessionOptions } from './session.ts'
import type { Statement } from './statement.ts'

export interface CassandraOptions extends SessionOptions {
  /** replicas by data centre, used when the keyspace is made */
  readonly replication: ReadonlyMap<string, number>
  readonly random: Random
}

/** ms for which a cluster that does not answer is tried again before opening rejects */
const openWithin = 20_000
const tryAgainAfter = 1000
const keyspaceForm = /^[a-z][a-z0-9_]{0,47}$/

/** A session on the keyspace, which is made and brought up to date where need be. Rejects with a plain message. */
export async function openSession(options: CassandraOptions): Promise<Session> {
  if (!keyspaceForm.test(options.keyspace)) throw new Error(`'${options.keyspace}' is no name for a keyspace: small letters, digits and _, at most 48`)
  const session = await patiently(options, () => connect(options))
  try {
    checkRegion(session, options)
    await migrate(session, options.keyspace, Buffer.from(options.random.bytes(12)).toString('hex'), options.clock)
    return session
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw error
  }
}

async function connect(options: CassandraOptions): Promise<Session> {
  try {
    return await Session.open(options)
  } catch (error) {
    if (!/Keyspace .* does not exist/.test(String(error))) throw error
    await makeKeyspace(options)
    return Session.open(options)
  }
}

async function makeKeyspace(options: CassandraOptions): Promise<void> {
  await using session = await Session.open({ ...options, keyspace: '' })
  const replication = options.replication.size === 0 ? new Map([[options.region, 1]]) : options.replication
  const replicas = [...replication].map(([region, count]) => `'${region.replaceAll("'", "''")}': ${Math.trunc(count)}`).join(', ')
  // A schema change has no consistency level of its own; the driver waits until all nodes that answer agree on it.
  const create: Statement = {
    cql: `CREATE KEYSPACE IF NOT EXISTS ${options.keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', ${replicas}} AND durable_writes = true`, consistency: 'QUORUM', idempotent: true, about: 'making the keyspace',
  }
  await session.change(create)
}

function checkRegion(session: Session, { region }: CassandraOptions): void {
  if (!session.regions.includes(region)) throw new Error(`The cluster has no data centre '${region}'; it has ${session.regions.join(', ')}`)
}

/** A cluster that starts together with us gets its time. */
async function patiently<T>({ clock, log, contactPoints, port }: CassandraOptions, work: () => Promise<T>): Promise<T> {
  const started = clock.monotonic()
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const message = `Cassandra does not answer at ${contactPoints.join(', ')}, port ${port}: ${firstLine(error)}`
      if (isMistake(error)) throw error
      if (clock.monotonic() - started > openWithin) throw new StoreUnavailable(message, 'not done', { cause: error })
      log.warn({}, message)
      await clock.sleep(tryAgainAfter)
    }
  }
}

/** The driver's messages end in dumps of objects. */
function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
}

/** What waiting does not mend: a wrong password, a wrong replication. */
function isMistake(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof StoreUnavailable) return false
  const first = Object.values((error as { innerErrors?: Readonly<Record<string, unknown>> }).innerErrors ?? {})[0]
  return ['AuthenticationError', 'ResponseError', 'ArgumentError', 'TypeError'].includes(first instanceof Error ? first.name : error.name)
}
