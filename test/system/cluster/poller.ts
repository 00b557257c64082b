import type { NodeClock } from '../../../src/adapters/simulated/clock.ts'
import { simulatedLink, type LinkFaults } from '../../../src/adapters/simulated/link.ts'
import type { MemorySpool } from '../../../src/adapters/spool/memory-spool.ts'
import { startPoller } from '../../../src/roles/poller/start-poller.ts'
import { regions, zones, type Cluster } from './cluster.ts'
import { failover } from './failover.ts'

/** A poller of one zone; `links` are its ways to the regions. */
export interface ClusterPoller { readonly zone: string; readonly clock: NodeClock; readonly links: readonly LinkFaults[] }
interface Options { readonly cluster: Cluster; readonly zone: string; readonly name: string; readonly spool: MemorySpool; readonly skew: number }

/** Each zone has a region that is nearest, and knows the others. */
export async function startClusterPoller({ cluster, zone, name, spool, skew }: Options): Promise<ClusterPoller> {
  const clock = cluster.clock.node(name, { skew })
  const random = cluster.random.fork(`poller ${name}`)
  const nearest = zones.indexOf(zone as typeof zones[number]) // a zone of the cluster is one of them
  const peerOf = (region: number) => () => {
    const server = cluster.servers[region]
    return server && { endpoint: server.endpoint, node: server.clock, gone: server.gone }
  }
  const links = regions.map((_, n) => simulatedLink({
    peer: peerOf((nearest + n) % regions.length), clock: cluster.clock, sender: clock, random,
    faults: { delay: [2, 30], timeout: 3000 }, acknowledged: (id) => cluster.acknowledged.add(id),
  }))
  await startPoller({
    zone, owner: name, link: failover(links, clock), prober: cluster.network.prober(zone, clock), spool, clock, random,
    log: cluster.log.with({ node: name }), settings: { pull: 5000 },
    loopLag: { mark: () => 0, since: () => cluster.lag.get(zone) ?? 0, [Symbol.dispose]() {} },
  })
  return { zone, clock, links: links.map((link) => link.faults) }
}
