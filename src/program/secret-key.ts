import type { ConfigurationRepository } from '../contracts/configuration.ts'
import type { SecretBox } from '../contracts/secret-box.ts'
import type { Token } from '../core/entities/resources.ts'
import { ConfigError } from './config.ts'

/** Belongs to no account, and no token's text has this hash: nobody can sign in with it, and no account sees it. */
const place = { tenant: '' }
const id = 'vedette-secret-key'
const known = 'the key that seals the secrets of this store'

/**
 * Processes that share a store must share the key that seals its secrets: the first one leaves a sealed text which all
 * others must be able to open. Several firsts at once are harmless: one leaves it, the others open it.
 */
export async function demandSameKey(configuration: ConfigurationRepository, secretBox: SecretBox, now: number): Promise<void> {
  const left = await configuration.get('token', place, id) ?? await leave(configuration, secretBox, now)
  if (left !== undefined && !opens(secretBox, left.value.label ?? '')) throw new ConfigError('VEDETTE_SECRET_KEY: is not the key with which this store\'s secrets are sealed: give every process the one that the first had')
}

async function leave(configuration: ConfigurationRepository, secretBox: SecretBox, now: number) {
  const value: Token = { hash: id, tenant: '', user: '', roles: [], label: secretBox.seal(known), expires_at: null, created_at: now }
  if (await configuration.commit(place, [{ kind: 'token', id, expected: 0, value }]) === 'applied') return undefined
  return configuration.get('token', place, id)
}

function opens(secretBox: SecretBox, sealed: string): boolean {
  try {
    return secretBox.open(sealed) === known
  } catch {
    return false
  }
}
