import PQueue from 'p-queue'
import type { ConfigurationRepository } from '../../contracts/configuration.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { Random } from '../../contracts/random.ts'
import type { Token, User } from '../../core/entities/resources.ts'
import { Refusal } from '../../core/wire/errors.ts'
import { everyRow } from './scan.ts'
import { hashSecret, matchesHash, newSecret, tokenHash } from './hashes.ts'
import type { ApiSettings } from './settings.ts'
import type { Session } from './types.ts'

/** The partition of what belongs to all: users, tokens, public zones. */
export const common = { tenant: '' } as const

export interface SignInDeps {
  readonly configuration: ConfigurationRepository
  readonly clock: Clock
  readonly random: Random
  readonly settings: Pick<ApiSettings, 'signIn' | 'tokenLifetime'>
}
export interface Credentials { readonly username: string; readonly kind: 'key' | 'password'; readonly secret: string }
/** A token's text, which is told once, and its row. */
export interface Issued { readonly text: string; readonly token: Token }

interface Failures { count: number; until: number }

const sweepEvery = 100

/** Tokens and who they belong to. Guessing is slowed down for each user name, and hashing never takes more than its share. */
export class SignIn {
  readonly #deps: SignInDeps
  readonly #hashing: PQueue
  readonly #failures = new Map<string, Failures>()
  #issued = 0

  constructor(deps: SignInDeps) {
    this.#deps = deps
    this.#hashing = new PQueue({ concurrency: deps.settings.signIn.parallel })
  }

  /** Who a token belongs to; undefined when it is unknown or expired. */
  async authenticate(text: string): Promise<Session | undefined> {
    if (text === '' || text.length > 512) return undefined
    const token = (await this.#deps.configuration.get('token', common, tokenHash(text)))?.value
    if (token === undefined || (token.expires_at !== null && token.expires_at <= this.#deps.clock.now())) return undefined
    return { tenant: token.tenant, user: token.user, roles: token.roles, expiresAt: token.expires_at }
  }

  /** A new token for who has the right key or password. */
  async signIn(credentials: Credentials): Promise<Issued & { readonly user: User }> {
    this.#demandPatience(credentials.username)
    const user = (await this.#deps.configuration.get('user', common, credentials.username))?.value
    const stored = credentials.kind === 'key' ? user?.key_hash : user?.password_hash
    // Counted before it is known to be one, so that many attempts at once are no way around the wait.
    this.#failed(credentials.username)
    const right = await this.#matches(credentials.secret, stored ?? null)
    if (!right || user === undefined) {
      throw new Refusal('unauthorizedError', 'Unable to authenticate', 'The user name, key or password is wrong')
    }
    this.#failures.delete(credentials.username)
    await this.#sweep()
    const issued = await issueToken(this.#deps, user, null, this.#deps.clock.now() + this.#deps.settings.tokenLifetime)
    return { ...issued, user }
  }

  async #matches(secret: string, stored: string | null): Promise<boolean> {
    if (this.#hashing.size >= this.#deps.settings.signIn.queue) throw new Refusal('systemFailureError', 'Too many are signing in', 'Try again', 1)
    return this.#hashing.add(() => matchesHash(secret, stored))
  }

  /** Tokens that have expired leave the store, now and then. */
  async #sweep(): Promise<void> {
    this.#issued += 1
    if (this.#issued % sweepEvery !== 1) return
    const { configuration, clock } = this.#deps
    for await (const row of everyRow(configuration, 'token', common)) {
      if (row.value.expires_at === null || row.value.expires_at > clock.now()) continue
      await configuration.commit(common, [{ kind: 'token', id: row.id, expected: row.version, value: null }])
    }
  }

  #demandPatience(username: string): void {
    const wait = (this.#failures.get(username)?.until ?? 0) - this.#deps.clock.monotonic()
    if (wait > 0) throw new Refusal('rateLimitReached', 'Too many wrong answers', 'Wait before the next attempt', Math.ceil(wait / 1000))
  }

  #failed(username: string): void {
    const { freeFailures, firstWait, longestWait, users } = this.#deps.settings.signIn
    const count = (this.#failures.get(username)?.count ?? 0) + 1
    const wait = count < freeFailures ? 0 : Math.min(longestWait, firstWait * 2 ** Math.min(30, count - freeFailures))
    this.#failures.delete(username)
    this.#failures.set(username, { count, until: this.#deps.clock.monotonic() + wait })
    // The oldest name makes room: a flood of invented names takes no more memory than this.
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > users && oldest !== undefined) this.#failures.delete(oldest)
  }
}

/** Makes a token for a user; `expiresAt` null lasts until it is revoked. */
export async function issueToken({ configuration, clock, random }: Pick<SignInDeps, 'configuration' | 'clock' | 'random'>, user: Pick<User, 'name' | 'tenant' | 'roles'>, label: string | null, expiresAt: number | null, text = newSecret(random)): Promise<Issued> {
  const token: Token = { hash: tokenHash(text), tenant: user.tenant, user: user.name, roles: user.roles, label, expires_at: expiresAt, created_at: clock.now() }
  await configuration.commit(common, [{ kind: 'token', id: token.hash, expected: 0, value: token }])
  return { text, token }
}

/** A user who may sign in with a key. */
export async function userWithKey(name: string, tenant: string, key: string, random: Random): Promise<User> {
  return { name, tenant, roles: ['monitoring:admin'], key_hash: await hashSecret(key, random), password_hash: null }
}
