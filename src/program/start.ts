import { randomUUID } from 'node:crypto'
import { access, constants, mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { allChannels } from '../adapters/channels/index.ts'
import { checkTypes } from '../adapters/checks/index.ts'
import { openFileSpool } from '../adapters/spool/file-spool.ts'
import { openEmbedded } from '../adapters/store-embedded/index.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { systemConfirmBus, systemFeed } from '../adapters/system/feed.ts'
import { systemLoopLag } from '../adapters/system/loop-lag.ts'
import { systemProber } from '../adapters/system/prober.ts'
import { systemRandom } from '../adapters/system/random.ts'
import { systemResolver } from '../adapters/system/resolver.ts'
import { loadKey, openSecretBox } from '../adapters/system/secret-box.ts'
import type { Log } from '../contracts/log.ts'
import type { Prober } from '../contracts/prober.ts'
import type { Store } from '../contracts/store.ts'
import { openDetails } from '../flows/delivery-message.ts'
import { testNotification } from '../flows/test-notification.ts'
import { uptime } from '../flows/uptime.ts'
import { bootstrap, type Credentials } from '../roles/api/bootstrap.ts'
import { defaultApiSettings } from '../roles/api/settings.ts'
import { startApi } from '../roles/api/start-api.ts'
import { registerConsole } from '../roles/console/register-console.ts'
import { startEndpoint } from '../roles/endpoint/start-endpoint.ts'
import { startNotifier } from '../roles/notifier/start-notifier.ts'
import { startPoller, type Poller } from '../roles/poller/start-poller.ts'
import { startSelf } from '../roles/self/start-self.ts'
import { registerStatus } from '../roles/status/register-status.ts'
import { startSweeper } from '../roles/sweeper/start-sweeper.ts'
import { clockWatch } from './clock-watch.ts'
import { canarySettings, smtpSettings, version } from './facts.ts'
import type { Config } from './config.ts'
import { buildEngine, type Engine } from './engine.ts'
import { reasonOf } from './plain.ts'
import { createSelfEntity, moveSelfCheck, selfIds } from './self-entity.ts'
import { families, problemsOf, selfFacts, type Parts } from './self-report.ts'

/** A running Vedette: its address, and what the first start generated (null on later ones). */
export interface Running extends AsyncDisposable {
  readonly url: string
  readonly credentials: Credentials | null
}

const clock = systemClock
const random = systemRandom
const sweepEvery = 5000
/** ms for which a stop lets probes end, and then deliveries; together well below the 10 s that Docker and others give */
const drain = 3000

/** Opens the store and starts every role in this process; disposing it stops them in reverse and loses nothing. */
export async function start(config: Config, log: Log): Promise<Running> {
  await using stack = new AsyncDisposableStack()
  const stop = new AbortController()
  const store = stack.use(await openData(config.data, log))
  const secretBox = openSecretBox(config.secretKey === undefined ? await loadKey(config.data) : Buffer.from(config.secretKey, 'hex'))
  const resolver = systemResolver({ forbidden: config.forbidTargets })
  const proberFrom = (source?: string) => systemProber({ clock, resolver, checkTypes, open: (details) => openDetails(details, secretBox), source })
  const probers = new Map(config.zones.map((zone) => [zone, proberFrom(config.zoneSources?.get(zone))]))
  const proberOf = (zone: string) => probers.get(zone) ?? proberFrom()
  const channels = allChannels(smtpSettings(config))
  const settings = { ...defaultApiSettings, ...apiSettings(config) }
  const credentials = await bootstrap({ configuration: store.configuration, clock, random, settings: { tenant: config.tenant, adminUser: config.adminUser, adminKey: config.adminKey, adminToken: config.adminToken, zones: config.zones } })

  const feed = systemFeed(clock)
  const confirmBus = systemConfirmBus(clock)
  const owner = `${hostname()}-${process.pid}`
  const engine = buildEngine({
    store, checkTypes, channels, secretBox, resolver, confirmBus, feed, clock, random, log, owner, tenants: async () => [config.tenant],
    uptime: uptimeOf(config, store), link: (entry) => linkTo(config, entry.key.entity, entry.key.alarm),
  })
  const following = engine.plans.follow(stop.signal)
  stack.defer(async () => {
    stop.abort()
    await following
    await engine.ingest.settled()
  })
  stack.use(await startNotifier({ deliver: engine.deliver, outbox: store.outbox, clock, log, drainFor: drain }))
  stack.use(await startSweeper({ sweep: engine.sweep, leases: store.leases, owner, clock, log, every: sweepEvery }))

  const pollers: Poller[] = []
  const loopLag = stack.use(systemLoopLag())
  let starting = true
  const parts: Parts = { starting: () => starting, store, engine, pollers, loopLag, clockProblem: clockWatch(clock) }
  const api = stack.use(await startApi({
    configuration: store.configuration, ledger: store.ledger, outbox: store.outbox, observations: store.observations, metrics: store.metrics, lookout: lookoutOf(proberOf), checkTypes, channels,
    testNotification: async (tenant, notification) => {
      const { status, message } = await testNotification({ channels: new Map(channels.map((channel) => [channel.type, channel])), configuration: store.configuration, secretBox, resolver, clock, random, log, link: () => config.publicUrl ?? null }, tenant, notification, stop.signal)
      return { kind: status === 'success' ? 'delivered' : 'give-up', message }
    },
    configured: engine.configured, ingest: async (observation) => { await engine.ingest.take([observation], true) },
    settings, clock, random, secretBox, log, feed,
    extend: async (app, access) => {
      registerStatus(app, { problems: () => problemsOf(parts), metrics: () => families(parts) })
      await registerConsole(app, {
        ...store, plans: engine.plans, types: new Map(checkTypes.map((type) => [type.type, type])), feed, log, clock,
        authenticate: (token) => access.authenticate(token),
      })
    },
  }))
  stack.defer(async () => { await Promise.all(pollers.map((poller) => poller[Symbol.asyncDispose]())) })
  for (const zone of config.zones) pollers.push(await pollerOf(zone, config, store, engine, { prober: proberOf(zone), confirmBus, loopLag, log, owner }))
  // After the pollers: a check that is made before their eyes is looked at within seconds.
  if (config.watchSelf) await watchSelf(config, store, engine, api.url, credentials !== null)
  starting = false
  if (config.watchSelf) stack.use(startSelf({ facts: () => selfFacts(parts), check: selfCheck(config, store), take: (observations, live) => engine.ingest.take(observations, live), boot: randomUUID(), clock, log }))

  const owned = stack.move()
  return { url: api.url, credentials, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** The data directory cannot be used; the message names it. */
export class DataProblem extends Error {
  override readonly name = 'DataProblem'
}

/** Opens the store in its directory, which is made, for this user alone, if need be. */
async function openData(directory: string, log: Log): Promise<Store> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await access(directory, constants.W_OK)
    return await openEmbedded({ directory, clock, log })
  } catch (error) {
    const reason = reasonOf(error)
    throw new DataProblem(reason.startsWith(directory) ? reason : `cannot keep data in ${directory}: ${reason}; choose another directory with --data (VEDETTE_DATA)`, { cause: error })
  }
}

function apiSettings(config: Config) {
  const { host, port, publicUrl, minPeriod, maxChecks, maxAlarms, maxBody, dailyRequests } = config
  return { host, port, publicUrl, minPeriod, maxChecks, maxAlarms, maxBody, node: hostname().slice(0, 20), build: version, rates: { ...defaultApiSettings.rates, global: dailyRequests } }
}

function linkTo({ publicUrl }: Config, entity: string, alarm: string): string | null {
  return publicUrl === undefined ? null : `${publicUrl}/#/alarms/${entity}/${alarm}`
}

function lookoutOf(proberOf: (zone: string) => Prober) {
  return {
    look: (zones: readonly string[], entity: Parameters<Prober['run']>[0], check: Parameters<Prober['run']>[1], options: Parameters<Prober['run']>[2]) =>
      Promise.all(zones.map(async (zone) => ({ zone, at: clock.now(), result: await proberOf(zone).run(entity, check, options) }))),
  }
}

const selfPeriod = 10_000

/** Without a record of our own health only this process's present stretch of health counts. */
function uptimeOf({ watchSelf }: Config, store: Store) {
  const series = { check: selfIds.check, zone: 'agent', metric: 'up', period: selfPeriod }
  return async (health: { healthyFor(): number }, from: number, to: number): Promise<number> =>
    watchSelf ? Math.max(await uptime(store.metrics, series, from, to), Math.min(to - from, health.healthyFor())) : Math.min(to - from, health.healthyFor())
}

async function watchSelf(config: Config, store: Store, engine: Engine, url: string, isFirst: boolean): Promise<void> {
  const address = new URL(url).hostname.replaceAll(/^\[|\]$/g, '')
  const facts = { tenant: config.tenant, zones: config.zones, address, url, now: clock.now() }
  if (isFirst) await createSelfEntity(store.configuration, facts)
  else if (await moveSelfCheck(store.configuration, facts) === 'stays') return
  await engine.configured(config.tenant, selfIds.entity)
}

function selfCheck({ tenant }: Config, store: Store) {
  return async () => {
    const stored = await store.configuration.get('check', { tenant, entity: selfIds.entity }, selfIds.check)
    return stored === undefined || stored.value.disabled ? undefined : { tenant, entity: selfIds.entity, check: selfIds.check, period: stored.value.period }
  }
}

interface PollerParts { readonly prober: Prober; readonly confirmBus: ReturnType<typeof systemConfirmBus>; readonly loopLag: ReturnType<typeof systemLoopLag>; readonly log: Log; readonly owner: string }

async function pollerOf(zone: string, config: Config, store: Store, engine: Engine, parts: PollerParts): Promise<Poller> {
  const link = startEndpoint({ ingest: engine.ingest, configuration: store.configuration, leases: store.leases, confirmBus: parts.confirmBus, clock })
  const spool = await openFileSpool({ directory: join(config.data, 'spool', zone), clock })
  const canary = canarySettings(config)
  const poller = await startPoller({ zone, owner: `${parts.owner}-${zone}`, link, prober: parts.prober, spool, clock, random, log: parts.log.with({ zone }), loopLag: parts.loopLag, settings: { drain }, ...(canary === undefined ? {} : { canary }) })
  return {
    stats: () => poller.stats(),
    async [Symbol.asyncDispose]() {
      await poller[Symbol.asyncDispose]()
      await spool[Symbol.asyncDispose]()
    },
  }
}

