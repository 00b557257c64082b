import type { TestContext } from 'node:test'
import { simulatedClock, type NodeClock, type SimulatedClock } from '../adapters/simulated/clock.ts'
import { recordingLog, type RecordingLog } from '../adapters/simulated/log.ts'
import { simulatedRandom, type SimulatedRandom } from '../adapters/simulated/random.ts'
import { openSimulatedStore, type SimulatedStore } from '../adapters/simulated/store/open.ts'
import { systemFeed } from '../adapters/system/feed.ts'
import type { ConfigurationChange } from '../contracts/configuration.ts'
import type { Store } from '../contracts/store.ts'
import type { ConfirmRequest } from '../contracts/transport.ts'
import type { AlarmKey, AlarmRow, LedgerEntry, State } from '../core/alarm-row.ts'
import type { Alarm, Check, NotificationPlan } from '../core/entities/resources.ts'
import type { Observation } from '../core/observation.ts'
import { configured, type ConfigureDeps } from './configure.ts'
import { Confirm } from './confirm.ts'
import { Decider, type DecideDeps } from './decide.ts'
import { Ingest, IngestHealth } from './ingest.ts'
import { OverdueHeartbeats } from './overdue.ts'
import { Plans, type AlarmPlan } from './plans.ts'
import { Sweep, sweepDefaults, type SweepSettings } from './sweep.ts'

export const tenant = '100000'
export const zones = ['mzdfw', 'mzlon', 'mzord'] as const
export const key: AlarmKey = { tenant, entity: 'enStage000', alarm: 'alStage000' }
export const checkId = 'chStage000'
const none = { label: null, metadata: null, created_at: 0, updated_at: 0 }
export const byCode = "if (metric['code'] == '500') { return new AlarmStatus(CRITICAL, 'answers #{code}'); } if (metric['code'] == '404') { return new AlarmStatus(WARNING, 'missing'); } return new AlarmStatus(OK, 'fine');"

export const theCheck: Check = {
  ...none, id: checkId, entity_id: key.entity, type: 'remote.http', details: {}, disabled: false, period: 60, timeout: 10, monitoring_zones_poll: [...zones],
  target_alias: null, target_hostname: null, target_resolver: null, confirm: true,
}
export const theAlarm: Alarm = { ...none, id: key.alarm, entity_id: key.entity, check_id: checkId, notification_plan_id: 'npStage000', criteria: byCode, disabled: false }
export const thePlan: NotificationPlan = { ...none, id: 'npStage000', label: 'everything', critical_state: ['ntStage000'], warning_state: ['ntStage000'], ok_state: ['ntStage000'], unknown_state: null }

export const types = new Map([
  ['remote.http', { category: 'remote', consecutiveCount: 1 }], ['heartbeat', { category: 'heartbeat', consecutiveCount: 1 }],
] as const)

/** The flows of one process, on a machine and a store connection of its own. */
export interface StageNode {
  readonly clock: NodeClock
  readonly store: Store
  readonly plans: Plans
  readonly confirm: Confirm
  /** what was asked of other zones: zone and request */
  readonly asked: (readonly [zone: string, request: ConfirmRequest])[]
  readonly decider: Decider
  readonly health: IngestHealth
  readonly ingest: Ingest
  readonly sweep: Sweep
  /** entries whose deliveries were made, in order, each time that they were */
  readonly told: LedgerEntry[]
  readonly deps: DecideDeps & ConfigureDeps
}

export interface NodeOptions {
  readonly settings?: Partial<SweepSettings>
  readonly uptime?: (from: number, to: number) => Promise<number>
  readonly zonesDown?: DecideDeps['zonesDown']
  readonly zonesLost?: () => Promise<ReadonlySet<string>>
  readonly anyEndpoint?: () => Promise<boolean>
  /** puts something else in place of parts of the store */
  readonly spoil?: (store: Store, clock: NodeClock) => Partial<Store>
}

/** One check with one alarm, some processes that decide, and a store that can be made to fail, in simulated time. */
export class Stage {
  readonly clock: SimulatedClock
  readonly random: SimulatedRandom
  readonly store: SimulatedStore
  readonly log: RecordingLog = recordingLog()
  #sequence = 0
  #nodes = 0

  constructor(seed = 1) {
    this.random = simulatedRandom(seed)
    this.clock = simulatedClock({ random: this.random.fork('order') })
    this.store = openSimulatedStore({ clock: this.clock, random: this.random.fork('store') })
  }

  run<T>(work: Promise<T>): Promise<T> {
    return this.clock.run(work)
  }

  node({ settings = {}, uptime, zonesDown, zonesLost, anyEndpoint, spoil = () => ({}) }: NodeOptions = {}): StageNode {
    this.#nodes += 1
    const clock = this.clock.node(`node ${this.#nodes}`)
    const connection = this.store.process(clock)
    const store: Store = { ...connection, ...spoil(connection, clock) }
    const { configuration, observations, ledger, outbox } = store
    const random = this.random.fork(`node ${this.#nodes}`)
    const { log } = this
    const asked: StageNode['asked'] = []
    const told: LedgerEntry[] = []
    const feed = systemFeed(clock)
    const plans = new Plans(configuration, types)
    const confirm = new Confirm({ publish: (zone, request) => { asked.push([zone, request]) }, subscribe: () => { throw new Error('nobody listens here') } }, clock)
    const enqueueAll = async (entry: LedgerEntry) => {
      for (const { notification, step } of entry.notifications) await outbox.enqueue({ key: entry.key, version: entry.version, notification, step, createdAt: entry.at, status: 'waiting', dueAt: entry.at, claim: null, attempts: [], trace: entry.trace })
      told.push(entry)
    }
    const deps = { plans, configuration, observations, ledger, outbox, confirm, enqueueAll, clock, random, log, feed, ...(zonesDown === undefined ? {} : { zonesDown }) }
    const decider = new Decider(deps)
    const health = new IngestHealth(clock)
    const ingest = new Ingest({ plans, observations, decider, confirm, health, clock, feed, log })
    const overdue = new OverdueHeartbeats({ plans, configuration, observations, ingest, health, uptime: uptime ?? (async (from, to) => to - from), clock, log })
    const configure = { ...deps, decider }
    const sweep = new Sweep({
      plans, configuration, ledger, outbox, decider, health, overdue, enqueueAll, configured: (owner, entity) => configured(configure, owner, entity),
      tenants: async () => [tenant], ...(zonesLost === undefined ? {} : { zonesLost }), ...(anyEndpoint === undefined ? {} : { anyEndpoint }), clock, random, log, settings: { ...sweepDefaults, ...settings },
    })
    return { clock, store, plans, confirm, asked, decider, health, ingest, sweep, told, deps: configure }
  }

  /** Writes configuration without telling any node. */
  async commit(...changes: readonly ConfigurationChange[]): Promise<void> {
    const outcome = await this.run(this.store.configuration.commit({ tenant, entity: key.entity }, changes))
    if (outcome === 'conflict') throw new Error('the configuration stands at other versions')
  }

  /** Makes entity, check, alarm, plan and notification, and the alarm's row through `node`. */
  async setUp(node: StageNode, { check = {}, alarm = {}, plan = {} }: { check?: Partial<Check>; alarm?: Partial<Alarm>; plan?: Partial<NotificationPlan> } = {}): Promise<void> {
    const stamps = { created_at: this.clock.now(), updated_at: this.clock.now() }
    await this.run(this.store.configuration.commit({ tenant }, [
      { kind: 'notification', id: 'ntStage000', expected: 0, value: { ...none, id: 'ntStage000', label: 'somebody', type: 'mailbox', details: {} } },
      { kind: 'notificationPlan', id: thePlan.id, expected: 0, value: { ...thePlan, ...plan } },
    ]))
    await this.commit(
      { kind: 'entity', id: key.entity, expected: 0, value: { ...none, id: key.entity, label: 'stage', agent_id: null, ip_addresses: null, managed: false, uri: null } },
      { kind: 'check', id: checkId, expected: 0, value: { ...theCheck, ...stamps, ...check } },
      { kind: 'alarm', id: key.alarm, expected: 0, value: { ...theAlarm, ...stamps, ...alarm } },
    )
    await this.configured(node)
  }

  /** Changes the check or the alarm, as it stands at `expected`, and brings the rows in line through `node`. */
  async change(node: StageNode, kind: 'check' | 'alarm', change: Partial<Check & Alarm> | null): Promise<void> {
    const id = kind === 'check' ? checkId : key.alarm
    const stored = await this.run(this.store.configuration.get(kind, { tenant, entity: key.entity }, id))
    // Kind and value come from one row.
    const value = change === null ? null : { ...(stored?.value ?? (kind === 'check' ? theCheck : theAlarm)), updated_at: this.clock.now(), ...change }
    await this.commit({ kind, id, expected: stored?.version ?? 0, value } as ConfigurationChange)
    await this.configured(node)
  }

  configured(node: StageNode): Promise<void> {
    return this.run(configured(node.deps, tenant, key.entity))
  }

  /** What a zone sees now: 500, 404 or 200, or that the check failed. */
  sees(zone: string, code: '200' | '404' | '500' | 'down', fields: Partial<Observation> = {}): Observation {
    this.#sequence += 1
    const at = fields.at ?? this.clock.now()
    return {
      tenant, entity: key.entity, check: checkId, zone, slot: at, kind: 'scheduled', boot: 'boot', sequence: this.#sequence, at, receivedAt: 0, available: code !== 'down',
      status: code === 'down' ? 'timeout' : `code=${code}`, metrics: code === 'down' ? {} : { code: { type: 's', value: code, unit: 'unknown' } }, target: '192.0.2.1',
      startDelay: 0, lag: 0, stressed: null, trace: `trace-${this.#sequence}`, ...fields,
    }
  }

  take(node: StageNode, ...observations: readonly Observation[]): Promise<readonly string[]> {
    return this.run(node.ingest.take(observations, true))
  }

  /** All zones see the same, one after the other. */
  async all(node: StageNode, code: '200' | '404' | '500' | 'down', from: readonly string[] = zones): Promise<void> {
    for (const zone of from) {
      await this.take(node, this.sees(zone, code))
      await this.clock.advance(10)
    }
  }

  /** Lets `minutes` pass in which some zones look once a minute and see `code`; the node is awake all the time. */
  async minutes(node: StageNode, count: number, code: '200' | '404' | '500' | 'down', from: readonly string[] = zones): Promise<void> {
    for (let minute = 0; minute < count; minute++) {
      await this.clock.advance(60_000)
      await this.run(node.sweep.awake(Number.POSITIVE_INFINITY))
      await this.all(node, code, from)
    }
  }

  /** Lets `minutes` pass in which nobody is heard, and the sweeper looks every one of them. */
  async silence(node: StageNode, minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      await this.clock.advance(60_000)
      await this.round(node)
    }
  }

  /** A round of the sweeper, as the role calls it when nothing ever stands still. */
  round(node: StageNode): Promise<void> {
    return this.run(node.sweep.round(new AbortController().signal))
  }

  async row(): Promise<AlarmRow> {
    const row = await this.run(this.store.ledger.read(key))
    if (row === undefined) throw new Error('there is no row')
    return row
  }

  async state(): Promise<State> {
    return (await this.row()).state
  }

  entries(): Promise<readonly LedgerEntry[]> {
    return this.run(this.store.ledger.entries(key, 1, 10_000))
  }

  async plan(node: StageNode): Promise<AlarmPlan> {
    const plan = (await this.run(node.plans.of(tenant, key.entity))).get(checkId)?.alarms[0]
    if (plan === undefined) throw new Error('there is no plan')
    return plan
  }
}

/** A stage on which three zones have seen that all is well. */
export async function quietStage(_context: TestContext, setUp: Parameters<Stage['setUp']>[1] = {}, options: NodeOptions = {}, seed = 1): Promise<{ stage: Stage; node: StageNode }> {
  const stage = new Stage(seed)
  const node = stage.node(options)
  await stage.setUp(node, setUp)
  const from = setUp.check?.monitoring_zones_poll ?? zones
  await stage.all(node, '200', from)
  return { stage, node }
}
