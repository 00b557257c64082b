import { createHash } from 'node:crypto'
import type { ConfigurationChange, ConfigurationRepository, Partition } from '../../contracts/configuration.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { Random } from '../../contracts/random.ts'
import { newId } from '../../core/entities/ids.ts'
import type { MonitoringZone, NotificationPlan } from '../../core/entities/resources.ts'
import { isPrivate } from '../../core/wire/shown.ts'
import { change } from './changing.ts'
import { hashSecret, matchesHash, newSecret, tokenHash } from './hashes.ts'
import { common, issueToken, userWithKey } from './sign-in.ts'

export interface BootstrapDeps {
  readonly configuration: ConfigurationRepository
  readonly clock: Clock
  readonly random: Random
  readonly settings: {
    readonly tenant: string
    readonly adminUser: string
    readonly adminKey: string | undefined
    readonly adminToken: string | undefined
    readonly zones: readonly string[]
  }
}
/** What a first start gives the operator, once. */
export interface Credentials { readonly key: string; readonly token: string }

/**
 * Makes what has to be there: the account, its built-in plan, the zones and the first user. The credentials of a first
 * start are the answer; on later ones it is null. A key or a token given by settings holds from then on, whenever
 * it is given. May run on several nodes at once.
 */
export async function bootstrap(deps: BootstrapDeps): Promise<Credentials | null> {
  const { configuration, clock, settings: { tenant, zones } } = deps
  const now = clock.now()
  const [account] = (await configuration.list('account', { tenant }, { limit: 1 })).values
  if (account === undefined) await ensure(configuration, { tenant }, change('account', accountId(tenant), 0, { id: '', metadata: null, webhook_token: null }))
  await ensure(configuration, { tenant }, change('notificationPlan', technicalContacts.id, 0, technicalContacts))
  for (const id of zones) await ensure(configuration, isPrivate(id) ? { tenant } : common, change('monitoringZone', id, 0, zone(id, now)))
  return bootstrapUser(deps)
}

/** It follows from the tenant, so that two nodes that begin at once make one account. */
function accountId(tenant: string): string {
  return newId('account', createHash('sha256').update(`account ${tenant}`).digest())
}

/** Created unless it is there. */
async function ensure(configuration: ConfigurationRepository, partition: Partition, wanted: ConfigurationChange): Promise<void> {
  const value = wanted.kind === 'account' && wanted.value !== null ? { ...wanted.value, id: wanted.id } : wanted.value
  if (await configuration.get(wanted.kind, partition, wanted.id) === undefined) await configuration.commit(partition, [{ ...wanted, value } as ConfigurationChange])
}

const technicalContacts: NotificationPlan = {
  id: 'npTechnicalContactsEmail', label: 'Technical Contacts - Email', critical_state: [], warning_state: [], ok_state: [], unknown_state: [],
  metadata: null, created_at: 0, updated_at: 0,
}

function zone(id: string, now: number): MonitoringZone {
  return { id, label: id, country_code: null, source_ips: [], maximum_checks: null, maximum_agents: null, disabled: false, metadata: null, created_at: now, updated_at: now }
}

async function bootstrapUser(deps: BootstrapDeps): Promise<Credentials | null> {
  const { configuration, random, settings: { tenant, adminUser, adminKey, adminToken } } = deps
  const standing = await configuration.get('user', common, adminUser)
  if (standing !== undefined) {
    if (adminKey !== undefined && !await matchesHash(adminKey, standing.value.key_hash)) {
      await configuration.commit(common, [change('user', adminUser, standing.version, { ...standing.value, key_hash: await hashSecret(adminKey, random) })])
    }
    if (adminToken !== undefined) await ensureToken(deps, adminToken)
    return null
  }
  const key = adminKey ?? newSecret(random)
  const user = await userWithKey(adminUser, tenant, key, random)
  // Whoever comes second keeps quiet about a key that does not hold.
  if (await configuration.commit(common, [change('user', adminUser, 0, user)]) === 'conflict') return null
  const token = adminToken ?? newSecret(random)
  await ensureToken(deps, token)
  return { key, token }
}

async function ensureToken(deps: BootstrapDeps, token: string): Promise<void> {
  const { configuration, settings: { adminUser } } = deps
  const user = await configuration.get('user', common, adminUser)
  if (user !== undefined && await configuration.get('token', common, tokenHash(token)) === undefined) await issueToken(deps, user.value, 'first token', null, token)
}
