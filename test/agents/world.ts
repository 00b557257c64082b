import { agentAccess } from '../../src/program/agent-access.ts'
import { buildEngine, type Engine } from '../../src/program/engine.ts'
import { startEndpoint } from '../../src/roles/endpoint/start-endpoint.ts'
import { checkTypes } from '../../src/adapters/checks/index.ts'
import { recordingLog } from '../../src/adapters/simulated/log.ts'
import { systemConfirmBus, systemFeed } from '../../src/adapters/system/feed.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import { systemResolver } from '../../src/adapters/system/resolver.ts'
import { openSecretBox } from '../../src/adapters/system/secret-box.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import type { ConfirmBus } from '../../src/contracts/confirm-bus.ts'
import type { Store } from '../../src/contracts/store.ts'
import type { EndpointLink } from '../../src/contracts/transport.ts'

export const tenant = '100000'
export const pollerToken = 'a-secret-of-the-operator'
export const secretBox = openSecretBox(systemRandom.bytes(32))

/** The endpoint of one process on a store, as the program wires it. */
export interface EndpointWorld { readonly link: EndpointLink; readonly engine: Engine; readonly confirmBus: ConfirmBus; readonly authenticate: ReturnType<typeof agentAccess> }

export function endpointOn(store: Store, clock: Clock): EndpointWorld {
  const confirmBus = systemConfirmBus(clock)
  const engine = buildEngine({
    store, checkTypes, channels: [], secretBox, resolver: systemResolver({ forbidden: [] }), confirmBus, feed: systemFeed(clock), clock, random: systemRandom, log: recordingLog(), owner: 'tested',
    tenants: async () => [tenant], uptime: async (_health, from, to) => to - from, link: () => null,
  })
  const { configuration, leases } = store
  return { engine, confirmBus, link: startEndpoint({ ingest: engine.ingest, configuration, leases, confirmBus, clock }), authenticate: agentAccess({ configuration, clock, pollerTokens: [pollerToken] }) }
}
