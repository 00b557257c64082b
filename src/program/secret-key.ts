import type { ConfigurationRepository } from '../contracts/configuration.ts'
import type { SecretBox } from '../contracts/secret-box.ts'
import { ConfigError } from './config.ts'
import { leaveNote } from './notes.ts'

const known = 'the key that seals the secrets of this store'

/**
 * Processes that share a store must share the key that seals its secrets: the first one leaves a sealed text which all
 * others must be able to open. Several firsts at once are harmless: one leaves it, the others open it.
 */
export async function demandSameKey(configuration: ConfigurationRepository, secretBox: SecretBox, now: number): Promise<void> {
  const left = await leaveNote(configuration, 'vedette-secret-key', secretBox.seal(known), now)
  if (!opens(secretBox, left)) throw new ConfigError('VEDETTE_SECRET_KEY: is not the key with which this store\'s secrets are sealed: give every process the one that the first had')
}

function opens(secretBox: SecretBox, sealed: string): boolean {
  try {
    return secretBox.open(sealed) === known
  } catch {
    return false
  }
}
