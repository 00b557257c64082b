import { certificateFiles, listenForAgents, type AgentListener } from '../adapters/agent-protocol/index.ts'
import type { EndpointLink } from '../contracts/transport.ts'
import { openDetails } from '../flows/delivery-message.ts'
import { agentAccess, agentChecks } from './agent-access.ts'
import { ConfigError } from './config.ts'
import type { Node } from './node.ts'
import { isShared, readNamed } from './open-store.ts'

const usualPort = 50_041

/**
 * Listens for pollers and agents elsewhere: where a port is given; and on the usual one where several processes share a
 * store and this one has the role and a certificate.
 */
export async function openAgentPort({ config, store, clock, random, log, secretBox }: Node, endpoint: EndpointLink): Promise<AgentListener | undefined> {
  const { agentPort, agentCert, agentKey, roles, host, pollerToken = [] } = config
  const wanted = agentPort !== undefined || (roles.includes('endpoint') && isShared(config))
  if (!wanted) return undefined
  if (agentCert === undefined || agentKey === undefined) {
    if (agentPort !== undefined) throw new ConfigError('--agent-port: needs --agent-cert and --agent-key; `vedette ca issue` makes them')
    log.warn({}, 'no certificate is given with --agent-cert and --agent-key: pollers elsewhere cannot connect here')
    return undefined
  }
  await readNamed(agentCert, '--agent-cert (VEDETTE_AGENT_CERT)')
  await readNamed(agentKey, '--agent-key (VEDETTE_AGENT_KEY)')
  return listenForAgents({
    host, port: agentPort ?? usualPort, certificate: certificateFiles(agentCert, agentKey), endpoint,
    authenticate: agentAccess({ configuration: store.configuration, clock, pollerTokens: pollerToken }),
    open: (details) => openDetails(details, secretBox), agentChecks: (tenant, entity) => agentChecks(store.configuration, tenant, entity), clock, random, log,
  })
}
