import { join } from 'node:path'
import { connectEndpoints, type Endpoints } from '../adapters/agent-protocol/index.ts'
import { checkTypes } from '../adapters/checks/index.ts'
import { openFileSpool } from '../adapters/spool/file-spool.ts'
import { systemClock as clock } from '../adapters/system/clock.ts'
import { systemLoopLag } from '../adapters/system/loop-lag.ts'
import { systemProber } from '../adapters/system/prober.ts'
import { systemRandom as random } from '../adapters/system/random.ts'
import { systemResolver } from '../adapters/system/resolver.ts'
import type { Log } from '../contracts/log.ts'
import { startPoller } from '../roles/poller/start-poller.ts'
import { serveStatus } from '../roles/status/serve-status.ts'
import { canarySettings, version } from './facts.ts'
import { lockFolder } from './folder-lock.ts'
import { ownDirectory, readNamed } from './open-store.ts'
import type { PollerConfig } from './poller-config.ts'
import { pollerFamilies, pollerProblems } from './poller-report.ts'
import { drain } from './pollers.ts'

/** A poller in a process of its own; `url` is where it tells how it is, if anywhere. */
export interface RunningPoller extends AsyncDisposable { readonly url: string | undefined }

/**
 * Runs a zone's checks, or its share of them, and brings what it sees to the endpoints. Without any it goes on with the
 * schedule that it has (in memory: a poller that starts anew needs an endpoint once), and keeps what it sees on disk.
 * Disposing it lets probes end and posts what is left.
 */
export async function runPoller(config: PollerConfig, log: Log): Promise<RunningPoller> {
  await using stack = new AsyncDisposableStack()
  const { zone, data, spoolBytes, name, source, host, port } = config
  await ownDirectory(data)
  stack.use(lockFolder(data, zone))
  const loopLag = stack.use(systemLoopLag())
  const spool = stack.use(await openFileSpool({ directory: join(data, 'spool', zone), clock, maxBytes: spoolBytes }))
  const link = stack.use(await connected(config, log))
  const prober = systemProber({ clock, resolver: systemResolver({ forbidden: config.forbidTargets }), checkTypes, source })
  const canary = canarySettings(config)
  const poller = stack.use(await startPoller({ zone, owner: name, link, prober, spool, clock, random, log, loopLag, settings: { drain }, ...(canary === undefined ? {} : { canary }) }))
  const facts = () => ({ poller: poller.stats(), endpoints: link.endpoints(), loopLag })
  const status = port === 0 ? undefined : stack.use(await serveStatus({ host, port, log, problems: async () => pollerProblems(facts()), metrics: async () => pollerFamilies(facts()) }))
  const owned = stack.move()
  return { url: status?.url, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** The file is read once before anything else, so that a wrong name is told at the start. */
async function connected({ endpoints: addresses, ca: file, token, zone, name }: PollerConfig, log: Log): Promise<Endpoints> {
  const ca = async () => (file === undefined ? undefined : readNamed(file, '--ca (VEDETTE_CA)'))
  await ca()
  return connectEndpoints({ addresses, ca, token, zone, owner: name, version, clock, random, log: log.with({ zone }) })
}
