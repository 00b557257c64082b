import type { AgentListener } from '../adapters/agent-protocol/index.ts'
import { systemLoopLag } from '../adapters/system/loop-lag.ts'
import type { Log } from '../contracts/log.ts'
import type { EndpointLink } from '../contracts/transport.ts'
import { bootstrap, type Credentials } from '../roles/api/bootstrap.ts'
import { keepPresent } from '../roles/endpoint/presence.ts'
import { startEndpoint } from '../roles/endpoint/start-endpoint.ts'
import { startNotifier } from '../roles/notifier/start-notifier.ts'
import type { Poller } from '../roles/poller/start-poller.ts'
import { startSweeper } from '../roles/sweeper/start-sweeper.ts'
import { openAgentPort } from './agent-port.ts'
import type { Config } from './config.ts'
import { openNode, type Node } from './node.ts'
import { isShared, untilAvailable } from './open-store.ts'
import { startPinging } from './ping.ts'
import { drain, startZone } from './pollers.ts'
import { demandSameKey } from './secret-key.ts'
import { observeSelf, watchSelf } from './self.ts'
import type { Parts } from './self-report.ts'
import { TroubleWatch, troublesOf } from './troubles.ts'
import { startWatchdog } from './watchdog.ts'
import { startWeb } from './web.ts'

/** A running Vedette: its address, and what the first start generated (null on later ones). */
export interface Running extends AsyncDisposable {
  readonly url: string
  readonly credentials: Credentials | null
}

/** ms between two rounds of the sweeper */
const sweepEvery = 5000

/**
 * Opens the store and starts the roles that the settings name; disposing it stops them in reverse and loses nothing.
 * `stop` ends a start that still waits for its store.
 */
export async function start(config: Config, log: Log, stop: AbortSignal = new AbortController().signal): Promise<Running> {
  await using stack = new AsyncDisposableStack()
  const node = await openNode(config, log, stack, stop)
  const credentials = await untilAvailable(() => prepare(node), node, stop)
  const ending = followPlans(node, stack)
  if (config.roles.includes('notifier')) stack.use(await startNotifier({ deliver: node.engine.deliver, outbox: node.store.outbox, clock: node.clock, log, drainFor: drain, mayAct: node.mayAct }))
  stack.use(await sweeperOf(node))

  const pollers: Poller[] = []
  const loopLag = stack.use(systemLoopLag())
  let starting = true
  const agentPorts: AgentListener[] = []
  const parts: Parts = { starting: () => starting, store: node.store, engine: node.engine, pollers, loopLag, clockProblem: node.clockProblem, clockAhead: node.clockAhead, agents: () => agentPorts[0]?.stats() }
  const watch = watchTroubles(node, parts, stack)
  const web = stack.use(await startWeb(node, parts, watch, ending))
  const endpoint = startEndpoint({ ingest: node.engine.ingest, configuration: node.store.configuration, leases: node.store.leases, confirmBus: node.confirmBus, clock: node.clock })
  if (isShared(config) && config.roles.some((role) => role === 'endpoint' || role === 'poller')) stack.use(keepPresent({ leases: node.store.leases, owner: node.owner, clock: node.clock, log, healthyFor: () => node.engine.health.healthyFor() }))
  stack.defer(async () => { await Promise.all(pollers.map((poller) => poller[Symbol.asyncDispose]())) })
  if (config.roles.includes('poller')) await startPollers(node, endpoint, parts.loopLag, pollers)
  const agents = await openAgentPort(node, endpoint)
  if (agents !== undefined) agentPorts.push(stack.use(agents))
  // After the pollers: a check that is made before their eyes is looked at within seconds.
  if (config.watchSelf) await watchSelf(node, web.url, credentials !== null)
  const watchdog = await startWatchdog(node, web.url)
  if (watchdog !== undefined) stack.use(watchdog)
  starting = false
  if (config.pingUrl !== undefined) stack.use(startPinging(node, config.pingUrl, parts))
  if (config.watchSelf) stack.use(observeSelf(node, parts))

  const owned = stack.move()
  return { url: web.url, credentials, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Makes what has to be there. Any number of processes may do it at once. */
async function prepare({ config, store, secretBox, clock, random }: Node): Promise<Credentials | null> {
  if (isShared(config)) await demandSameKey(store.configuration, secretBox, clock.now())
  const { tenant, adminUser, adminKey, adminToken, zones } = config
  return bootstrap({ configuration: store.configuration, clock, random, settings: { tenant, adminUser, adminKey, adminToken, zones } })
}

/** Until everything after it has ended; then what was taken in is decided. The answer aborts at the end. */
function followPlans({ engine }: Node, stack: AsyncDisposableStack): AbortSignal {
  const end = new AbortController()
  const following = engine.plans.follow(end.signal)
  stack.defer(async () => {
    end.abort()
    await following
    await engine.ingest.settled()
  })
  return end.signal
}

function watchTroubles({ clock, log }: Node, parts: Parts, stack: AsyncDisposableStack): TroubleWatch {
  const watch = new TroubleWatch(() => troublesOf(parts), clock, log)
  const end = new AbortController()
  const following = watch.follow(end.signal)
  stack.defer(async () => {
    end.abort()
    await following
  })
  return watch
}

/** Any process doubts its plans now and then, and decides what it owes; with the role it sweeps its share too. */
function sweeperOf({ config, engine, store, owner, clock, log, mayAct }: Node): Promise<AsyncDisposable> {
  return startSweeper({ sweep: engine.sweep, leases: store.leases, owner, clock, log, every: sweepEvery, sweeps: config.roles.includes('sweeper'), mayAct })
}

async function startPollers(node: Node, endpoint: EndpointLink, loopLag: Parts['loopLag'], pollers: Poller[]): Promise<void> {
  for (const zone of node.config.zones) pollers.push(await startZone(node, zone, endpoint, loopLag))
}
