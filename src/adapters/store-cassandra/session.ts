import { auth, Client, policies, types, type QueryOptions } from 'cassandra-driver'
import type { Clock } from '../../contracts/clock.ts'
import type { Log } from '../../contracts/log.ts'
import type { StoreProblem, StoreStats } from '../../contracts/store.ts'
import { failureOf, isTimeout } from './failure.ts'
import { Health } from './health.ts'
import { CarefulRetry, PreferRegion } from './policies.ts'
import { isConditional, type Consistency, type Parameter, type Row, type Statement } from './statement.ts'

/** Where the cluster is and who we are. `region` is the data centre beside us. */
export interface SessionOptions {
  readonly contactPoints: readonly string[]
  readonly port: number
  readonly keyspace: string
  readonly region: string
  readonly user?: string
  readonly password?: string
  /** PEM of the authority that signed the nodes' certificates; with it, all connections are TLS */
  readonly ca?: string
  readonly clock: Clock
  readonly log: Log
}

/** ms without an answer until a request counts as lost: above every limit of the server's own (5 s). */
const requestTimeout = 6000
/** ms: all nodes that answer have to agree on a change of the schema */
const schemaTimeout = 30_000
const connectTimeout = 3000
const reconnectEvery = 1000
/** ms after which an idempotent statement is also sent to another node: a hung one costs this, not a timeout */
const speculateAfter = 150
const speculations = 2
const heartbeatEvery = 5000
/** requests without an answer after which a connection is given up */
const deadAfter = 4
const pageSize = 1000

const levels: Readonly<Record<Consistency, types.consistencies>> = {
  ONE: types.consistencies.one, LOCAL_ONE: types.consistencies.localOne, LOCAL_QUORUM: types.consistencies.localQuorum,
  QUORUM: types.consistencies.quorum, SERIAL: types.consistencies.serial,
}

/**
 * The driver, as this store wants it: every statement prepared, with a stated consistency, and every failure told as
 * StoreUnavailable with its outcome.
 */
export class Session implements AsyncDisposable {
  readonly #client: Client
  readonly #health: Health
  #statements = 0
  #compareAndSets = 0
  #timeouts = 0

  private constructor(client: Client, health: Health) {
    this.#client = client
    this.#health = health
  }

  /** Connects; rejects with the driver's error when the cluster does not answer or has no such keyspace. */
  static async open(options: SessionOptions): Promise<Session> {
    const client = clientFor(options)
    try {
      await client.connect()
    } catch (error) {
      await client.shutdown()
      throw error
    }
    return new Session(client, new Health(client, options.clock, options.log))
  }

  /** All rows of an answer that fits a page; conditional writes answer with `[applied]`, see `applied`. */
  async execute(statement: Statement, parameters: readonly Parameter[] = []): Promise<readonly Row[]> {
    const { rows } = await this.#send(statement, parameters, { fetchSize: 0 })
    return rows ?? []
  }

  /** A conditional write: whether it applied, and else the row that stands, as far as its condition names columns. */
  async compareAndSet(statement: Statement, parameters: readonly Parameter[]): Promise<{ readonly applied: boolean; readonly standing: Row | undefined }> {
    const [row] = await this.execute(statement, parameters)
    return { applied: row?.get('[applied]') === true, standing: row }
  }

  /** The rows of a read, a page at a time. */
  async *page(statement: Statement, parameters: readonly Parameter[] = [], fetchSize = pageSize): AsyncGenerator<Row> {
    let pageState: string | undefined
    do {
      const result = await this.#send(statement, parameters, { fetchSize, ...(pageState === undefined ? {} : { pageState }) })
      yield* result.rows
      pageState = result.pageState ?? undefined
    } while (pageState !== undefined)
  }

  /** Names of the data centres that the driver knows. */
  get regions(): readonly string[] {
    return this.#health.regions
  }

  problems(): readonly StoreProblem[] {
    return this.#health.problems()
  }

  get remote(): NonNullable<StoreStats['remote']> {
    return { statements: this.#statements, compareAndSets: this.#compareAndSets, timeouts: this.#timeouts }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.shutdown()
  }

  /** A change of the schema: not prepared, and never sent to two nodes at once, which might both make it. */
  async change(statement: Statement): Promise<void> {
    await this.#send({ ...statement, idempotent: false }, [], { prepare: false, readTimeout: schemaTimeout })
  }

  async #send(statement: Statement, parameters: readonly Parameter[], options: QueryOptions): Promise<types.ResultSet> {
    this.#statements += 1
    if (isConditional(statement)) this.#compareAndSets += 1
    try {
      const result = await this.#client.execute(statement.cql, parameters.map(bound), { ...optionsOf(statement), ...options })
      this.#health.answered(statement)
      return result
    } catch (error) {
      if (isTimeout(error)) this.#timeouts += 1
      const failure = failureOf(statement, error)
      this.#health.failed(statement, failure)
      throw failure
    }
  }
}

function optionsOf({ consistency, serialConsistency, idempotent }: Statement) {
  return { prepare: true, consistency: levels[consistency], isIdempotent: idempotent, ...(serialConsistency === undefined ? {} : { serialConsistency: levels[serialConsistency] }) }
}

/** The driver takes bytes as Buffer only. */
function bound(parameter: Parameter): unknown {
  return parameter instanceof Uint8Array && !Buffer.isBuffer(parameter) ? Buffer.from(parameter.buffer, parameter.byteOffset, parameter.byteLength) : parameter
}

/** A driver client with our policies; '' is no keyspace. */
function clientFor({ contactPoints, port, keyspace, region, user, password, ca, log }: SessionOptions): Client {
  const client = new Client({
    contactPoints: [...contactPoints],
    ...(keyspace === '' ? {} : { keyspace }),
    ...(user === undefined ? {} : { authProvider: new auth.PlainTextAuthProvider(user, password ?? '') }),
    ...(ca === undefined ? {} : { sslOptions: { ca: [ca], rejectUnauthorized: true } }),
    protocolOptions: { port },
    policies: {
      loadBalancing: new PreferRegion(region),
      reconnection: new policies.reconnection.ConstantReconnectionPolicy(reconnectEvery),
      retry: new CarefulRetry(),
      speculativeExecution: new policies.speculativeExecution.ConstantSpeculativeExecutionPolicy(speculateAfter, speculations),
      // Timestamps are the coordinators': ones of ours would make equal or future ones out of our own clocks' mistakes.
      timestampGeneration: null as unknown as policies.timestampGeneration.TimestampGenerator,
    },
    pooling: { heartBeatInterval: heartbeatEvery },
    socketOptions: { readTimeout: requestTimeout, connectTimeout, defunctReadTimeoutThreshold: deadAfter },
    monitorReporting: { enabled: false },
  })
  // Of nodes that it meets again after all were out of reach the driver makes new objects, and forgets the old ones alive: they would
  // go on connecting, and keep the process from ending. Its types do not tell that they can be shut down.
  client.on('hostRemove', (host: { shutdown(drain: boolean): void }) => host.shutdown(false))
  client.on('log', (level: string, source: string, message: string) => {
    if (level === 'warning' || level === 'error') log.debug({ source, level }, message)
  })
  return client
}
