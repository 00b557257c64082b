import type { Access, AgentCheck, Hello } from '../adapters/agent-protocol/index.ts'
import type { Clock } from '../contracts/clock.ts'
import type { ConfigurationRepository } from '../contracts/configuration.ts'
import type { Token } from '../core/entities/resources.ts'
import { isPrivate } from '../core/wire/shown.ts'
import { sameText, tokenHash } from '../roles/api/hashes.ts'
import { common } from '../roles/api/sign-in.ts'

export interface AgentAccessDeps {
  readonly configuration: ConfigurationRepository
  readonly clock: Clock
  /** what pollers of public zones present */
  readonly pollerTokens: readonly string[]
}

/** Who carries an agent's id is looked up among all entities of its account; the answer holds for so long (ms). */
const agentMemory = 30_000
const refused = (reason: string): Access => ({ kind: 'refused', reason })

/**
 * What a token opens. A poller of public zones presents a secret of the operator's; one of private zones, and an agent,
 * a token of the API of their account which may change things.
 */
export function agentAccess({ configuration, clock, pollerTokens }: AgentAccessDeps): (hello: Hello) => Promise<Access> {
  const entities = new EntitiesOfAgents(configuration, clock)
  return async ({ token: text, zones, isPoller, agentId }) => {
    if (zones.length > 0 && zones.every((zone) => zone.startsWith('mz'))) return publicZones(zones, text)
    if (zones.length > 0 && !zones.every(isPrivate)) return refused('a poller serves either public zones (mz…) or private ones (pz…)')
    if (zones.length === 0 && isPoller) return refused('a poller must name its zones in zone_ids')
    const token = await tokenOf(text)
    if (token === undefined) return refused('this token is not known, has expired, or may only look')
    if (zones.length > 0) return privateZones(zones, token)
    return { kind: 'agent', tenant: token.tenant, entity: await entities.of(token.tenant, agentId) }
  }

  function publicZones(zones: readonly string[], text: string): Access {
    const known = pollerTokens.filter((token) => sameText(token, text)).length > 0
    return known ? { kind: 'poller', zones, tenant: null } : refused('this token does not open public zones; it must be one of VEDETTE_POLLER_TOKEN')
  }

  async function privateZones(zones: readonly string[], { tenant }: Token): Promise<Access> {
    const { values } = await configuration.list('monitoringZone', { tenant }, { limit: 1000, ids: zones })
    const known = new Set(values.filter((zone) => !zone.value.disabled).map((zone) => zone.id))
    const stranger = zones.find((zone) => !known.has(zone))
    return stranger === undefined ? { kind: 'poller', zones, tenant } : refused(`zone ${stranger.slice(0, 64)} is none of this token's account`)
  }

  async function tokenOf(text: string): Promise<Token | undefined> {
    const token = (await configuration.get('token', common, tokenHash(text)))?.value
    if (token === undefined || (token.expires_at !== null && token.expires_at <= clock.now())) return undefined
    return token.roles.some((role) => role !== 'monitoring:observer') ? token : undefined
  }
}

/** An entity's checks as an agent of the original kind gets them. */
export async function agentChecks(configuration: ConfigurationRepository, tenant: string, entity: string): Promise<readonly AgentCheck[]> {
  const tree = await configuration.tree(tenant, entity)
  return (tree?.checks ?? []).map((stored) => stored.value).filter((check) => check.type.startsWith('agent.'))
    .map(({ id, type, details, period, timeout, disabled }) => ({ id, type, details, period, timeout, disabled }))
}

/** Which entity names which agent; read as a whole for an account whose agents come. */
class EntitiesOfAgents {
  readonly #configuration: ConfigurationRepository
  readonly #clock: Clock
  readonly #known = new Map<string, { readonly at: number; readonly agents: Promise<ReadonlyMap<string, string>> }>()

  constructor(configuration: ConfigurationRepository, clock: Clock) {
    this.#configuration = configuration
    this.#clock = clock
  }

  async of(tenant: string, agent: string): Promise<string | null> {
    const known = this.#known.get(tenant)
    const now = this.#clock.monotonic()
    if (known !== undefined && now - known.at < agentMemory) return (await known.agents).get(agent) ?? null
    const agents = this.#read(tenant)
    this.#known.set(tenant, { at: now, agents })
    try {
      return (await agents).get(agent) ?? null
    } catch (error) {
      this.#known.delete(tenant)
      throw error
    }
  }

  async #read(tenant: string): Promise<ReadonlyMap<string, string>> {
    const agents = new Map<string, string>()
    for await (const id of this.#configuration.entities(tenant)) {
      const agent = (await this.#configuration.get('entity', { tenant, entity: id }, id))?.value.agent_id
      if (agent !== null && agent !== undefined && !agents.has(agent)) agents.set(agent, id)
    }
    return agents
  }
}
