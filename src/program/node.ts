import { hostname } from 'node:os'
import { allChannels } from '../adapters/channels/index.ts'
import { checkTypes } from '../adapters/checks/index.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { systemConfirmBus, systemFeed } from '../adapters/system/feed.ts'
import { systemProber } from '../adapters/system/prober.ts'
import { systemRandom } from '../adapters/system/random.ts'
import { systemResolver } from '../adapters/system/resolver.ts'
import { loadKey, openSecretBox } from '../adapters/system/secret-box.ts'
import type { Channel } from '../contracts/channel.ts'
import type { Resolver } from '../contracts/check-type.ts'
import type { Clock } from '../contracts/clock.ts'
import type { ConfirmBus } from '../contracts/confirm-bus.ts'
import type { Feed } from '../contracts/feed.ts'
import type { Log } from '../contracts/log.ts'
import type { Prober } from '../contracts/prober.ts'
import type { Random } from '../contracts/random.ts'
import type { SecretBox } from '../contracts/secret-box.ts'
import type { Store } from '../contracts/store.ts'
import { ClockGuard } from '../flows/clock-guard.ts'
import { openDetails } from '../flows/delivery-message.ts'
import { guardedStore } from '../flows/guarded-store.ts'
import { clockWatch } from './clock-watch.ts'
import type { Config } from './config.ts'
import { buildEngine, type Engine } from './engine.ts'
import { smtpSettings } from './facts.ts'
import { isShared, openStore, ownDirectory, untilAvailable } from './open-store.ts'
import { uptimeOf } from './self.ts'

/** What all roles of a process are made of. */
export interface Node {
  readonly config: Config
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  /** this process, in leases, claims and attempts */
  readonly owner: string
  readonly store: Store
  readonly secretBox: SecretBox
  readonly resolver: Resolver
  readonly channels: readonly Channel[]
  readonly confirmBus: ConfirmBus
  readonly feed: Feed
  readonly engine: Engine
  readonly proberOf: (zone: string) => Prober
  /** what is wrong with the clock, in words, and since when nothing may be done by it */
  readonly clockProblem: () => string | undefined
  /** ms by which our clock is ahead of the store's */
  readonly clockAhead: () => number
  /** false while this process may neither decide nor sweep nor deliver, because its clock is off */
  readonly mayAct: () => boolean
}

/** Opens the store and assembles the flows; all of it ends with `stack`, in reverse. */
export async function openNode(config: Config, log: Log, stack: AsyncDisposableStack, stop: AbortSignal): Promise<Node> {
  const ports = { clock: systemClock, random: systemRandom, log }
  const { clock, random } = ports
  if (!isShared(config) || config.roles.includes('poller')) await ownDirectory(config.data)
  const opened = stack.use(await openStore(config, ports, stop))
  const { store, ...watched } = await guarded(config, opened, ports, stack, stop)
  const secretBox = openSecretBox(config.secretKey === undefined ? await loadKey(config.data) : Buffer.from(config.secretKey, 'hex'))
  const resolver = systemResolver({ forbidden: config.forbidTargets })
  const channels = allChannels(smtpSettings(config))
  const feed = store.feed ?? systemFeed(clock)
  const confirmBus = store.confirmBus ?? systemConfirmBus(clock)
  const owner = config.node ?? `${hostname()}-${process.pid}`
  const engine = buildEngine({
    store, checkTypes, channels, secretBox, resolver, confirmBus, feed, clock, random, log, owner, tenants: async () => [config.tenant],
    uptime: uptimeOf(config, store), link: (entry) => linkTo(config, entry.key.entity, entry.key.alarm), isShared: isShared(config),
  })
  return { config, log, clock, random, owner, store, secretBox, resolver, channels, confirmBus, feed, engine, proberOf: probers(config, resolver, secretBox), ...watched }
}

type Guarded = Pick<Node, 'store' | 'clockProblem' | 'clockAhead' | 'mayAct'>
type Ports = Pick<Node, 'clock' | 'log'>

/** A store that others use too judges our clock; of our own store it is the clock itself. */
async function guarded(config: Config, store: Store, { clock, log }: Ports, stack: AsyncDisposableStack, stop: AbortSignal): Promise<Guarded> {
  if (!isShared(config)) return { store, clockProblem: clockWatch(clock), clockAhead: () => 0, mayAct: () => true }
  const guard = new ClockGuard(clock, () => store.time())
  await untilAvailable(() => guard.compare(), { clock, log }, stop)
  const over = new AbortController()
  const following = guard.follow(over.signal)
  stack.defer(async () => {
    over.abort()
    await following
  })
  return { store: guardedStore(store, () => guard.problem()), clockProblem: () => guard.problem(), clockAhead: () => guard.ahead(), mayAct: () => guard.problem() === undefined }
}

/** A prober for each zone of this process, from the zone's own address; one for all others. */
function probers({ zones, zoneSources }: Config, resolver: Resolver, secretBox: SecretBox): (zone: string) => Prober {
  const proberFrom = (source?: string) => systemProber({ clock: systemClock, resolver, checkTypes, open: (details) => openDetails(details, secretBox), source })
  const own = new Map(zones.map((zone) => [zone, proberFrom(zoneSources?.get(zone))]))
  const other = proberFrom()
  return (zone) => own.get(zone) ?? other
}

function linkTo({ publicUrl }: Config, entity: string, alarm: string): string | null {
  return publicUrl === undefined ? null : `${publicUrl}/#/alarms/${entity}/${alarm}`
}
