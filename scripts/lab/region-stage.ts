import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { lasting, startCassandra, type CassandraCluster } from './cassandra.ts'
import type { ApiClient } from './client.ts'
import { onLoopback, type Networks } from './networks.ts'
import { Poller } from './poller.ts'
import { webhookReceiver, type WebhookReceiver } from './receivers.ts'
import { agentPort, Region, type ClusterPlan } from './region.ts'
import { tap, type Acknowledged } from './tap.ts'
import { criteria, targetField, type TargetField } from './target-field.ts'
import { vedetteCommand } from './vedette.ts'

/** A target's check, its alarm, and the entity that has both. */
export interface Watched { readonly target: number; readonly entity: string; readonly check: string; readonly alarm: string }

/** Three regions on three real Cassandra nodes, pollers outside of them, real web servers that they watch, and somebody who is told. */
export interface RegionStage extends AsyncDisposable {
  readonly regions: readonly Region[]
  readonly cluster: CassandraCluster
  readonly networks: Networks
  readonly pollers: readonly Poller[]
  readonly zones: readonly string[]
  readonly field: TargetField
  readonly receiver: WebhookReceiver
  readonly watched: readonly Watched[]
  /** in the order in which pollers heard it */
  readonly acknowledged: readonly Acknowledged[]
  readonly keyspace: string
  readonly period: number
  readonly region: (number: number) => Region
}

export interface StageOptions {
  readonly networks?: Networks
  /** the roles of each process of a region */
  readonly layout?: readonly string[]
  readonly targets?: number
  /** seconds between two looks of a zone at a target */
  readonly period?: number
  readonly nodeFlags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** the program that is started at first */
  readonly program?: string
  /** where to leave what the processes logged, at the end */
  readonly logs?: string | undefined
  readonly say?: (line: string) => void
}

export const zones = ['mza', 'mzb', 'mzc', 'mzd']
const regionCount = 3
const keyspace = 'vedette'
const checksAnEntity = 10
const run = promisify(execFile)

export async function startRegionStage(options: StageOptions = {}): Promise<RegionStage> {
  const { networks = onLoopback(), layout = ['api,console,endpoint', 'notifier,sweeper'], targets = 300, period = 6, nodeFlags = [], env = {}, program = vedetteCommand, logs, say = () => undefined } = options
  await using stack = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'vedette-regions-'))
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  stack.defer(removedAtExit(directory))
  const certificates = await issueCertificates(join(directory, 'ca'), networks, program)
  const field = stack.use(await targetField(targets))
  const receiver = stack.use(await webhookReceiver(networks.outside))
  const cluster = stack.use(await startCassandra({ nodes: regionCount, directory: join(directory, 'cassandra'), net: networks.net, within: networks.within, set: lasting }))
  say('three Cassandra nodes are up')
  const regions = stack.adopt(makeRegions({ cluster, networks, directory, keyspace, zones, layout, certificate: certificates.of, nodeFlags, env }, program), async (all) => {
    await Promise.all(all.flatMap((region) => region.processes).map((process) => process.end('SIGKILL')))
  })
  // The first one makes the keyspace and its tables.
  await regions[0]?.start()
  await Promise.all(regions.slice(1).map((region) => region.start()))
  say(`${regionCount * layout.length} Vedette processes are up`)
  const acknowledged: Acknowledged[] = []
  const ports = await Promise.all(regions.map(async ({ address }) => stack.use(await tap({ upstream: { host: address, port: agentPort }, ...certificates.tap, note: (one) => acknowledged.push(one) })).port))
  const watched = await watch(regions[0]?.api, field, receiver, period)
  say(`${watched.length} checks with an alarm each, period ${period} s, from ${zones.length} zones`)
  const pollers = stack.adopt(zones.map((zone, index) => new Poller({ zone, endpoints: ports.map((_, place) => `127.0.0.1:${ports[(index + place) % ports.length]}`), directory, ca: certificates.path, program })), async (all) => {
    await Promise.all(all.map((one) => one.process.end('SIGTERM')))
  })
  if (logs !== undefined) stack.defer(() => keepLogs(logs, [...regions, ...pollers]))
  await Promise.all(pollers.map((one) => one.process.start()))
  const owned = stack.move()
  return {
    regions, cluster, networks, pollers, zones, field, receiver, watched, acknowledged, keyspace, period,
    region(number) {
      const found = regions[number - 1]
      if (found === undefined) throw new Error(`there is no region ${number}`)
      return found
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function makeRegions(plan: ClusterPlan, program: string): readonly Region[] {
  return plan.cluster.contactPoints.map((_, index) => {
    const region = new Region(index + 1, plan)
    region.program = program
    return region
  })
}

async function keepLogs(directory: string, all: readonly { readonly name: string; readonly log: string }[]): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (const { name, log } of all) await writeFile(join(directory, `${name}.log`), log)
}

/** Whoever is stopped by a signal leaves nothing behind either: its processes die with it. Answers what takes this back. */
function removedAtExit(directory: string): () => void {
  const remove = () => rmSync(directory, { recursive: true, force: true })
  const end = () => process.exit(130)
  process.on('exit', remove).on('SIGINT', end).on('SIGTERM', end)
  return () => { process.off('exit', remove).off('SIGINT', end).off('SIGTERM', end) }
}

interface Certificates { readonly path: string; readonly tap: { readonly cert: string; readonly key: string; readonly ca: string }; readonly of: (region: number) => string }

/** A certificate authority of our own: one certificate for each region's endpoint, one for the taps that stand before them. */
async function issueCertificates(directory: string, { net }: Networks, program: string): Promise<Certificates> {
  const ca = async (...args: readonly string[]) => { await run(process.execPath, [program, 'ca', ...args]) }
  await ca('init', '--dir', directory)
  for (let region = 1; region <= regionCount; region++) await ca('issue', '--dir', directory, '--name', `${net}.${region}`, '--out', join(directory, `dc${region}`))
  await ca('issue', '--dir', directory, '--name', '127.0.0.1', '--out', join(directory, 'tap'))
  const read = (name: string) => readFile(join(directory, name), 'utf8')
  const path = join(directory, 'ca.pem')
  return { path, of: (region) => join(directory, `dc${region}`), tap: { cert: await read('tap.pem'), key: await read('tap.key'), ca: await readFile(path, 'utf8') } }
}

/** A check of each target from all zones, with an alarm that tells the receiver. */
async function watch(api: ApiClient | undefined, field: TargetField, receiver: WebhookReceiver, period: number): Promise<readonly Watched[]> {
  if (api === undefined) throw new Error('there is no region')
  const hook = await api.create('/notifications', { label: 'receiver', type: 'webhook', details: { url: receiver.url } })
  const plan = await api.create('/notification_plans', { label: 'all', critical_state: [hook], warning_state: [hook], ok_state: [hook] })
  const entities = await Promise.all(Array.from({ length: Math.ceil(field.count / checksAnEntity) }, async (_, index) => {
    const entity = await api.create('/entities', { label: `site ${index}`, ip_addresses: { here: '127.0.0.1' } })
    const targets = Array.from({ length: Math.min(checksAnEntity, field.count - index * checksAnEntity) }, (__, offset) => index * checksAnEntity + offset)
    const watched: Watched[] = []
    for (const target of targets) watched.push(await watchOne(api, field, { target, entity, plan, period }))
    return watched
  }))
  return entities.flat()
}

async function watchOne(api: ApiClient, field: TargetField, { target, entity, plan, period }: { readonly target: number; readonly entity: string; readonly plan: string; readonly period: number }): Promise<Watched> {
  const check = await api.create(`/entities/${entity}/checks`, { label: `target ${target}`, type: 'remote.http', period, timeout: Math.min(period - 1, 4), target_alias: 'here', monitoring_zones_poll: zones, details: { url: field.url(target) } })
  const alarm = await api.create(`/entities/${entity}/alarms`, { label: `target ${target}`, check_id: check, notification_plan_id: plan, criteria })
  return { target, entity, check, alarm }
}
