import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allChannels } from '../../src/adapters/channels/index.ts'
import { checkTypes } from '../../src/adapters/checks/index.ts'
import { openEmbedded } from '../../src/adapters/store-embedded/index.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import { systemFeed } from '../../src/adapters/system/feed.ts'
import { systemLog } from '../../src/adapters/system/log.ts'
import { systemRandom } from '../../src/adapters/system/random.ts'
import { openSecretBox } from '../../src/adapters/system/secret-box.ts'
import type { Store } from '../../src/contracts/store.ts'
import type { Observation } from '../../src/core/observation.ts'
import { bootstrap } from '../../src/roles/api/bootstrap.ts'
import { defaultApiSettings, type ApiSettings } from '../../src/roles/api/settings.ts'
import { startApi, type ApiDeps } from '../../src/roles/api/start-api.ts'

export const tenant = '100000'

/** An API on a store of its own, and what a test may want to look at or to reach behind it. */
export interface TestServer extends AsyncDisposable {
  readonly url: string
  readonly token: string
  readonly key: string
  readonly store: Store
  readonly observations: readonly Observation[]
  /** calls of the flow that follows commits, `tenant/entity` */
  readonly configured: readonly string[]
}

export async function startTestServer(settings: Partial<ApiSettings> = {}, deps: Partial<ApiDeps> = {}): Promise<TestServer> {
  await using stack = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'vedette-api-'))
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  const clock = systemClock
  const random = systemRandom
  const log = systemLog('silent')
  const store = stack.use(await openEmbedded({ directory, clock, log }))
  const credentials = await bootstrap({ configuration: store.configuration, clock, random, settings: { tenant, adminUser: 'admin', adminKey: undefined, adminToken: undefined, zones: ['mzone', 'mztwo'] } })
  if (credentials === null) throw new Error('A new store makes new credentials')
  const observations: Observation[] = []
  const configured: string[] = []
  const api = stack.use(await startApi({
    ...store, checkTypes, channels: allChannels(null), clock, random, log, feed: systemFeed(clock), secretBox: openSecretBox(new Uint8Array(32).fill(7)),
    lookout: { look: async (zones) => zones.map((zone) => ({ zone, at: 1_700_000_000_000, result: { available: true, status: 'code=200', target: '127.0.0.1', metrics: { code: { type: 's', value: '200', unit: '' }, duration: { type: 'I', value: 12, unit: 'milliseconds' } } } })) },
    testNotification: async () => ({ kind: 'delivered', message: 'Success: Webhook successfully executed' }),
    configured: async (...of) => { configured.push(of.join('/')) },
    ingest: async (observation) => { observations.push(observation) },
    settings: { ...defaultApiSettings, port: 0, ...settings },
    ...deps,
  }))
  const owned = stack.move()
  return { url: api.url, ...credentials, store, observations, configured, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
