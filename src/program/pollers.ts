import { join } from 'node:path'
import { openFileSpool } from '../adapters/spool/file-spool.ts'
import type { LoopLag } from '../contracts/loop-lag.ts'
import type { EndpointLink } from '../contracts/transport.ts'
import { startPoller, type Poller } from '../roles/poller/start-poller.ts'
import { canarySettings } from './facts.ts'
import type { Node } from './node.ts'

/** ms for which a stop lets probes end; with what deliveries are given well below the 10 s that Docker and others give */
export const drain = 3000

/** The poller of one zone in this process, with its spool. */
export async function startZone({ config, clock, random, log, owner, proberOf }: Node, zone: string, link: EndpointLink, loopLag: LoopLag): Promise<Poller> {
  const spool = await openFileSpool({ directory: join(config.data, 'spool', zone), clock })
  const canary = canarySettings(config)
  const poller = await startPoller({ zone, owner: `${owner}-${zone}`, link, prober: proberOf(zone), spool, clock, random, log: log.with({ zone }), loopLag, settings: { drain }, ...(canary === undefined ? {} : { canary }) })
  return {
    stats: () => poller.stats(),
    async [Symbol.asyncDispose]() {
      await poller[Symbol.asyncDispose]()
      await spool[Symbol.asyncDispose]()
    },
  }
}
