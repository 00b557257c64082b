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

const keyspaceForm = /^[a-z][a-z0-9_]{0,47}$/

/** A session on the keyspace, which is made and brought up to date where need be. Rejects with a plain message; with StoreUnavailable when waiting may help. */
export async function openSession(options: CassandraOptions): Promise<Session> {
  if (!keyspaceForm.test(options.keyspace)) throw new Error(`'${options.keyspace}' is no name for a keyspace: small letters, digits and _, at most 48`)
  const session = await connect(options)
  try {
    checkRegion(session, options)
    await migrate(session, options.keyspace, Buffer.from(options.random.bytes(12)).toString('hex'), options.clock)
    return session
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw isTooSoon(error) ? inWords(error, options) : error
  }
}

async function connect(options: CassandraOptions): Promise<Session> {
  try {
    return await Session.open(options)
  } catch (error) {
    if (!/Keyspace .* does not exist/.test(String(error))) throw inWords(error, options)
  }
  try {
    await makeKeyspace(options)
    return await Session.open(options)
  } catch (error) {
    throw inWords(error, options)
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

/** A driver's error while opening, in words for whoever started us. Waiting mends an outage, and nothing else. */
function inWords(error: unknown, { contactPoints, port }: CassandraOptions): unknown {
  if (error instanceof StoreUnavailable || (isMistake(error) && !isTooSoon(error))) return error
  return new StoreUnavailable(`Cassandra does not answer at ${contactPoints.join(', ')}, port ${port}: ${firstLine(error)}`, 'not done', { cause: error })
}

/** Somebody has just made it, and this node has not heard of it: where several start at once, with a database that is busy. */
function isTooSoon(error: unknown): boolean {
  return /keyspace '?\w+'? does not exist|unconfigured table|id mismatch/i.test(String(error))
}

/** The driver's messages end in dumps of objects. */
function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
}

/** What waiting does not mend: a wrong password, a wrong replication. Nodes that cannot look up a password now are no mistake. */
function isMistake(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const first = Object.values((error as { innerErrors?: Readonly<Record<string, unknown>> }).innerErrors ?? {})[0]
  const told = first instanceof Error ? first : error
  return ['AuthenticationError', 'ResponseError', 'ArgumentError', 'TypeError'].includes(told.name) && !/consistency level|timed out|bootstrapping/i.test(told.message)
}
