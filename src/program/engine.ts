import type { Channel } from '../contracts/channel.ts'
import type { CheckType, Resolver } from '../contracts/check-type.ts'
import type { Clock } from '../contracts/clock.ts'
import type { ConfirmBus } from '../contracts/confirm-bus.ts'
import type { Feed } from '../contracts/feed.ts'
import type { Log } from '../contracts/log.ts'
import type { Random } from '../contracts/random.ts'
import type { SecretBox } from '../contracts/secret-box.ts'
import type { Store } from '../contracts/store.ts'
import type { LedgerEntry } from '../core/alarm-row.ts'
import { configured } from '../flows/configure.ts'
import { Confirm } from '../flows/confirm.ts'
import { Decider } from '../flows/decide.ts'
import { Deliver, deliverDefaults, type DeliverSettings } from '../flows/deliver.ts'
import { Ingest, IngestHealth } from '../flows/ingest.ts'
import { OverdueHeartbeats } from '../flows/overdue.ts'
import { Plans } from '../flows/plans.ts'
import { Sweep, sweepDefaults } from '../flows/sweep.ts'
import { anyEndpoint } from '../roles/endpoint/presence.ts'
import { zonesLost, zonesWithoutPoller } from '../roles/endpoint/start-endpoint.ts'

export interface EngineDeps {
  readonly store: Omit<Store, 'backup' | 'stats'>
  readonly checkTypes: readonly Pick<CheckType, 'type' | 'category' | 'consecutiveCount'>[]
  readonly channels: readonly Channel[]
  readonly secretBox: SecretBox
  readonly resolver: Resolver
  readonly confirmBus: ConfirmBus
  readonly feed: Feed
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** this process, in claims and attempts */
  readonly owner: string
  readonly tenants: () => Promise<readonly string[]>
  readonly uptime: (health: IngestHealth, from: number, to: number) => Promise<number>
  readonly link: (entry: LedgerEntry) => string | null
  /** the store is others' too, and they may be those that take observations in; they say so. Absent: it is ours alone */
  readonly isShared?: boolean
  readonly deliver?: Partial<DeliverSettings>
}

/** The flows of one node over its store and ports: what the roles of a process share. */
export interface Engine {
  readonly plans: Plans
  readonly confirm: Confirm
  readonly decider: Decider
  readonly deliver: Deliver
  readonly health: IngestHealth
  readonly ingest: Ingest
  readonly sweep: Sweep
  /** zones that had pollers lately and have none now */
  readonly zonesLost: () => Promise<ReadonlySet<string>>
  /** to be awaited after every commit to an entity's configuration */
  readonly configured: (tenant: string, entity: string) => Promise<void>
}

export function buildEngine(deps: EngineDeps): Engine {
  const { store, clock, random, log, feed, secretBox, resolver } = deps
  const { configuration, observations, ledger, outbox } = store
  const types = new Map(deps.checkTypes.map((type) => [type.type, type]))
  const plans = new Plans(configuration, types)
  const confirm = new Confirm(deps.confirmBus, clock)
  const deliver = new Deliver({
    configuration, ledger, outbox, secretBox, resolver, clock, random, log, feed, owner: deps.owner, link: deps.link,
    channels: new Map(deps.channels.map((channel) => [channel.type, channel])), settings: { ...deliverDefaults, ...deps.deliver },
  })
  const enqueueAll = (entry: LedgerEntry) => deliver.enqueueAll(entry)
  const decider = new Decider({ plans, configuration, observations, ledger, outbox, confirm, enqueueAll, zonesDown: zonesWithoutPoller(store.leases, clock), clock, random, log, feed })
  const health = new IngestHealth(clock)
  const ingest = new Ingest({ plans, observations, decider, confirm, health, clock, feed, log })
  const uptime = (from: number, to: number) => deps.uptime(health, from, to)
  const overdue = new OverdueHeartbeats({ plans, configuration, observations, ingest, health, uptime, clock, log })
  const bring = (tenant: string, entity: string) => configured({ plans, ledger, decider, clock, random }, tenant, entity)
  const lost = zonesLost(store.leases, clock)
  const sweep = new Sweep({ plans, configuration, ledger, outbox, decider, health, overdue, enqueueAll, configured: bring, tenants: deps.tenants, zonesLost: lost, ...(deps.isShared === true ? { anyEndpoint: anyEndpoint(store.leases, clock) } : {}), clock, random, log, settings: sweepDefaults })
  const andLook = async (tenant: string, entity: string) => {
    await bring(tenant, entity)
    sweep.changed(tenant, entity)
  }
  return { plans, confirm, decider, deliver, health, ingest, sweep, zonesLost: lost, configured: andLook }
}
