import type { ObservationStore } from '../../../contracts/observation-store.ts'
import { observationId, type Observation } from '../../../core/observation.ts'
import { keep } from '../store/keep.ts'
import type { Rows, Values } from './cells.ts'
import type { Client } from './client.ts'
import { nameOf, partsOf } from './names.ts'

/** One partition a check and zone, a row an observation in the order of time; written and read at QUORUM. */
export const observationsOf = (check: string, zone: string) => nameOf('observations', check, zone)
const zonesOf = (check: string) => nameOf('zones', check)
const rowOf = (observation: Observation) => nameOf(observation.at, observationId(observation))

export function replicatedObservations(client: Client): ObservationStore {
  /** partitions that are named in their check's list of zones already */
  const named = new Set<string>()
  const name = async (partition: string) => {
    if (named.has(partition)) return
    const [, check = '', zone = ''] = partsOf(partition)
    await client.write(zonesOf(check), { [zone]: { is: true } })
    named.add(partition)
  }
  const append = async (partition: string, values: Values) => {
    await name(partition)
    await client.write(partition, values)
  }
  return {
    append: async (observations) => {
      const partitions = Map.groupBy(keep(observations), ({ check, zone }) => observationsOf(check, zone))
      await Promise.all([...partitions].map(([partition, rows]) => append(partition, Object.fromEntries(rows.map((row) => [rowOf(row), { observation: row }])))))
    },
    newest: async (check, zone, count) => (count <= 0 ? [] : observationsIn(await client.read(observationsOf(check, zone), { newest: count })).toReversed()),
    range: async function* (check, zone, from, to) {
      const slice = { ...(from <= 0 ? {} : { from: nameOf(Math.ceil(from)) }), ...(to < 1e15 ? { to: nameOf(Math.max(0, Math.ceil(to))) } : {}) }
      yield* observationsIn(await client.read(observationsOf(check, zone), slice))
    },
    zones: async (check) => [...(await client.read(zonesOf(check))).keys()],
    [Symbol.asyncDispose]: async () => {},
  }
}

/** What was written as an observation is one. */
const observationsIn = (rows: Rows) => [...rows.values()].map((cells) => cells.observation?.value as Observation)
