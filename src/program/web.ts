import { hostname } from 'node:os'
import { checkTypes } from '../adapters/checks/index.ts'
import type { Prober } from '../contracts/prober.ts'
import { testNotification } from '../flows/test-notification.ts'
import { defaultApiSettings, type ApiSettings } from '../roles/api/settings.ts'
import { startApi } from '../roles/api/start-api.ts'
import { registerConsole } from '../roles/console/register-console.ts'
import { zonesWithoutPoller } from '../roles/endpoint/start-endpoint.ts'
import { registerStatus, type StatusDeps } from '../roles/status/register-status.ts'
import { serveStatus } from '../roles/status/serve-status.ts'
import type { Config } from './config.ts'
import { version } from './facts.ts'
import type { Node } from './node.ts'
import { families, stateOf, type Parts } from './self-report.ts'
import type { TroubleWatch } from './troubles.ts'

/** What answers at the process's port: the API with the console, or at least how the process is. */
export async function startWeb(node: Node, parts: Parts, watch: TroubleWatch, stop: AbortSignal): Promise<AsyncDisposable & { readonly url: string }> {
  const status = { problems: async () => (await stateOf(parts)).problems, warnings: async () => watch.current.filter((trouble) => trouble.isWarning).map((trouble) => trouble.about), metrics: () => families(parts) }
  const { host, port } = node.config
  return node.config.roles.includes('api') ? serveApi(node, status, watch, stop) : serveStatus({ host, port, ...status, log: node.log })
}

function serveApi(node: Node, status: StatusDeps, watch: TroubleWatch, stop: AbortSignal) {
  const { config, store, engine, channels, secretBox, clock, random, log, feed } = node
  return startApi({
    configuration: store.configuration, ledger: store.ledger, outbox: store.outbox, observations: store.observations, metrics: store.metrics,
    lookout: lookoutOf(node), checkTypes, channels, testNotification: tester(node, stop),
    configured: engine.configured, ingest: async (observation) => { await engine.ingest.take([observation], true) },
    zonesDown: zonesWithoutPoller(store.leases, clock), settings: apiSettings(config), clock, random, secretBox, log, feed,
    extend: async (app, access) => {
      registerStatus(app, status)
      if (config.roles.includes('console')) await registerConsole(app, {
        ...store, plans: engine.plans, types: new Map(checkTypes.map((type) => [type.type, type])), feed, log, clock,
        authenticate: (token) => access.authenticate(token), troubles: () => watch.current.filter((trouble) => trouble.kind !== 'starting').map((trouble) => trouble.about),
      })
    },
  })
}

function apiSettings({ host, port, publicUrl, minPeriod, maxChecks, maxAlarms, maxBody, dailyRequests }: Config): ApiSettings {
  return { ...defaultApiSettings, host, port, publicUrl, minPeriod, maxChecks, maxAlarms, maxBody, node: hostname().slice(0, 20), build: version, rates: { ...defaultApiSettings.rates, global: dailyRequests } }
}

function tester({ config, store, channels, secretBox, resolver, clock, random, log }: Node, stop: AbortSignal): Parameters<typeof startApi>[0]['testNotification'] {
  const deps = { channels: new Map(channels.map((channel) => [channel.type, channel])), configuration: store.configuration, secretBox, resolver, clock, random, log, link: () => config.publicUrl ?? null }
  return async (tenant, notification) => {
    const { status, message } = await testNotification(deps, tenant, notification, stop)
    return { kind: status === 'success' ? 'delivered' : 'give-up', message }
  }
}

function lookoutOf({ proberOf, clock }: Node) {
  return {
    look: (zones: readonly string[], entity: Parameters<Prober['run']>[0], check: Parameters<Prober['run']>[1], options: Parameters<Prober['run']>[2]) =>
      Promise.all(zones.map(async (zone) => ({ zone, at: clock.now(), result: await proberOf(zone).run(entity, check, options) }))),
  }
}
