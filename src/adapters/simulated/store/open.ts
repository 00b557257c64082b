import type { Store } from '../../../contracts/store.ts'
import type { NodeClock, SimulatedClock } from '../clock.ts'
import type { SimulatedRandom } from '../random.ts'
import { ConfigurationTable, simulatedConfiguration } from './configuration.ts'
import type { Applied, Write } from './history.ts'
import { LedgerTable, simulatedLedger } from './ledger.ts'
import { simulatedLeases, type LeaseTable } from './leases.ts'
import { Line, Weather, type Fate, type StoreFaults } from './line.ts'
import { simulatedMetrics } from './metrics.ts'
import { ObservationTable, simulatedObservations } from './observations.ts'
import { OutboxTable, simulatedOutbox } from './outbox.ts'

export interface SimulatedStore extends Store {
  /** change them at any time; they hold for all processes */
  readonly faults: StoreFaults
  /** the answer of the next write with this name ('ledger.commit', …) is lost, and this becomes of the write */
  loseNext(operation: string, fate: Fate): void
  /** every observation, version and change of configuration, in the order in which they took effect: what a checker reads */
  readonly history: readonly Applied[]
  /** the same data as a process on another machine sees it; when that dies or stands still, so do its answers */
  process(node: NodeClock): Store
}

export interface SimulatedStoreOptions {
  readonly clock: SimulatedClock
  readonly random: SimulatedRandom
  readonly faults?: Partial<StoreFaults>
}

/** A store in memory that keeps every promise of the contracts, until it is asked for faults. */
export function openSimulatedStore({ clock, random, faults }: SimulatedStoreOptions): SimulatedStore {
  const weather = new Weather(clock, random, faults ?? {})
  const history: Applied[] = []
  const record = (write: Write) => { history.push({ ...write, moment: clock.monotonic(), parked: weather.parked }) }
  const tables = {
    configuration: new ConfigurationTable(record), observations: new ObservationTable(record), ledger: new LedgerTable(record),
    outbox: new OutboxTable(), leases: new Map() as LeaseTable,
  }
  const connect = (node: NodeClock): Store => {
    const line = new Line(weather, node)
    const observations = simulatedObservations(tables.observations, line)
    return {
      configuration: simulatedConfiguration(tables.configuration, line, node),
      observations,
      metrics: simulatedMetrics(observations),
      ledger: simulatedLedger(tables.ledger, line),
      outbox: simulatedOutbox(tables.outbox, line),
      leases: simulatedLeases(tables.leases, line),
      problems: () => [],
      time: async () => Math.floor(clock.now()),
      backup: async () => { throw new Error('A simulated store lives in memory and keeps no backup') },
      stats: async () => ({ commits: 0, observations: 0, failures: 0, waiting: 0, lastCommit: 0, hot: { observations: 0, bytes: 0 }, fileBytes: 0 }),
      [Symbol.asyncDispose]: async () => line.close(),
    }
  }
  return Object.assign(connect(clock), {
    faults: weather.faults,
    history,
    loseNext: (operation: string, fate: Fate) => weather.loseNext(operation, fate),
    process: connect,
  })
}
