import type { ObservationStore } from '../../../contracts/observation-store.ts'
import { observationId, type Observation } from '../../../core/observation.ts'
import type { Record } from './history.ts'
import { keep } from './keep.ts'
import type { Line } from './line.ts'

interface Row { readonly id: string; readonly observation: Observation }

/** Check → zone → rows, oldest first. */
export class ObservationTable {
  readonly #checks = new Map<string, Map<string, Row[]>>()
  readonly #known = new Set<string>()
  readonly #record: Record

  constructor(record: Record) {
    this.#record = record
  }

  add(observation: Observation): void {
    const id = observationId(observation)
    if (this.#known.has(id)) return
    this.#known.add(id)
    this.#record({ kind: 'observation', observation })
    const rows = this.#partition(observation.check, observation.zone)
    const row = { id, observation }
    // Nearly all come in order: look from the end.
    let at = rows.length
    while (at > 0 && after(rows[at - 1], row)) at -= 1
    rows.splice(at, 0, row)
  }

  newest(check: string, zone: string, count: number): readonly Observation[] {
    if (count <= 0) return []
    const rows = this.#checks.get(check)?.get(zone) ?? []
    return rows.slice(-count).reverse().map((row) => row.observation)
  }

  range(check: string, zone: string, from: number, to: number): readonly Observation[] {
    const rows = this.#checks.get(check)?.get(zone) ?? []
    return rows.map((row) => row.observation).filter(({ at }) => at >= from && at < to)
  }

  zones(check: string): readonly string[] {
    return [...(this.#checks.get(check)?.keys() ?? [])].sort()
  }

  #partition(check: string, zone: string): Row[] {
    const zones = this.#checks.get(check) ?? new Map<string, Row[]>()
    this.#checks.set(check, zones)
    const rows = zones.get(zone) ?? []
    zones.set(zone, rows)
    return rows
  }
}

function after(a: Row | undefined, b: Row): boolean {
  if (a === undefined) return false
  return a.observation.at === b.observation.at ? a.id > b.id : a.observation.at > b.observation.at
}

export function simulatedObservations(table: ObservationTable, line: Line): ObservationStore {
  return {
    append: (observations) => {
      const rows = keep(observations)
      return line.write('observations.append', () => { for (const row of rows) table.add(row) })
    },
    newest: (check, zone, count) => line.read('observations.newest', () => table.newest(check, zone, count)),
    range: (check, zone, from, to) => line.readEach('observations.range', () => table.range(check, zone, from, to)),
    zones: (check) => line.read('observations.zones', () => table.zones(check)),
    [Symbol.asyncDispose]: async () => {},
  }
}
