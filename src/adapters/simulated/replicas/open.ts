import type { Store } from '../../../contracts/store.ts'
import type { NodeClock, SimulatedClock } from '../clock.ts'
import type { SimulatedRandom } from '../random.ts'
import type { Applied } from '../store/history.ts'
import { simulatedMetrics } from '../store/metrics.ts'
import { SimulatedBus } from './bus.ts'
import { Client } from './client.ts'
import { replicatedConfiguration } from './configuration.ts'
import { RingHistory } from './history.ts'
import { replicatedLeases } from './leases.ts'
import { replicatedLedger } from './ledger.ts'
import { replicatedObservations } from './observations.ts'
import { replicatedOutbox } from './outbox.ts'
import type { CommitLog } from './replica.ts'
import { Ring } from './ring.ts'

export interface ReplicatedStore {
  /** the replicas and the network between them: kill, stop, cut */
  readonly ring: Ring
  /** what it came to hold, in the order in which it could be read */
  readonly history: readonly Applied[]
  /** the store as a process in `region` has it, through the replica there while that answers */
  connect(region: string, node: NodeClock): Store
}

export interface ReplicatedOptions {
  readonly clock: SimulatedClock
  readonly random: SimulatedRandom
  readonly regions?: readonly string[]
  readonly commitLog?: CommitLog
}

/** A store of three replicas, one a region, that behaves as Cassandra was seen to: quorums, last write wins, Paxos, hints. */
export function openReplicatedStore({ clock, random, regions = ['dc1', 'dc2', 'dc3'], commitLog = 'batch' }: ReplicatedOptions): ReplicatedStore {
  const history = new RingHistory(() => clock.monotonic())
  const ring = new Ring({ clock, random, regions, commitLog, witness: history.witness })
  const bus = new SimulatedBus(ring.wires)
  const connect = (region: string, node: NodeClock): Store => {
    const place = { region, clock: node }
    const client = new Client(ring, place)
    const observations = replicatedObservations(client)
    return {
      configuration: replicatedConfiguration(client, node), observations, metrics: simulatedMetrics(observations),
      ledger: replicatedLedger(client, history.asked), outbox: replicatedOutbox(client), leases: replicatedLeases(client), confirmBus: bus.join(place),
      problems: () => client.problems(),
      time: () => client.time(),
      backup: async () => { throw new Error('A simulated store lives in memory and keeps no backup') },
      stats: async () => ({ commits: 0, observations: 0, failures: 0, waiting: 0, lastCommit: 0, hot: { observations: 0, bytes: 0 }, fileBytes: 0 }),
      [Symbol.asyncDispose]: async () => client.close(),
    }
  }
  return { ring, history: history.applied, connect }
}
