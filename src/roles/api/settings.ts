import { limits, rates, type RateBucket } from '../../core/entities/defaults.ts'

/** Every number that the API goes by; times are ms where no unit is said. */
export interface ApiSettings {
  readonly host: string
  readonly port: number
  /** how others reach this server, without "/" at its end; otherwise the Host header of each request says it */
  readonly publicUrl: string | undefined
  /** the node's name and the build, as transaction ids show them */
  readonly node: string
  readonly build: string
  /** seconds */
  readonly minPeriod: number
  readonly maxChecks: number
  readonly maxAlarms: number
  /** requests a day, by bucket */
  readonly rates: Readonly<Record<RateBucket, number>>
  /** bytes, and levels of nesting, of a body */
  readonly maxBody: number
  readonly maxDepth: number
  /** bytes of a heartbeat's body, and the shortest time between two of one check */
  readonly maxHeartbeatBody: number
  readonly heartbeatPause: number
  /** how long a request may take to arrive */
  readonly requestTimeout: number
  /** seconds that a tried check may take whatever its own timeout says, and ms that its zones may take beyond that */
  readonly maxTestTimeout: number
  readonly testGrace: number
  /** how often a change that lost against another one is made again before 503 */
  readonly attempts: number
  readonly tokenLifetime: number
  readonly signIn: SignInSettings
}

/** What stands between a guesser and a password. */
export interface SignInSettings {
  /** wrong answers in a row for one user that cost nothing; from then on each doubles the wait */
  readonly freeFailures: number
  readonly firstWait: number
  readonly longestWait: number
  /** names that are remembered */
  readonly users: number
  /** hashes computed at once, and how many may wait */
  readonly parallel: number
  readonly queue: number
}

export const defaultApiSettings: ApiSettings = {
  host: '127.0.0.1', port: 8000, publicUrl: undefined, node: 'local', build: '0',
  minPeriod: limits.minPeriod, maxChecks: limits.checks, maxAlarms: limits.alarms, rates,
  maxBody: 1_048_576, maxDepth: 32, maxHeartbeatBody: 16_384, heartbeatPause: 100, requestTimeout: 30_000, maxTestTimeout: 60, testGrace: 5000, attempts: 8, tokenLifetime: 86_400_000,
  signIn: { freeFailures: 10, firstWait: 1000, longestWait: 60_000, users: 10_000, parallel: 2, queue: 64 },
}
