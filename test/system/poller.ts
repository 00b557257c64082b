import { simulatedLink, type LinkFaults } from '../../src/adapters/simulated/link.ts'
import type { NodeClock } from '../../src/adapters/simulated/clock.ts'
import type { MemorySpool } from '../../src/adapters/spool/memory-spool.ts'
import type { ProbedCheck } from '../../src/contracts/prober.ts'
import { startPoller } from '../../src/roles/poller/start-poller.ts'
import type { Server } from './server.ts'
import type { World } from './world.ts'

/** A poller of one zone on a machine of its own. */
export interface PollerNode extends AsyncDisposable {
  readonly zone: string
  readonly clock: NodeClock
  readonly link: LinkFaults
  /** kill -9; its spool stays on disk */
  kill(): void
}

export interface PollerOptions {
  readonly zone: string
  readonly name: string
  readonly spool: MemorySpool
  /** the server that it reaches now */
  readonly server: () => Server | undefined
  readonly skew?: number
  readonly link?: Partial<LinkFaults>
  /** ms for which its event loop stands still, as each probe sees it */
  readonly lag: () => number
}

export async function startPollerNode(world: World, { zone, name, spool, server, skew = 0, lag, link: faults = {} }: PollerOptions): Promise<PollerNode> {
  const clock = world.clock.node(name, { skew })
  const random = world.random.fork(`poller ${name}`)
  const peer = () => {
    const present = server()
    return present && { endpoint: present.endpoint, node: present.clock, gone: present.gone }
  }
  const link = simulatedLink({ peer, clock: world.clock, sender: clock, random, faults: { delay: [2, 30], ...faults }, acknowledged: (id) => world.acknowledged.add(id) })
  const poller = await startPoller({
    zone, owner: name, link, prober: world.network.prober(zone, clock), spool, clock, random,
    log: world.log.with({ node: name }), settings: world.options.poller,
    loopLag: { mark: () => 0, since: lag, [Symbol.dispose]() {} },
    canary: { checks: world.options.canaries.map(canary), every: 10_000 },
  })
  return {
    zone, clock, link: link.faults,
    kill: () => clock.kill(),
    [Symbol.asyncDispose]: () => poller[Symbol.asyncDispose](),
  }
}

function canary(hostname: string): ProbedCheck {
  return { id: `canary ${hostname}`, type: 'remote.http', details: {}, timeout: 5, period: 10, target_alias: null, target_hostname: hostname, target_resolver: null }
}
