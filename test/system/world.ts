import { simulatedClock, type SimulatedClock } from '../../src/adapters/simulated/clock.ts'
import { recordingLog, type RecordingLog } from '../../src/adapters/simulated/log.ts'
import { simulatedMailbox, type Mailbox } from '../../src/adapters/simulated/mailbox.ts'
import { simulatedNetwork, type SimulatedNetwork } from '../../src/adapters/simulated/network.ts'
import { simulatedRandom, type SimulatedRandom } from '../../src/adapters/simulated/random.ts'
import { openSimulatedStore, type SimulatedStore } from '../../src/adapters/simulated/store/open.ts'
import { systemConfirmBus } from '../../src/adapters/system/feed.ts'
import type { ConfirmBus } from '../../src/contracts/confirm-bus.ts'
import type { Check } from '../../src/core/entities/resources.ts'
import type { PollerSettings } from '../../src/roles/poller/settings.ts'
import { tenant } from './drafts.ts'

export interface SimulationOptions {
  readonly seed: number
  readonly zones: readonly string[]
  /** where pollers run: a zone, or 'zone/name' for one of several; otherwise one a zone */
  readonly pollers?: readonly string[]
  /** processes with all roles of a data centre, on one store */
  readonly servers?: number
  /** how all of them behave */
  readonly poller?: Partial<PollerSettings>
  /** ms between two rounds of sweeper and notifier */
  readonly sweepEvery?: number
  readonly notifyEvery?: number
  /** s between two observations of ourselves */
  readonly selfPeriod?: number
  /** hosts that each zone looks at to know whether it sees anything at all */
  readonly canaries?: readonly string[]
}

/** For long scenarios in which nobody waits for the next look: fewer of them, and hours pass faster. */
export const unhurried = { poller: { pull: 30_000 }, sweepEvery: 30_000, notifyEvery: 30_000, selfPeriod: 60 } as const

/** What a simulation consists of besides its processes. */
export interface World {
  readonly options: Required<SimulationOptions>
  readonly clock: SimulatedClock
  readonly random: SimulatedRandom
  readonly network: SimulatedNetwork
  readonly store: SimulatedStore
  readonly mailbox: Mailbox
  readonly confirmBus: ConfirmBus
  readonly log: RecordingLog
  /** identities that an endpoint has acknowledged */
  readonly acknowledged: Set<string>
}

export function simulated(options: SimulationOptions): World {
  const random = simulatedRandom(options.seed)
  const clock = simulatedClock({ random: random.fork('order') })
  return {
    options: { pollers: options.zones, servers: 1, poller: {}, sweepEvery: 2000, notifyEvery: 1000, selfPeriod: 10, canaries: [], ...options },
    clock, random,
    network: simulatedNetwork(random.fork('network')),
    store: openSimulatedStore({ clock, random: random.fork('store'), faults: { latency: [1, 4] } }),
    mailbox: simulatedMailbox(() => clock.now()), confirmBus: systemConfirmBus(clock), log: recordingLog(), acknowledged: new Set(),
  }
}

export const checkTypes = [
  { type: 'remote.http', category: 'remote', consecutiveCount: 1 },
  { type: 'heartbeat', category: 'heartbeat', consecutiveCount: 1 },
  { type: 'agent.vedette', category: 'agent', consecutiveCount: 1 },
] as const

/** The check by which the system observes itself: the record of when it was up. */
export const self: Check = {
  id: 'chSelf0000', entity_id: 'enSelf0000', type: 'agent.vedette', label: null, details: {}, disabled: false, period: 10, timeout: 5,
  monitoring_zones_poll: null, target_alias: null, target_hostname: null, target_resolver: null, confirm: true, metadata: null, created_at: 0, updated_at: 0,
}
export const selfPartition = { tenant, entity: self.entity_id }
