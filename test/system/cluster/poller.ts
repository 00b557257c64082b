import type { NodeClock } from '../../../src/adapters/simulated/clock.ts'
import { simulatedLink, type LinkFaults } from '../../../src/adapters/simulated/link.ts'
import type { MemorySpool } from '../../../src/adapters/spool/memory-spool.ts'
import { startPoller } from '../../../src/roles/poller/start-poller.ts'
import type { Server } from '../server.ts'
import type { World } from '../world.ts'
import { failover } from './failover.ts'
import { regions, zones } from './places.ts'

/** A poller of one zone; `links` are its ways to the regions. */
export interface ClusterPoller { readonly name: string; readonly zone: string; readonly clock: NodeClock; readonly links: readonly LinkFaults[] }
interface Options { readonly zone: string; readonly name: string; readonly spool: MemorySpool; readonly skew: number }

/** What pollers live in. */
export interface PollerWorld extends Pick<World, 'clock' | 'random' | 'network' | 'log'> {
  readonly acknowledged: Map<string, number>
  /** a process a region; undefined while it is dead */
  readonly servers: readonly (Server | undefined)[]
  /** by zone: ms for which event loops stand still */
  readonly lag: ReadonlyMap<string, number>
}

/** Each zone has a region that is nearest, and knows the others. */
export async function startClusterPoller(world: PollerWorld, { zone, name, spool, skew }: Options): Promise<ClusterPoller> {
  const clock = world.clock.node(name, { skew })
  const random = world.random.fork(`poller ${name}`)
  const nearest = zones.indexOf(zone as typeof zones[number]) // a zone of the cluster is one of them
  const peerOf = (region: number) => () => {
    const server = world.servers[region]
    return server && { endpoint: server.endpoint, node: server.clock, gone: server.gone }
  }
  const links = regions.map((_, n) => simulatedLink({
    peer: peerOf((nearest + n) % regions.length), clock: world.clock, sender: clock, random,
    faults: { delay: [2, 30], timeout: 3000 }, acknowledged: (id) => { if (!world.acknowledged.has(id)) world.acknowledged.set(id, world.clock.monotonic()) },
  }))
  await startPoller({
    zone, owner: name, link: failover(links, clock), prober: world.network.prober(zone, clock), spool, clock, random,
    log: world.log.with({ node: name }), settings: { pull: 5000 },
    loopLag: { mark: () => 0, since: () => world.lag.get(zone) ?? 0, [Symbol.dispose]() {} },
  })
  return { name, zone, clock, links: links.map((link) => link.faults) }
}
